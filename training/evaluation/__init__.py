# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation for the tables of the model card, based on `crestereo_ros.evaluation`."""

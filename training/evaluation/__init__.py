# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the tables of the model card need beside `crestereo_ros.evaluation`."""

#!/usr/bin/env bash
# Runs a command in the workspace of the image.
set -e
source /ws/install/setup.bash
exec "$@"

# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Build a TensorRT engine for a file of one size, as a separate process. See `build_apart`."""

import json
import os
from pathlib import Path
import sys

from crestereo_ros.freezing import make_room
from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.processes import end_with_parent, locked
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.libraries import load_libraries
from crestereo_ros.providers.sessions import create_session, reason_of


def main() -> None:
    """Build the engine that the argument describes."""
    end_with_parent()
    path, engines, options = json.loads(sys.argv[1])
    engine = Engine(**options)
    if engine.precision == 'fp32':
        # Build the engine without TF32. The provider has no option for that, and this variable
        # applies to the whole process.
        os.environ['NVIDIA_TF32_OVERRIDE'] = '0'
    load_libraries(engine.provider)
    os.nice(5)
    try:
        # One build at a time: each measures times on the GPU, and all write them into one cache. A
        # process that waited for the same engine finds it built.
        with locked(cache_directory('tensorrt')) as folder:
            create_session(Path(path), engine, Path(engines))
            make_room(((x,) for x in folder.iterdir() if x.is_dir()), Path(engines))
    except Exception as error:
        sys.exit(reason_of(error))


if __name__ == '__main__':
    main()

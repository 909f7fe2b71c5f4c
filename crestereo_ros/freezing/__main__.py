# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Build a frozen file and put it into a cache, as a separate process.

This takes seconds of Python, during which the other threads of the calling process would stop.
"""

import os
from pathlib import Path
import sys

from crestereo_ros.errors import CrestereoError
from crestereo_ros.freezing.build import FreezeJob
from crestereo_ros.freezing.cache import FrozenCache
from crestereo_ros.processes import end_with_parent


def main() -> None:
    """Run the job in the argument."""
    end_with_parent()
    job = FreezeJob.from_json(sys.argv[1])
    os.nice(5)
    try:
        job.run(FrozenCache(Path(job.folder)))
    except (CrestereoError, OSError, ValueError) as error:
        sys.exit(str(error) or repr(error))


if __name__ == '__main__':
    main()

# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The console scripts of the nodes.

They import almost nothing before they can handle a signal and report a missing package.
"""

from importlib import import_module
import os
import signal
import sys


def stereo_depth() -> int:
    """Run the depth node and return its exit code."""
    return start('crestereo_ros.nodes.depth.stereo_depth_node')


def stereo_player() -> int:
    """Run the player and return its exit code."""
    return start('crestereo_ros.nodes.player.stereo_player_node')


def result_probe() -> int:
    """Run the probe of `crestereo benchmark --ros` and return its exit code."""
    return start('crestereo_ros.nodes.probe.result_probe_node')


def start(module: str) -> int:
    """
    Import the module of a node and return what its `main` returns.

    SIGINT and SIGTERM end the process with 0 during the import, just as they do once the node
    runs. A package that cannot be imported ends it with 1 and one line that names it. With
    --help, the program prints its parameters instead.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    if sys.argv[1:2] in (['-h'], ['--help']):
        help_text = import_module('crestereo_ros.nodes.help_text')
        print(help_text.help_text(module.rpartition('.')[2]), end='')
        return 0
    # OpenCV reads this when it is loaded. The nodes log its errors in their own words.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    try:
        import_module('crestereo_ros.nodes.shared_memory').enlarge_shared_memory(os.environ)
        node = import_module(module)
    except ModuleNotFoundError as error:
        package = str(error.name).partition('.')[0]
        print(
            f'{module}: {error}: install {package}, or source the ROS 2 workspace that has it',
            file=sys.stderr,
        )
        return 1
    except ImportError as error:
        print(f'{module}:', *str(error).splitlines(), file=sys.stderr)
        return 1
    return node.main()

# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Install the package: by colcon into a ROS 2 workspace, by pip where there is no ROS."""

from glob import glob

from setuptools import find_packages, setup

NAME = 'crestereo_ros'
SHARE = f'share/{NAME}'

OPENCV = 'opencv-python-headless>=4.5.4'  # headless: needs no libGL, and the nodes open no window
COMPARE = ['scikit-image>=0.19']  # SSIM
MODELS = ['onnx>=1.16', 'safetensors>=0.4', 'spox>=0.12']
VIDEO = ['av>=12']  # its wheels bring an encoder of H.264, which those of OpenCV lack
PLOTS = ['matplotlib>=3.7']  # the first that makes room for a legend outside of the axes
# The writer of rosbags can write what Humble reads. mcap reads what a cut recording still has.
BAGS = ['mcap>=1.1', 'rosbags>=0.11', 'zstandard>=0.20']
HEIF = ['pillow-heif>=0.16']  # photographs of phones
# Of fsspec, the first whose files can be made only where there are none; its s3fs, gcsfs and so
# on are for the addresses of one kind each.
RAY = ['ray[client]>=2.40', 'fsspec>=2025.2']
RERUN = ['rerun-sdk>=0.39']  # the newest for Python 3.10
YOUTUBE = ['yt-dlp[default]>=2025.11.12']  # the first that says what it needs for all formats

setup(
    name=NAME,
    version='0.2.0',
    description='Stereo images to depth with CREStereo on ONNX Runtime.',
    license='Apache-2.0',
    maintainer='crestereo_ros maintainers',
    maintainer_email='maintainers@crestereo-ros.example',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (SHARE, ['package.xml']),
        (f'{SHARE}/launch', sorted(glob('launch/*.py'))),
        (f'{SHARE}/config', sorted(glob('config/*.*'))),
        (f'{SHARE}/config/cameras', sorted(glob('config/cameras/*'))),
        (f'{SHARE}/config/consumers', sorted(glob('config/consumers/*'))),
        (f'{SHARE}/config/networks', sorted(glob('config/networks/*'))),
        (f'{SHARE}/demo/data', sorted(glob('demo/data/*'))),
        (f'{SHARE}/models', sorted(glob('models/*'))),
    ],
    entry_points={
        'console_scripts': [
            'stereo_depth_node = crestereo_ros.nodes.programs:stereo_depth',
            'stereo_player_node = crestereo_ros.nodes.programs:stereo_player',
            'crestereo = crestereo_ros.commands.main:main',
        ],
    },
    zip_safe=True,
    python_requires='>=3.10',
    # Only what every distribution's own packages declare as well. What ROS brings by apt under
    # another name (OpenCV) or not by pip at all (rclpy) is an extra, never a requirement.
    install_requires=['numpy>=1.21', 'pyyaml>=5.4'],
    extras_require={
        'ros': [
            'ros-kilted-rclpy[fastrtps]',
            'ros-kilted-diagnostic-msgs',
            'ros-kilted-lifecycle-msgs',
            'ros-kilted-rcl-interfaces',
            'ros-kilted-rosgraph-msgs',
            'ros-kilted-sensor-msgs',
            'ros-kilted-std-msgs',
            'ros-kilted-std-srvs',
            'ros-kilted-stereo-msgs',
        ],
        'cpu': [OPENCV, 'onnxruntime>=1.16'],
        # Graphs of fixed size, which OpenVINO and TensorRT get, are written by MODELS. This
        # onnxruntime-gpu is the first that loads NVIDIA's wheels.
        'gpu': [OPENCV, 'onnxruntime-gpu[cuda,cudnn]>=1.21', *MODELS],
        'openvino': [OPENCV, 'onnxruntime-openvino>=1.20', *MODELS],
        'compare': COMPARE,
        'models': MODELS,
        'plots': PLOTS,
        'ray': RAY,
        'rerun': RERUN,
        'video': VIDEO,
        'bags': BAGS,
        'heif': HEIF,
        'youtube': YOUTUBE,
        # For the tests of `crestereo batch --ray`, which have an environment of their own.
        'test-ray': [
            *RAY,
            *MODELS,
            *VIDEO,
            *BAGS,
            'moto[server]>=5',
            'psutil>=5.9',
            'pytest>=7',
            'pytest-timeout>=2.3',
            's3fs>=2025.2',
        ],
        # setuptools: as colcon has it, with `setup.py install`
        'test': [
            *COMPARE,
            *MODELS,
            *PLOTS,
            *RERUN,
            *VIDEO,
            *BAGS,
            *HEIF,
            *YOUTUBE,
            'import-linter>=2.15',
            'mypy==2.4.1',
            'psutil>=5.9',
            'pytest>=7',
            'pytest-timeout>=2.3',
            'pytest-xdist>=3',
            'ruff==0.17.6',
            'setuptools<80',
            'types-PyYAML',
        ],
    },
)

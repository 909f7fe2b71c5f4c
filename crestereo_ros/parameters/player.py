# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the player node."""

from crestereo_ros.parameters.declaration import ParameterDeclaration

LONGEST = 1e6  # s; longer than any source

PLAYER_PARAMETERS = (
    ParameterDeclaration(
        'source',
        '',
        'Left image, folder of images or video, or a video with both views in each frame.',
        'A file, an http(s) address of a file or of a page with a video, or a camera as camera:0.',
        read_only=True,
    ),
    ParameterDeclaration(
        'source_right',
        '',
        'Right image, folder of images or video. Empty for a video with both views.',
        read_only=True,
    ),
    ParameterDeclaration(
        'source_type',
        'auto',
        'What the source is. auto tells it from what it looks like.',
        'One of auto, image_pair, image_folders, video_pair, camera, or, with both views in each '
        'frame, side_by_side, side_by_side_half, over_under, over_under_half.',
        read_only=True,
    ),
    ParameterDeclaration(
        'max_height',
        1080,
        'Most rows of a video that is found on a web page.',
        minimum=1,
        maximum=8640,
        read_only=True,
    ),
    ParameterDeclaration(
        'start_time',
        0.0,
        'Where playing starts, in seconds from the first frame of the source.',
        minimum=0.0,
        maximum=LONGEST,
        read_only=True,
    ),
    ParameterDeclaration(
        'duration',
        0.0,
        'How much of the source is played, in seconds of it. 0.0 plays all of it.',
        minimum=0.0,
        maximum=LONGEST,
        read_only=True,
    ),
    ParameterDeclaration(
        'rate',
        0.0,
        "Frames per second. 0.0 is the source's own rate.",
        minimum=0.0,
        maximum=1000.0,
    ),
    ParameterDeclaration('loop', False, 'Play again from start_time, for ever.'),
    ParameterDeclaration(
        'swap',
        'auto',
        'Exchange left and right.',
        'true, false, or auto: if they are found to be exchanged while aligning.',
        any_type=True,
    ),
    ParameterDeclaration(
        'align',
        'auto',
        'Line up the rows of both images by what is seen in them.',
        'on, off, or auto: on unless a calibration is given. In quotes, because YAML takes a bare '
        'on for true.',
        any_type=True,
    ),
    ParameterDeclaration(
        'resize',
        '',
        'Size of the published images.',
        'HEIGHTxWIDTH in pixels, a scale as 0.5, or empty for the size of the source.',
        any_type=True,
    ),
    ParameterDeclaration(
        'stamps',
        'wall',
        "Time in the images' headers.",
        'wall: that of the node when they are published. video: that in the source.',
        read_only=True,
    ),
    ParameterDeclaration(
        'publish_clock',
        False,
        'Publish the time that is played on /clock, which then gives the stamps.',
        read_only=True,
    ),
    ParameterDeclaration(
        'camera_info_left',
        '',
        'Calibration of the left camera, a YAML file as camera_calibration saves it.',
        read_only=True,
    ),
    ParameterDeclaration(
        'camera_info_right',
        '',
        'Calibration of the right camera, a YAML file as camera_calibration saves it.',
        read_only=True,
    ),
    ParameterDeclaration(
        'frame_id', 'stereo_camera', "Frame of both images' headers.", read_only=True
    ),
    ParameterDeclaration(
        'wait_for_subscribers',
        10.0,
        'Longest time in seconds that the first frame waits for a subscriber to each topic.',
        minimum=0.0,
        maximum=3600.0,
        read_only=True,
    ),
)

# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the player node."""

from crestereo_ros.parameters.declaration import ParameterDeclaration

MAX_SECONDS = 1e6  # longer than any source

PLAYER_PARAMETERS = (
    ParameterDeclaration(
        'source',
        '',
        'Left image, folder of images or video, or a video with both views in each frame.',
        'A file, an http(s) address of a file or of a page with a video, a camera such as '
        'camera:0, or a bag: the folder of a recording, or an .mcap or .db3 file.',
        read_only=True,
    ),
    ParameterDeclaration(
        'source_right',
        '',
        'Right image, folder of images or video. Empty for a video with both views or a bag.',
        read_only=True,
    ),
    ParameterDeclaration(
        'source_type',
        'auto',
        'Type of the source. auto decides by the content.',
        'One of auto, image_pair, image_folders, video_pair, camera, bag, or, with both views in '
        'each frame, side_by_side, side_by_side_half, over_under, over_under_half.',
        read_only=True,
    ),
    ParameterDeclaration(
        'left_topic',
        '',
        'Topic of the left images in a bag (sensor_msgs/Image or CompressedImage). If empty, left '
        'and right are found by the usual names, rectified images before raw ones.',
        read_only=True,
    ),
    ParameterDeclaration(
        'right_topic',
        '',
        'Topic of the right images in a bag. Empty to find it.',
        read_only=True,
    ),
    ParameterDeclaration(
        'pair_tolerance',
        0.0,
        'Largest difference between the stamps of a left and a right image of a bag that belong '
        'together, in seconds. 0.0 pairs only equal stamps.',
        minimum=0.0,
        maximum=1.0,
        read_only=True,
    ),
    ParameterDeclaration(
        'pair_by',
        'header',
        'How to pair the images of a bag: by the stamps in their headers, or by the times of '
        'recording, for drivers that leave the stamps empty.',
        'One of header, recording.',
        read_only=True,
    ),
    ParameterDeclaration(
        'intensity_range',
        'auto',
        'Values that become black and white in images of more than 8 bits. auto uses the range of '
        'the first images, the same for both sides, and extends it only if later ones do not fit.',
        'auto, or LOWEST,HIGHEST, such as 0,1023.',
        read_only=True,
    ),
    ParameterDeclaration(
        'max_height',
        1080,
        'Largest height of a video from a web page, in pixels.',
        minimum=1,
        maximum=8640,
        read_only=True,
    ),
    ParameterDeclaration(
        'start_time',
        0.0,
        'Where to start, in seconds from the first frame of the source. No earlier frame is '
        'played. Not for cameras.',
        minimum=0.0,
        maximum=MAX_SECONDS,
        read_only=True,
    ),
    ParameterDeclaration(
        'duration',
        0.0,
        'How much to play, in seconds of the source. 0.0 plays all of it.',
        minimum=0.0,
        maximum=MAX_SECONDS,
        read_only=True,
    ),
    ParameterDeclaration(
        'rate',
        0.0,
        'Frames per second. 0.0 uses the rate of the source, and 10 for images.',
        minimum=0.0,
        maximum=1000.0,
    ),
    ParameterDeclaration(
        'loop',
        False,
        'Repeat from start_time endlessly. An image pair is repeated at the rate.',
    ),
    ParameterDeclaration(
        'swap',
        'auto',
        'Exchange left and right.',
        'One of true, false, auto. auto does so if alignment finds them exchanged.',
        any_type=True,
    ),
    ParameterDeclaration(
        'align',
        'auto',
        'Line up the rows of both images by matching their features.',
        'One of on, off, auto. auto is on unless there is a calibration, in files or in a bag.',
        any_type=True,
    ),
    ParameterDeclaration(
        'resize',
        '',
        'Size of the published images.',
        'HEIGHTxWIDTH with sides of 1 to 8640 pixels, a scale of up to 8 such as 0.5, or empty '
        'for the size of the source.',
        any_type=True,
    ),
    ParameterDeclaration(
        'stamps',
        'wall',
        "Time in the images' headers.",
        'One of wall (the time of publication), video (the time in the source).',
        read_only=True,
    ),
    ParameterDeclaration(
        'publish_clock',
        False,
        'Publish the time of the playback on /clock, and use it for the stamps.',
        read_only=True,
    ),
    ParameterDeclaration(
        'camera_info_left',
        '',
        'Calibration of the left camera, or of both: a file of camera_calibration, OpenCV, '
        'Kalibr, Middlebury, KITTI, ZED or OAK (docs/calibration.md). Empty publishes the '
        'calibration of the source, if it has one.',
        read_only=True,
    ),
    ParameterDeclaration(
        'camera_info_right',
        '',
        'Calibration of the right camera. Empty if the other file is for both.',
        read_only=True,
    ),
    ParameterDeclaration(
        'frame_id',
        'stereo_camera',
        "Coordinate frame in both images' headers.",
        read_only=True,
    ),
    ParameterDeclaration(
        'wait_for_subscribers',
        10.0,
        'How many seconds the first frame waits at most for a subscriber to each topic, so that '
        'nothing of a short source is lost.',
        minimum=0.0,
        maximum=3600.0,
        read_only=True,
    ),
)

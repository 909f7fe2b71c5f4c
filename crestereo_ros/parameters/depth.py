# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node."""

from crestereo_ros.parameters.declaration import ParameterDeclaration

DEPTH_PARAMETERS = (
    ParameterDeclaration(
        'autostart',
        True,
        'Become active at the start. With false, the node waits unconfigured for its transitions.',
        read_only=True,
    ),
    ParameterDeclaration(
        'model',
        'crestereo_fast',
        'The stereo network. crestereo_fast and crestereo_compact are included.',
        'Empty for crestereo_compact, a name that `crestereo models list` shows, or the path of '
        'an .onnx file.',
    ),
    ParameterDeclaration(
        'provider',
        'auto',
        'What runs the network. auto uses the fastest that works, which it proves by a trial; at '
        'the start, a named one is never replaced.',
        'One of auto, cpu, cuda, tensorrt, openvino, webgpu.',
    ),
    ParameterDeclaration(
        'device',
        '',
        'Device of a named provider. Empty for its first.',
        'cuda, tensorrt: the number of a GPU; openvino: CPU, GPU or NPU.',
    ),
    ParameterDeclaration(
        'precision',
        '',
        'Numbers that a named provider computes with. Empty for what it does by itself: cuda and '
        'tensorrt multiply float32 with three digits (TF32), unless this is fp32.',
        'One of fp32, fp16 (tensorrt and openvino), or empty.',
    ),
    ParameterDeclaration(
        'cuda_graph',
        False,
        'Let cuda or tensorrt repeat one recorded sequence of work, which is faster for a small '
        'network.',
        'Only for a model file of one size.',
    ),
    ParameterDeclaration(
        'on_provider_failure',
        'fall_back',
        'What to do when the provider fails while it runs: go on with the next best (tensorrt, '
        'cuda, cpu), or end the node.',
        'One of fall_back, stop.',
    ),
    ParameterDeclaration(
        'threads',
        0,
        'Threads of the network on the CPU. 0 uses as many as there are cores.',
        minimum=0,
        maximum=256,
    ),
    ParameterDeclaration(
        'iterations',
        0,
        "Updates of the disparity: more are finer and slower. 0 uses the model's own number (4 "
        'for crestereo_compact, 2 for crestereo_fast), half of it but at least 2 at resolution '
        'fast, and twice as many at fine.',
        'A model file of the ONNX zoo has a fixed number.',
        minimum=0,
        maximum=32,
    ),
    ParameterDeclaration(
        'resolution',
        'fast',
        'Size at which the network sees the images. The disparity still has the size of the '
        'images.',
        'One of fast (half of their sides), medium (three quarters), image (their own size), '
        'fine (twice their sides), HEIGHTxWIDTH with sides of 16 to 4096 pixels, or empty for '
        'fast. Larger images count as ones of 900x1200 pixels; fast and medium reduce none to '
        'less than 120x160. A word never asks for more than 900x1200, nor for more than half of '
        'the memory. A model file of the ONNX zoo has a fixed size.',
    ),
    ParameterDeclaration(
        'refine',
        'auto',
        'Search around the disparity of the network for better matches, at the size of the '
        'images. auto does it where the network sees the images at less than their size.',
        'One of auto, on, off.',
        any_type=True,
    ),
    ParameterDeclaration(
        'max_latency_ms',
        0.0,
        'Largest age of a result in milliseconds, from the arrival of the second image to the '
        'publication. Iterations, and then the resolution, are reduced to keep it. 0.0 sets no '
        'limit.',
        minimum=0.0,
        maximum=60000.0,
    ),
    ParameterDeclaration(
        'temporal',
        False,
        'Start each frame from the disparity of the frame before, which is faster and flickers '
        'less, but keeps errors longer. After a cut, a jump of time or lost frames it starts '
        'from nothing.',
        'No effect on a model file of the ONNX zoo that cannot start from a disparity.',
    ),
    ParameterDeclaration(
        'sync_tolerance',
        0.0,
        'Largest difference between the stamps of a left and a right image that belong together, '
        'in seconds. 0.0 pairs equal stamps only.',
        'Keep it below half the time between two frames.',
        minimum=0.0,
        maximum=1.0,
    ),
    ParameterDeclaration(
        'queue_size',
        10,
        'How many images of each side may wait for their partner.',
        minimum=1,
        maximum=1000,
    ),
    ParameterDeclaration(
        'image_transport',
        'raw',
        'How the images come: raw as sensor_msgs/Image, compressed as sensor_msgs/CompressedImage '
        '(JPEG or PNG) on the topics of the images with /compressed behind them.',
        'One of raw, compressed.',
    ),
    ParameterDeclaration(
        'intensity_range',
        'auto',
        'Numbers that become black and white in images of more than 8 bits. auto takes what the '
        'first images use, on both sides alike, and more only if later ones do not fit.',
        'auto, or LOWEST,HIGHEST, such as 0,1023.',
    ),
    ParameterDeclaration(
        'rectify',
        'auto',
        'Whether the images are rectified by camera_info (K, D, R, P) before they are matched. '
        'auto rectifies those whose topics are not called rectified, as image_rect is.',
        'One of auto, on, off.',
        any_type=True,
    ),
    ParameterDeclaration(
        'focal_length',
        0.0,
        'Focal length of the rectified images in pixels of these images, for cameras without a '
        'usable camera_info. The principal points are then taken to be the centres of the images.',
        'Counts together with baseline. A camera_info that can be used wins.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'baseline',
        0.0,
        'Distance between the cameras in metres, for cameras without a usable camera_info, or '
        'with one that lacks only this.',
        'Counts together with focal_length or a camera_info.',
        minimum=0.0,
        maximum=1000.0,
    ),
    ParameterDeclaration(
        'baseline_from_tf',
        True,
        'Take the distance between the cameras from /tf_static, between the frames of both '
        'images, where neither camera_info nor baseline has it.',
    ),
    ParameterDeclaration(
        'disparity_offset',
        0.0,
        'By how many pixels all disparities are too large, as far as depth goes: a fault of the '
        'calibration that a wall at two known distances shows.',
        minimum=-1000.0,
        maximum=1000.0,
    ),
    ParameterDeclaration(
        'min_depth',
        0.0,
        'Smallest depth in metres. What is nearer is -inf in depth, and unknown elsewhere.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'max_depth',
        0.0,
        'Largest depth in metres. What is farther is +inf in depth, and unknown elsewhere. 0.0 '
        'sets no limit.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'depth_encoding',
        '32FC1',
        'How depth is published: in metres, or in millimetres with 0 for unknown.',
        'One of 32FC1 (metres), 16UC1 (millimetres, up to 65.5 m).',
    ),
    ParameterDeclaration(
        'avoid_point_cloud_padding',
        False,
        'Publish points2 with 16 bytes a point rather than 32.',
    ),
    ParameterDeclaration(
        'point_cloud_stride',
        1,
        'Take only every such row and column of the image into points2. 1 takes all.',
        minimum=1,
        maximum=100,
    ),
    ParameterDeclaration(
        'point_cloud_rate',
        0.0,
        'Most messages a second on points2. 0.0 publishes one for each result.',
        minimum=0.0,
        maximum=1000.0,
    ),
    ParameterDeclaration(
        'point_cloud_region',
        '',
        'Box that the points of points2 lie in, in the frame of the left image (x to the right, y '
        'down, z forward). Empty for all. The points are then in one row.',
        'XMIN,XMAX,YMIN,YMAX,ZMIN,ZMAX in metres, such as -2,2,-1,1,0.3,5, where inf sets no '
        'limit, or empty.',
    ),
    ParameterDeclaration(
        'point_cloud_voxel',
        0.0,
        'Keep one point of each cube of this size, in metres, in points2. 0.0 keeps all. The '
        'points are then in one row.',
        minimum=0.0,
        maximum=10.0,
    ),
    ParameterDeclaration(
        'color_map',
        'turbo',
        'Colours of disparity/image_color.',
        'One of turbo, jet, viridis, cividis, plasma, inferno, magma.',
    ),
    ParameterDeclaration(
        'color_range',
        'auto',
        'Disparities that the colours span. auto follows the images slowly.',
        'auto, or LOWEST,HIGHEST in pixels, such as 0,64.',
    ),
    ParameterDeclaration(
        'mask_out_of_view',
        True,
        'Make pixels unknown that the right camera cannot see because its image ends before, and '
        'those in the borders of rectified images, which no camera saw.',
    ),
    ParameterDeclaration(
        'mask_occluded',
        True,
        'Make pixels unknown that something nearer hides from the right camera.',
    ),
    ParameterDeclaration(
        'mask_flying_pixels',
        True,
        'Make pixels unknown that hang between two surfaces, at the edges of things.',
    ),
    ParameterDeclaration(
        'mask_textureless',
        True,
        'Make pixels unknown that have no texture within reach in one of the images, for example '
        'where it is black or saturated.',
    ),
    ParameterDeclaration(
        'left_right_check',
        False,
        'Match the right image with the left one as well, and make pixels unknown where the two '
        'disagree. It doubles the time of a pair.',
    ),
    ParameterDeclaration(
        'confidence_threshold',
        0.0,
        'Make pixels unknown whose confidence is lower. 0.0 keeps all.',
        minimum=0.0,
        maximum=1.0,
    ),
)

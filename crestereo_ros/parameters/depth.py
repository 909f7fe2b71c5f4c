# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node."""

from crestereo_ros.parameters.declaration import ParameterDeclaration

DEPTH_PARAMETERS = (
    ParameterDeclaration(
        'autostart',
        True,
        'Become active at the start. If false, the node waits unconfigured for its transitions.',
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
        'What runs the network. auto uses the fastest provider that passes a trial. A provider '
        'that you name is not replaced at the start.',
        'One of auto, cpu, cuda, tensorrt, tensorrt_rtx, openvino, webgpu.',
    ),
    ParameterDeclaration(
        'device',
        '',
        'Device of a named provider. Empty for the first one.',
        'cuda, tensorrt: the number of a GPU; openvino: CPU, GPU or NPU.',
    ),
    ParameterDeclaration(
        'precision',
        '',
        'Number format that a named provider computes with. Empty for its default: cuda and '
        'tensorrt multiply float32 with three digits (TF32), unless this is fp32.',
        'One of fp32, fp16 (tensorrt and openvino), or empty.',
    ),
    ParameterDeclaration(
        'cuda_graph',
        False,
        'Let cuda or tensorrt replay a recorded sequence of work, which is faster for a small '
        'network.',
        'Only for a model file of one size.',
    ),
    ParameterDeclaration(
        'on_provider_failure',
        'fall_back',
        'What to do when the provider fails at run time: continue with the next best (tensorrt, '
        'cuda, cpu), or end the node.',
        'One of fall_back, stop.',
    ),
    ParameterDeclaration(
        'threads',
        0,
        'Number of CPU threads for the network. 0 uses as many as there are cores.',
        minimum=0,
        maximum=256,
    ),
    ParameterDeclaration(
        'iterations',
        0,
        "Updates of the disparity: more are finer and slower. 0 uses the model's default (4 for "
        'crestereo_compact, 2 for crestereo_fast): half of it but at least 2 at resolution fast, '
        'and twice as many at fine.',
        'A model file of the ONNX zoo has a fixed number.',
        minimum=0,
        maximum=32,
    ),
    ParameterDeclaration(
        'resolution',
        'fast',
        "Size of the network's input. The disparity still has the size of the images.",
        'One of fast (half the height and width of the images), medium (three quarters), image '
        '(their size), fine (twice), HEIGHTxWIDTH with sides of 16 to 4096 pixels, or empty for '
        'fast. For images larger than 900x1200, words are relative to 900x1200; fast and medium '
        'do not go below 120x160. A word never results in more than 900x1200, nor in more than '
        'half of the memory. A model file of the ONNX zoo has a fixed size.',
    ),
    ParameterDeclaration(
        'refine',
        'auto',
        "Search for better matches around the network's disparity, at the size of the images. "
        "auto does so if the network's input is smaller than the images.",
        'One of auto, on, off.',
        any_type=True,
    ),
    ParameterDeclaration(
        'max_latency_ms',
        0.0,
        'Largest age of a result in milliseconds, from the arrival of the second image to the '
        'publication. First the iterations, then the resolution, are reduced to meet it. 0.0 sets '
        'no limit.',
        minimum=0.0,
        maximum=60000.0,
    ),
    ParameterDeclaration(
        'temporal',
        False,
        'Start each frame from the disparity of the previous one, which is faster and flickers '
        'less, but keeps errors longer. After a cut, a jump in time or lost frames, it starts '
        'from nothing.',
        'No effect on a model file of the ONNX zoo that cannot start from a disparity.',
    ),
    ParameterDeclaration(
        'sync_tolerance',
        0.0,
        'Largest difference between the stamps of a left and a right image that belong together, '
        'in seconds. 0.0 pairs only equal stamps.',
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
        'Message type of the images: raw for sensor_msgs/Image. The others use the image topics '
        'with their name appended: compressed for sensor_msgs/CompressedImage (JPEG or PNG), '
        'ffmpeg for ffmpeg_image_transport_msgs/FFMPEGPacket, and foxglove for '
        'foxglove_msgs/CompressedVideo (H.264, H.265, AV1 or VP9).',
        'One of raw, compressed, ffmpeg, foxglove.',
    ),
    ParameterDeclaration(
        'intensity_range',
        'auto',
        'Values that become black and white in images of more than 8 bits. auto uses the range of '
        'the first images, the same for both sides, and extends it only if later ones do not fit.',
        'auto, or LOWEST,HIGHEST, such as 0,1023.',
    ),
    ParameterDeclaration(
        'rectify',
        'auto',
        'Whether to rectify the images by camera_info (K, D, R, P) before matching. auto does so '
        'unless the name of their topic says rectified, as image_rect does.',
        'One of auto, on, off.',
        any_type=True,
    ),
    ParameterDeclaration(
        'focal_length',
        0.0,
        'Focal length of the rectified images in pixels, for cameras without a usable '
        'camera_info. The principal points are then assumed to be the centres of the images.',
        'Needs baseline, too. A usable camera_info takes precedence.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'baseline',
        0.0,
        'Distance between the cameras in metres, for cameras without a usable camera_info, or '
        'with one that lacks only this.',
        'Needs focal_length or a camera_info, too.',
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
        'Pixels to subtract from all disparities before computing depth: corrects an error of the '
        'calibration, which a wall at two known distances shows.',
        minimum=-1000.0,
        maximum=1000.0,
    ),
    ParameterDeclaration(
        'min_depth',
        0.0,
        'Smallest depth in metres. Nearer points are -inf in depth, and unknown elsewhere.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'max_depth',
        0.0,
        'Largest depth in metres. Farther points are +inf in depth, and unknown elsewhere. 0.0 '
        'sets no limit.',
        minimum=0.0,
        maximum=100000.0,
    ),
    ParameterDeclaration(
        'depth_encoding',
        '32FC1',
        'Encoding of the published depth: metres, or millimetres with 0 for unknown.',
        'One of 32FC1 (metres), 16UC1 (millimetres, up to 65.5 m).',
    ),
    ParameterDeclaration(
        'avoid_point_cloud_padding',
        False,
        'Publish points2 with 16 bytes per point instead of 32.',
    ),
    ParameterDeclaration(
        'point_cloud_stride',
        1,
        'Use only every so many rows and columns of the image for points2. 1 uses all.',
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
        'Range of disparities that the colours span. auto follows the images slowly.',
        'auto, or LOWEST,HIGHEST in pixels, such as 0,64.',
    ),
    ParameterDeclaration(
        'mask_out_of_view',
        True,
        'Mark pixels as unknown whose match is outside the right image, and those in the empty '
        'borders of rectified images.',
    ),
    ParameterDeclaration(
        'mask_occluded',
        True,
        'Mark pixels as unknown that something nearer hides from the right camera.',
    ),
    ParameterDeclaration(
        'mask_flying_pixels',
        True,
        'Mark pixels as unknown that are between two surfaces, at the edges of objects.',
    ),
    ParameterDeclaration(
        'mask_textureless',
        True,
        'Mark pixels as unknown that have no texture nearby in one of the images, for example '
        'where it is black or saturated.',
    ),
    ParameterDeclaration(
        'left_right_check',
        False,
        'Match in the other direction as well, and mark pixels as unknown where the two '
        'disparities disagree. This doubles the time of a pair.',
    ),
    ParameterDeclaration(
        'confidence_threshold',
        0.0,
        'Mark pixels as unknown whose confidence is lower. 0.0 keeps all.',
        minimum=0.0,
        maximum=1.0,
    ),
)

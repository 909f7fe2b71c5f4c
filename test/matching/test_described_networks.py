# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Networks with a description beside them: sizes, borders, ranges, sureness, failures."""

from pathlib import Path
import re
import shutil

import cv2
import numpy as np
import pytest

from crestereo_ros.matching import (
    InferenceError,
    NotOnnxError,
    NotStereoModelError,
    ProviderFailedError,
    SettingsError,
    StereoMatcher,
)

TEN_LINES = """\
name: Mine
licence: MIT
inputs:
  left: left
  right: right
outputs:
  disparity: disparity
"""


@pytest.fixture
def describe(make_network, tmp_path):
    """Return a function that describes a copy of a network and gives its path."""

    def describe(text=TEN_LINES, **changes):
        path = tmp_path / 'mine.onnx'
        shutil.copy(make_network(**changes), path)
        path.with_suffix('.yaml').write_text(text)
        return str(path)

    return describe


def median_error(match, truth):
    return np.nanmedian(np.abs(match.disparity - truth))


def test_ten_lines_are_enough(describe, red_pair):
    left, right, truth = red_pair

    matcher = StereoMatcher(describe(), 'cpu', threads=1)

    assert matcher.description.name == 'Mine'
    assert median_error(matcher.match(left, right), truth) < 0.3


@pytest.mark.parametrize('border', ['replicate', 'reflect', 'zero'])
@pytest.mark.parametrize('sides', ['right_bottom', 'right_top', 'centre'])
def test_an_image_that_is_padded_keeps_its_place(describe, red_pair, sides, border):
    left, right, truth = (x[4:-4, :-6] for x in red_pair)  # 56x90 in 64x96
    path = describe(f'{TEN_LINES}size: {{fit: pad, sides: {sides}, border: {border}}}\n')

    match = StereoMatcher(path, 'cpu', threads=1).match(left, right)

    assert match.resolution == (56, 90)
    assert median_error(match, truth) < 0.1
    # To the row: where the disparity changes.
    np.testing.assert_array_equal(np.round(match.disparity[[24, 31], 40]), [3, 8])


def test_a_larger_image_is_made_smaller_in_its_shape(describe, red_pair):
    left, right, truth = (cv2.resize(x, None, fx=3, fy=2) for x in red_pair)
    path = describe(f'{TEN_LINES}size: {{fit: pad}}\n')

    match = StereoMatcher(path, 'cpu', threads=1).match(left, right)

    assert match.resolution == (43, 96)
    assert np.isfinite(match.disparity).all()


def test_any_size(describe, red_pair):
    left, right, truth = (x[:60, :90] for x in red_pair)
    path = describe(f'{TEN_LINES}size: {{multiple: 32, largest: 128}}\n', size=('h', 'w'))
    matcher = StereoMatcher(path, 'cpu', threads=1)

    assert matcher.fixed_resolution is None
    match = matcher.match(left, right)
    assert match.resolution == (60, 90) and median_error(match, truth) < 0.1
    assert matcher.resolved((480, 640)) == (0, (96, 128))
    with pytest.raises(SettingsError, match='takes sides of at most 128 pixels'):
        matcher.match(left, right, resolution=(64, 160))


@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        ({'outputs': {'disparity': 'negative'}}, 'sign: negative'),
        ({'outputs': {'disparity': 'share'}}, 'unit: share'),
        ({'share': 0.5}, 'size: 0.5'),
        ({'layout': 'NHWC'}, 'layout: NHWC'),
    ],
)
def test_outputs(describe, red_pair, changes, text):
    left, right, truth = red_pair

    matcher = StereoMatcher(describe(f'{TEN_LINES}  {text}\n', **changes), 'cpu', threads=1)

    assert median_error(matcher.match(left, right), truth) < 0.3


def test_beyond_the_largest_disparity_nothing_is_known(describe, red_pair):
    left, right, truth = red_pair

    match = StereoMatcher(describe(f'{TEN_LINES}  largest: 8.5\n'), 'cpu').match(left, right)

    assert np.isnan(match.disparity[40:, 20:]).mean() > 0.9  # 8 px
    assert np.isfinite(match.disparity[:26, 20:]).all()  # 3 px


def test_sureness_counts_in_its_sense(describe, red_pair):
    left, right, _ = red_pair
    outputs = {'disparity': 'disparity', 'sure': 'sureness', 'seen': 'ones'}
    found = {}
    for text in 'confidence: sure', 'occlusion: sure', 'confidence: sure\n  occlusion: seen':
        path = describe(f'{TEN_LINES}  {text}\n', outputs=outputs)
        found[text] = StereoMatcher(path, 'cpu', threads=1).match(left, right).confidence
    sure, hidden, none = found.values()

    assert sure[40:, 20:].mean() > 0.8
    np.testing.assert_allclose(hidden, 1 - sure, atol=1e-6)
    assert not none.any()


@pytest.mark.parametrize(
    ('kind', 'reason'),
    [('nan', 'nothing in its output is a number'), ('ones', 'its output is 1 everywhere')],
)
def test_an_output_that_cannot_be_a_disparity(describe, red_pair, pretend_provider, kind, reason):
    path = describe(outputs={'disparity': kind})

    with pytest.raises(InferenceError, match=f'broken on cpu .*{reason}.*models check says which'):
        StereoMatcher(path, 'cpu').match(*red_pair[:2])
    pretend_provider('cuda')
    with pytest.raises(ProviderFailedError, match=f'{reason}.*use precision fp32') as caught:
        StereoMatcher(path, 'cuda').match(*red_pair[:2])
    assert caught.value.provider == 'cuda'


@pytest.mark.parametrize(
    ('kind', 'largest', 'place'), [('negative', 192, '0 to 192 px'), ('disparity', 1, '0 to 1 px')]
)
def test_an_output_outside_of_the_range_of_its_network(describe, red_pair, kind, largest, place):
    """A description with another sign or unit than the file."""
    text = f'{TEN_LINES}  largest: {largest}\n'
    path = describe(text, outputs={'disparity': kind})

    with pytest.raises(InferenceError, match=f'outside of their range, {place}.*models check'):
        StereoMatcher(path, 'cpu').match(*red_pair[:2])


def test_a_sureness_that_is_no_number_is_none(describe, red_pair):
    outputs = {'disparity': 'disparity', 'sure': 'nan'}
    path = describe(f'{TEN_LINES}  confidence: sure\n', outputs=outputs)

    assert not StereoMatcher(path, 'cpu', threads=1).match(*red_pair[:2]).confidence.any()


def test_the_same_image_twice_is_no_failure(describe, red_pair):
    left, _, _ = red_pair
    matcher = StereoMatcher(describe(outputs={'disparity': 'ones'}), 'cpu')

    assert (matcher.match(left, left).disparity == 1).all()


@pytest.mark.parametrize('provider', ['cuda', 'openvino', 'tensorrt', 'auto'])
def test_a_provider_runs_a_network_of_any_size(
    describe, red_pair, pretend_provider, provider, tmp_path, monkeypatch
):
    """Without a frozen graph, which only files of this project have."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    runs = 'cuda' if provider == 'auto' else provider
    pretend_provider(runs)
    left, right, truth = red_pair

    match = StereoMatcher(describe(size=('h', 'w')), provider, threads=1).match(left, right)

    assert match.provider == runs
    assert median_error(match, truth) < 0.3


@pytest.mark.parametrize('offset', [40, -40, 40.5, -0.5])
def test_principal_points_that_differ(red_pair, describe, offset):
    """The right camera is turned: all that it sees lies elsewhere, at the same depth."""
    left, right, truth = red_pair
    whole = int(np.floor(offset))
    rng = np.random.default_rng(0)
    turned = rng.integers(0, 255, right.shape, np.uint8)
    moved = slice(max(-whole, 0), min(96, 96 - whole)), slice(max(whole, 0), min(96, 96 + whole))
    turned[:, moved[0]] = right[:, moved[1]]
    matcher = StereoMatcher(describe(), 'cpu', threads=1)

    match = matcher.match(left, turned, offset=offset)

    seen = slice(max(0, whole) + 12, 96 + min(0, whole) - 12)
    error = np.abs(match.disparity - whole - truth)[:, seen]
    assert np.nanmedian(error) < (0.1 if offset == whole else 0.6)


def test_an_offset_beyond_the_image(describe, red_pair):
    matcher = StereoMatcher(describe(), 'cpu', threads=1)

    with pytest.raises(SettingsError, match='offset must be less than the width .* 96: 96'):
        matcher.match(*red_pair[:2], offset=96)


WRONG = [
    ('- left\n- right\n', 'line 1: the file must be fields with values'),
    (
        'inputs: {left: left, right: right}\noutputs: {disparity: disparity}\n',
        'licence is missing',
    ),
    (
        TEN_LINES.replace('left: left', 'left: links'),
        "no input 'links' for inputs.left; there are",
    ),
    (TEN_LINES.replace('disparity: disp', 'disparity: dist'), "no output 'distarity'"),
    (TEN_LINES + 'size: {multiple: 48}\n', 'no multiple of size.multiple, 48'),
    (TEN_LINES + 'images: {colour: rgb}\n', 'line 8: images.colour must be one of RGB, BGR, GREY'),
    (TEN_LINES + 'images: {colour: GREY}\n', 'inputs.left must have 1 channels'),
    (TEN_LINES.replace('right: right', 'right: left'), 'nothing is said about input right'),
    (TEN_LINES + f'sha256: {"a" * 64}\n', 'describes another file: sha256'),
    (TEN_LINES + '  confidence: sure\n', "no output 'sure'"),
    ('licence: [MIT\n', 'it is no YAML'),
]


@pytest.mark.parametrize(('text', 'reason'), WRONG, ids=[reason for _, reason in WRONG])
def test_a_description_that_is_wrong(describe, text, reason):
    path = describe(text)

    with pytest.raises(NotStereoModelError, match=f'mine.yaml.*{re.escape(reason)}'):
        StereoMatcher(path, 'cpu')


def test_inputs_are_taken_by_name_where_places_contradict(zoo_model, tmp_path, make_pair):
    import onnx

    path = zoo_model('init', 32, 64)
    expected = StereoMatcher(str(path), 'cpu', threads=1).match(*make_pair(32, 64)).disparity
    model = onnx.load(path)
    inputs = list(model.graph.input)
    del model.graph.input[:]
    model.graph.input.extend(inputs[::-1])
    assert [x.name for x in model.graph.input] == ['right', 'left']
    onnx.save(model, tmp_path / 'init.onnx')

    matcher = StereoMatcher(str(tmp_path / 'init.onnx'), 'cpu', threads=1)

    np.testing.assert_array_equal(matcher.match(*make_pair(32, 64)).disparity, expected)


def test_a_second_pass_alone_is_warned_of(zoo_model, caplog):
    StereoMatcher(str(zoo_model('next', 32, 64)), 'cpu')

    assert 'is the second of two passes' in caplog.text


@pytest.mark.parametrize('name', ['fast_foundation_stereo_features', 'ess'])
def test_what_cannot_be_run_is_named(make_network, name):
    outputs = {
        'ess': ['output_left', 'output_conf'],
        'fast_foundation_stereo_features': ['features_left_04', 'features_right_04', 'stem_2x'],
    }[name]
    inputs = ('input_left', 'input_right') if name == 'ess' else ('left', 'right')
    path = make_network(inputs=inputs, outputs=dict.fromkeys(outputs, 'disparity'))

    with pytest.raises(NotStereoModelError, match='is of (ESS|Fast-FoundationStereo): it'):
        StereoMatcher(str(path), 'cpu')


@pytest.mark.parametrize('domain', ['', 'com.example'])
def test_an_operator_of_a_plugin(tmp_path, domain):
    import onnx
    from onnx import helper, TensorProto

    node = helper.make_node(
        'CostVolumePlugin', ['input_left', 'input_right'], ['output_left'], domain=domain
    )
    image = [1, 3, 64, 96]
    graph = helper.make_graph(
        [node],
        'ess',
        [
            helper.make_tensor_value_info(x, TensorProto.FLOAT, image)
            for x in ('input_left', 'input_right')
        ],
        [helper.make_tensor_value_info('output_left', TensorProto.FLOAT, [1, 1, 64, 96])],
    )
    path = Path(tmp_path / 'ess.onnx')
    opsets = [helper.make_opsetid(*x) for x in {'': 17, domain: 17 if not domain else 1}.items()]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)

    with pytest.raises(NotOnnxError, match='needs the operator .*CostVolumePlugin.*ESS'):
        StereoMatcher(str(path), 'cpu')


def test_numbers_of_eight_bits_have_no_other_range(describe):
    text = f'{TEN_LINES}images: {{range: [0, 1]}}\n'
    path = describe(text, dtype=np.uint8)

    with pytest.raises(NotStereoModelError, match=r'left is tensor\(uint8\).*range must be 0 to'):
        StereoMatcher(path, 'cpu')


def test_weights_beside_the_file_count_too(describe, caplog):
    path = Path(describe())
    path.with_name('mine.onnx.data').write_bytes(bytes(13_000_000))

    StereoMatcher(str(path), 'cpu')

    assert 'has 13 MB: on a CPU' in caplog.text


def test_a_large_network_on_a_cpu_is_announced(official_weights, tmp_path, caplog):
    import onnx

    from crestereo_ros.network import build_model

    path = tmp_path / 'official.onnx'
    onnx.save(build_model(official_weights, sign_flips=True, metadata={}), path)

    matcher = StereoMatcher(str(path), 'cpu')

    assert 'has 42 MB: on a CPU a pair may take many seconds' in caplog.text
    assert matcher.resolved((900, 1200), resolution='fine')[1] == (480, 640)
    assert matcher.resolved((900, 1200), resolution=(900, 1200))[1] == (900, 1200)

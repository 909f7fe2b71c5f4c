# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images of many bits as images of 8."""

import numpy as np
import pytest

from crestereo_ros.messages.intensities import Intensities


def ramp(low, high, dtype=np.uint16):
    return np.linspace(low, high, 64 * 48).reshape(48, 64).astype(dtype)


@pytest.mark.parametrize('bits', [8, 10, 12, 16])
def test_bits_in_use_become_8(bits):
    image = ramp(0, 2**bits - 1)
    (result,) = Intensities().to_8_bits(image)
    assert (result == image >> bits - 8).all()


def test_narrow_band_is_spread_alike_on_both_sides(caplog):
    left, right = ramp(7000, 8000), ramp(7400, 8400)
    intensities = Intensities()
    left_8, right_8 = intensities.to_8_bits(left, right)
    assert np.ptp(left_8) > 120
    same = left == 7700
    assert set(left_8[same]) == set(right_8[right == 7700]) or not same.any()
    low, high = intensities.range
    assert 6000 < low < 7000 and 8400 < high < 9500
    assert f'use the numbers {low:g} to {high:g}' in caplog.text


def test_range_stays_until_images_do_not_fit(caplog):
    intensities = Intensities()
    intensities.to_8_bits(ramp(0, 900))
    for _ in range(3):
        intensities.to_8_bits(ramp(100, 700))
    assert intensities.range == (0, 1023) and len(caplog.records) == 1
    (result,) = intensities.to_8_bits(ramp(0, 4000))
    assert intensities.range == (0, 4095) and len(caplog.records) == 2
    assert result.max() == 4000 >> 4


def test_range_can_be_set():
    intensities = Intensities('0,4095')
    (result,) = intensities.to_8_bits(ramp(0, 900))
    assert result.max() == 900 >> 4 and intensities.range == (0, 4095)
    for text in ('4095', '5,4', 'all'):
        with pytest.raises(ValueError, match=f'"{text}" is neither auto nor LOWEST,HIGHEST'):
            Intensities(text)


def test_floating_point_and_8_bits():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert Intensities().to_8_bits(grey)[0] is grey
    image = ramp(-1, 1, np.float32)
    image[0, 0] = np.nan
    (result,) = Intensities().to_8_bits(image)
    assert result.dtype == np.uint8 and np.ptp(result) > 120

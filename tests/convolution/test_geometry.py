"""Windows and centers, worked out on paper."""

from __future__ import annotations

import pytest

from voxviewer.convolution.geometry import along, axes_of, output_shape, trimmed


def test_odd_kernel_same_is_centered_on_the_voxel():
    axis = along(10, 3, 1, 1, "same")
    assert (axis.outputs, axis.before, axis.after, axis.reach, axis.offset) == (10, 1, 1, 3, 0.0)
    assert axis.window(0).tolist() == [-1, 0, 1]
    assert axis.window(9).tolist() == [8, 9, 10]


def test_even_kernel_same_pads_at_the_end_and_lies_half_a_voxel_off():
    axis = along(10, 4, 1, 1, "same")
    assert (axis.before, axis.after, axis.offset) == (1, 2, 0.5)
    assert axis.window(0).tolist() == [-1, 0, 1, 2]


def test_valid_starts_at_the_first_voxel():
    axis = along(10, 5, 2, 2, "valid")
    assert (axis.outputs, axis.reach, axis.offset) == (1, 9, 4.0)
    assert axis.window(0).tolist() == [0, 2, 4, 6, 8]


def test_strides_change_the_padding_of_same():
    """TensorFlow: 10 voxels, stride 3: 4 outputs, (4 - 1) * 3 + 3 - 10 = 2 voxels of padding."""
    axis = along(10, 3, 3, 1, "same")
    assert (axis.outputs, axis.before, axis.after, axis.offset) == (4, 1, 1, 0.0)
    axis = along(10, 3, 2, 1, "same")
    assert (axis.outputs, axis.before, axis.after, axis.offset) == (5, 0, 1, 1.0)


def test_a_stride_larger_than_the_kernel_needs_no_padding():
    axis = along(10, 1, 4, 1, "same")
    assert (axis.outputs, axis.before, axis.after, axis.offset) == (3, 0, -1, 0.0)
    axis = along(6, 1, 3, 1, "same")
    assert (axis.outputs, axis.before, axis.after, axis.offset) == (2, 0, -2, 0.0)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("taps", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 5])
@pytest.mark.parametrize("dilation", [1, 3])
def test_the_center_of_each_window_is_offset_plus_stride(padding, taps, stride, dilation):
    axis = along(12, taps, stride, dilation, padding)
    for u in range(axis.outputs):
        window = axis.window(u)
        assert (window[0] + window[-1]) / 2 == axis.offset + u * stride


@pytest.mark.parametrize("taps", [1, 2, 5, 9, 40])
@pytest.mark.parametrize("stride", [1, 2, 7])
@pytest.mark.parametrize("dilation", [1, 2, 5, 50])
def test_trimming_drops_exactly_the_taps_that_see_only_padding(taps, stride, dilation):
    axis = along(6, taps, stride, dilation, "same")
    windows = [axis.window(u) for u in range(axis.outputs)]
    seen = [j for j in range(taps) if any(0 <= window[j] < 6 for window in windows)]
    kept, which = trimmed(axis)
    if seen:
        assert list(range(taps))[which] == seen
    assert kept.taps >= 1
    for u in range(axis.outputs):
        assert kept.window(u).tolist() == windows[u][which].tolist()


def test_three_axes_and_their_output():
    axes = axes_of((16, 64, 48, 3), (3, 5, 5, 3, 8), (1, 2, 2), (1, 1, 1), "same")
    assert output_shape(axes) == (16, 32, 24)

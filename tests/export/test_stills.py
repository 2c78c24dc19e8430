"""One frame as a picture: the pixels of the film, as Pillow reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from voxviewer.export import save_gif
from voxviewer.export.stills import save_png, still

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("chosen", [(2,), None])
def test_a_png_holds_the_pixels_of_the_films_frame(
    tmp_path: Path, make_maps, rng, chosen: tuple[int, ...] | None
) -> None:
    made = make_maps(rng.standard_normal((6, 5, 4, 4)))
    save_gif(made, tmp_path / "all.gif", maps=chosen, scale=3)
    report = save_png(made, tmp_path / "one.png", 4, maps=chosen, scale=3)
    with Image.open(tmp_path / "all.gif") as film:
        film.seek(4)
        wanted = np.asarray(film.convert("RGB"))
    with Image.open(tmp_path / "one.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), wanted)
        assert "frame 4" in picture.info["Comment"]
        assert picture.size == (report.width, report.height)


def test_a_frame_in_color_is_the_clips_own_levels(make_clip, rng) -> None:
    data = rng.integers(0, 256, (3, 4, 5, 3)).astype(np.float32)
    data[:, 0, 0], data[:, 0, 1] = 0, 255
    made = make_clip(data, ("red", "green", "blue"))
    np.testing.assert_array_equal(still(made, 1, scale=2)[::2, ::2], data[1].astype(np.uint8))


def test_a_frame_that_no_map_has_is_refused(tmp_path: Path, make_maps, rng) -> None:
    made = make_maps(rng.standard_normal((4, 5, 4, 2)), offset=1.0)
    with pytest.raises(ValueError, match="no frame at clip frame 0"):
        save_png(made, tmp_path / "x.png", 0, maps=(0,))
    with pytest.raises(ValueError, match="the clip has 0 to"):
        still(made.clip, 99)
    assert not list(tmp_path.iterdir())

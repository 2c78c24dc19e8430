"""Pictures, animations and folders against Pillow."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageSequence

import voxviewer.sources as sources
from voxviewer.data import Volume
from voxviewer.files import SourceError
from voxviewer.sources.frames import natural

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path, **how: object) -> Volume:
    source = sources.open(path, **how)  # type: ignore[arg-type]
    assert isinstance(source, Volume)
    return source


def noise(*shape: int, high: int = 255) -> np.ndarray:
    return np.random.default_rng(3).integers(0, high, shape)


@pytest.mark.parametrize("kind", ["png", "bmp", "tif", "webp"])
def test_colors_come_out_as_they_went_in(tmp_path: Path, kind: str) -> None:
    array = noise(12, 17, 3).astype(np.uint8)
    path = tmp_path / f"a.{kind}"
    Image.fromarray(array).save(path, **({"lossless": True} if kind == "webp" else {}))
    volume = opened(path)
    assert volume.shape == (1, 1, 12, 17, 3)
    np.testing.assert_array_equal(volume.voxels[0, 0], array)


@pytest.mark.parametrize(
    ("dtype", "high", "kind"),
    [
        ("uint8", 255, "png"),
        ("uint16", 65535, "png"),
        ("uint16", 65535, "tif"),
        ("float32", 9, "tif"),
    ],
)
def test_gray_keeps_its_depth(tmp_path: Path, dtype: str, high: int, kind: str) -> None:
    array = noise(12, 17, high=high).astype(dtype)
    Image.fromarray(array).save(tmp_path / f"a.{kind}")
    volume = opened(tmp_path / f"a.{kind}")
    assert volume.voxels.dtype == dtype
    np.testing.assert_array_equal(volume.voxels[0, 0, ..., 0], array)


def test_bilevel_picture_is_black_and_white(tmp_path: Path) -> None:
    array = noise(9, 9, high=2).astype(bool)
    Image.fromarray(array).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        opened(tmp_path / "a.png").voxels[0, 0, ..., 0], array.astype(np.uint8) * 255
    )


def test_palette_becomes_its_colors(tmp_path: Path) -> None:
    image = Image.fromarray(noise(12, 17, 3).astype(np.uint8)).quantize(16)
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        opened(tmp_path / "a.png").voxels[0, 0], np.asarray(image.convert("RGB"))
    )


def test_alpha_lies_over_black(tmp_path: Path) -> None:
    array = noise(8, 9, 4).astype(np.uint8)
    Image.fromarray(array, "RGBA").save(tmp_path / "a.png")
    got = opened(tmp_path / "a.png").voxels[0, 0].astype(float)
    np.testing.assert_allclose(got, array[..., :3] * (array[..., 3:] / 255), atol=1)
    gray = np.stack([array[..., 0], array[..., 3]], axis=-1)
    Image.fromarray(gray, "LA").save(tmp_path / "b.png")
    volume = opened(tmp_path / "b.png")
    assert volume.shape[-1] == 1
    expected = gray[..., 0] * (gray[..., 1] / 255)
    np.testing.assert_allclose(volume.voxels[0, 0, ..., 0], expected, atol=1)


@pytest.mark.parametrize("turn", range(1, 9))
def test_photograph_stands_upright(tmp_path: Path, turn: int) -> None:
    array = np.kron(noise(3, 4, 3), np.ones((8, 8, 1))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(array).save(tmp_path / "a.png", exif=exif)
    upright = {
        1: array, 2: array[:, ::-1], 3: array[::-1, ::-1], 4: array[::-1],
        5: array.swapaxes(0, 1), 6: np.rot90(array, -1), 7: np.rot90(array, 2).swapaxes(0, 1),
        8: np.rot90(array),
    }[turn]  # fmt: skip
    np.testing.assert_array_equal(opened(tmp_path / "a.png").voxels[0, 0], upright)


def test_picture_with_too_many_pixels_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"x")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(SourceError, match="more pixels"):
        opened(tmp_path / "bomb.png")


def test_animation_is_composited_with_its_own_times(tmp_path: Path) -> None:
    base = Image.new("RGB", (20, 16), (200, 30, 30))
    frames = []
    for index in range(4):
        frame = base.copy()
        frame.paste((0, 50 * index, 255), (3 * index, 2, 3 * index + 4, 9))
        frames.append(frame)
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[50, 80, 120, 40]
    )
    volume = opened(tmp_path / "a.gif")
    assert volume.shape == (4, 1, 16, 20, 3)
    for index, frame in enumerate(frames):
        np.testing.assert_allclose(volume.voxels[index, 0], np.asarray(frame), atol=8)
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, [0, 0.05, 0.13, 0.25])


def test_delays_too_short_to_play_are_said(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), 60 * index) for index in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=0)
    volume = opened(tmp_path / "a.gif")
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, [0, 0.1, 0.2])
    assert any("100 ms" in decision for decision in volume.facts.decisions)


def test_transparent_gif_lies_over_black(tmp_path: Path) -> None:
    frames = [Image.new("RGBA", (6, 6), (255, 255, 255, 0)) for _ in range(2)]
    for index, frame in enumerate(frames):
        frame.paste((255, 0, 0, 255), (index, 0, index + 2, 6))
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], disposal=2, duration=100
    )
    volume = opened(tmp_path / "a.gif")
    np.testing.assert_array_equal(volume.voxels[0, 0, 0, 5], [0, 0, 0])
    np.testing.assert_array_equal(volume.voxels[1, 0, 0, 1], [255, 0, 0])


def test_gif_of_too_many_pixels_is_refused_before_decoding(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 2000)
    with pytest.raises(SourceError, match="memory"):
        opened(files["GIF"])


def test_animated_webp_is_a_clip(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 12), (60 * index, 0, 90)) for index in range(3)]
    frames[0].save(
        tmp_path / "a.webp", save_all=True, append_images=frames[1:], duration=70, lossless=True
    )
    volume = opened(tmp_path / "a.webp")
    assert volume.shape == (3, 1, 12, 16, 3)
    assert volume.times is not None
    np.testing.assert_allclose(volume.times, [0, 0.07, 0.14])


def write(folder: Path, name: str, value: int, size: tuple[int, int] = (9, 6)) -> None:
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(folder / name)


def test_frame2_comes_before_frame10(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (10, 1, 2, 16, 3):
        write(folder, f"frame{number}.png", number)
    assert opened(folder).voxels[:, 0, 0, 0, 0].tolist() == [1, 2, 3, 10, 16]


@pytest.mark.parametrize(
    "names",
    [
        ["a1", "a2", "a10", "b1"], ["1", "02", "3", "10"], ["A2", "a3", "A10"],
        ["x1y2", "x1y10", "x2y1"], ["frame", "frame1"],
    ],
)  # fmt: skip
def test_natural_order(names: list[str]) -> None:
    assert sorted(names, key=natural) == names


def test_hidden_and_foreign_files_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (1, 2):
        write(folder, f"f{number}.png", number)
    write(folder, ".f3.png", 3)
    (folder / "Thumbs.db").write_bytes(b"x")
    volume = opened(folder)
    assert volume.shape[0] == 2
    assert "other files left out: 1" in volume.facts.decisions


def test_gaps_are_said_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (1, 2, 4, 5, 9):
        write(folder, f"f{number}.png", number)
    assert opened(folder).facts.warnings == ("numbers are missing from the series: 3, 6 to 8",)


def test_even_steps_are_no_gaps(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (10, 20, 30):
        write(folder, f"f{number}.png", number)
    assert opened(folder).facts.warnings == ()


def test_odd_sizes_are_resized_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write(folder, "f1.png", 10)
    write(folder, "f2.png", 20, (40, 30))
    volume = opened(folder)
    assert volume.shape == (2, 1, 6, 9, 3)
    assert (volume.voxels[1] == 20).all()
    assert volume.facts.warnings == ("another size than the first has f2.png: resized to 9 x 6",)


def test_gray_among_colors_is_made_rgb(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write(folder, "f1.png", 10)
    Image.new("L", (9, 6), 77).save(folder / "f2.png")
    volume = opened(folder)
    assert volume.shape[-1] == 3
    assert (volume.voxels[1] == 77).all()


def test_other_depths_are_rescaled_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    Image.new("L", (9, 6), 255).save(folder / "f1.png")
    Image.fromarray(np.full((6, 9), 65535, np.uint16)).save(folder / "f2.png")
    volume = opened(folder)
    assert volume.voxels.dtype == np.uint8
    assert (volume.voxels[1] == 255).all()
    assert "f2.png" in volume.facts.warnings[0]


@pytest.mark.parametrize("kept", [0, 40, -30], ids=["empty", "header alone", "cut in its pixels"])
def test_damaged_images_of_a_folder_are_left_out_and_named(tmp_path: Path, kept: int) -> None:
    """As damaged slices of a scan are; wherever they stand, and whether or not they are named."""
    folder = tmp_path / "frames"
    for number in (1, 2, 3):
        write(folder, f"f{number}.png", 10 * number, (40, 30))
    (folder / "f1.png").write_bytes((folder / "f2.png").read_bytes()[:kept])
    for array, values in ((None, [20, 30]), ("f1.png/f3.png", [30])):
        volume = opened(folder, array=array)
        assert volume.voxels[:, 0, 0, 0, 0].tolist() == values
        assert volume.facts.warnings == ("left out, because they cannot be read: f1.png",)


def test_folder_of_damaged_images_is_refused_with_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (1, 2):
        write(folder, f"f{number}.png", 10)
        (folder / f"f{number}.png").write_bytes((folder / f"f{number}.png").read_bytes()[:40])
    with pytest.raises(SourceError, match=r"^frames: f1\.png is not a picture"):
        opened(folder)
    (folder / "f1.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"^frames: f1\.png is empty\. Remove"):
        opened(folder)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"])
def test_damaged_tiff_is_one_sentence_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], compression: str
) -> None:
    path = tmp_path / "a.tif"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, compression=compression)
    whole = path.read_bytes()
    for place in range(8, len(whole) - 200, len(whole) // 12):
        path.write_bytes(whole[:place] + b"\xff\x00\xaa" * 20 + whole[place + 60 :])
        with suppress(SourceError):
            opened(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"^a\.tif: [^\n]+$"):
        opened(path)
    assert capfd.readouterr() == ("", "")


def test_png_without_its_end_is_shown_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (9, 6), 7).save(path)
    assert opened(path).facts.warnings == ()
    path.write_bytes(path.read_bytes()[:-12])
    volume = opened(path)
    assert (volume.voxels[...] == 7).all()
    assert volume.facts.warnings == ("the end mark of the file is missing",)


@pytest.mark.parametrize("content", [b"hello, this is no GIF", b"G", b"GIF89", b"GIF89a"])
def test_what_is_no_gif_is_not_called_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gif").write_bytes(content)
    begins = b"GIF89a".startswith(content[:6])
    words = "is cut off in its header" if begins else "does not begin as a GIF does"
    with pytest.raises(SourceError, match=rf"^a\.gif: {words}"):
        opened(tmp_path / "a.gif")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ((), "Open one with PNG"),
        (("10.nii.gz", "9.nii.gz"), r"Open the files in it: 9\.nii\.gz, 10\.nii\.gz"),
        (("left/a.png", "right/b.png"), "Open a folder in it: left, right"),
    ],
)
def test_folder_without_images_is_refused_with_what_to_open_instead(
    tmp_path: Path, content: tuple[str, ...], words: str
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for name in content:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    with pytest.raises(SourceError, match=rf"folder without images\. {words}"):
        opened(folder)


def test_images_of_a_folder_can_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for number in (1, 2, 3, 10):
        write(folder, f"f{number}.png", number)
    assert opened(folder, array="f10.png/f2.png").voxels[:, 0, 0, 0, 0].tolist() == [2, 10]
    with pytest.raises(SourceError, match=r"f7\.png"):
        opened(folder, array="f7.png/f2.png")
    with pytest.raises(SourceError, match="no image"):
        opened(folder, array="../frames/f1.png")


def test_real_gifs_and_frames_agree_with_pillow(shared_data: Path) -> None:
    for path in sorted((shared_data / "gif").glob("*.gif")):
        volume = opened(path)
        with Image.open(path) as image:
            frames = [
                np.asarray(f.convert("RGBA").convert("RGB")) for f in ImageSequence.Iterator(image)
            ]
        assert volume.shape[0] == len(frames)
        for index in (0, len(frames) // 2, len(frames) - 1):
            np.testing.assert_array_equal(volume.voxels[index, 0], frames[index])
    folder = shared_data / "frames" / "asl_thanks_16"
    volume = opened(folder)
    for index, path in enumerate(sorted(folder.iterdir())):
        np.testing.assert_array_equal(volume.voxels[index, 0], np.asarray(Image.open(path)))


@pytest.mark.parametrize("default", [False, True])
def test_animated_png_is_composited_with_the_time_of_each_frame(
    tmp_path: Path, default: bool
) -> None:
    """A patch over what was there, blended; a still image for old programs is no frame."""
    base = Image.new("RGBA", (20, 10), (10, 20, 30, 255))
    patch = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    patch.paste((250, 0, 0, 255), (5, 2, 9, 8))
    frames = ([Image.new("RGBA", (20, 10), (9, 9, 9, 255))] if default else []) + [base, patch]
    frames[0].save(
        tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=[40, 120], blend=1,
        default_image=default,
    )  # fmt: skip
    volume = opened(tmp_path / "a.png")
    assert volume.shape == (2, 1, 10, 20, 3)
    wanted = Image.alpha_composite(base, patch).convert("RGB")
    np.testing.assert_array_equal(volume.voxels[0, 0], np.asarray(base.convert("RGB")))
    np.testing.assert_array_equal(volume.voxels[1, 0], np.asarray(wanted))
    np.testing.assert_allclose(volume.times, [0, 0.04])


def test_folder_of_stacks_says_that_first_pages_are_shown(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    pages = [Image.new("L", (6, 5), shade) for shade in (1, 2)]
    for name in ("f1.tif", "f2.tif"):
        pages[0].save(folder / name, save_all=True, append_images=pages[1:])
    volume = opened(folder)
    assert volume.shape == (2, 1, 5, 6, 1)
    assert "only the first page is shown of f1.tif, f2.tif" in volume.facts.warnings[0]

"""Point clouds: each point falls into the voxel that a plain loop puts it in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from media_writers import ply_bytes, scattered

import voxviewer as vv
from voxviewer.data import Volume
from voxviewer.files import SourceError

if TYPE_CHECKING:
    from pathlib import Path

POINTS = scattered(300)
COLORS = np.random.default_rng(3).integers(0, 255, (300, 3)).astype(np.uint8)


def opened(path: Path, **how: Any) -> Volume:
    source = vv.open(path, **how)
    assert isinstance(source, Volume)
    return source


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def counted(points: np.ndarray, volume: Volume) -> np.ndarray:
    """(D, H, W) counts, by the affine of the volume alone, point by point."""
    assert volume.affine is not None
    inverse = np.linalg.inv(volume.affine)
    found = np.zeros(volume.shape[1:4], np.int64)
    for point in points.astype(np.float64):
        h, w, d, _ = inverse @ [*point, 1.0]
        places = [math.floor(value + 0.5) for value in (d, h, w)]
        inside = [min(max(p, 0), n - 1) for p, n in zip(places, found.shape, strict=True)]
        found[tuple(inside)] += 1
    return found


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_gives_the_counts_of_a_plain_loop(tmp_path: Path, order: str) -> None:
    volume = opened(written(tmp_path / "a.ply", ply_bytes(POINTS, order)), voxels=16)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], counted(POINTS, volume))
    assert max(volume.shape[1:4]) == volume.shape[2] == 16  # y is the longest, up the height
    assert volume.voxels[...].sum() == 300
    assert volume.spacing is not None
    edge = volume.spacing[0]
    assert edge == pytest.approx(float(np.ptp(POINTS[:, 1])) / 16)
    assert volume.spacing == (edge, edge, edge)
    assert "left out: 1 face" in volume.facts.decisions


@pytest.mark.parametrize("kind", ["npy", "npz", "h5", "xyz"])
def test_every_kind_of_file_gives_the_same_voxels(tmp_path: Path, kind: str) -> None:
    import h5py

    path = tmp_path / f"a.{kind}"
    if kind == "npy":
        np.save(path, POINTS)
    elif kind == "npz":
        np.savez(path, points=POINTS)
    elif kind == "h5":
        with h5py.File(path, "w") as file:
            file["points"] = POINTS
    else:
        np.savetxt(path, POINTS, fmt="%.9g")
    plain = opened(written(tmp_path / "b.ply", ply_bytes(POINTS, "binary_little_endian")), voxels=9)
    volume = opened(path, voxels=9)
    np.testing.assert_array_equal(volume.voxels[...], plain.voxels[...])
    np.testing.assert_allclose(volume.affine, plain.affine)
    assert volume.facts.description == "point cloud"


@pytest.mark.parametrize(
    ("shape", "dtype", "cloud"),
    [
        ((64, 3), "float32", True), ((63, 3), "float32", False), ((500, 3), "uint8", False),
        ((500, 4), "float64", False), ((3, 500), "float64", False),
    ],
)  # fmt: skip
def test_rule_by_which_an_array_is_a_cloud(
    tmp_path: Path, shape: tuple[int, int], dtype: str, cloud: bool
) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random(shape).astype(dtype))
    volume = opened(tmp_path / "a.npy")
    assert (volume.facts.description == "point cloud") is cloud
    if not cloud:
        assert volume.shape == (1, 1, *shape, 1)
    else:
        assert opened(tmp_path / "a.npy", axes="HW").shape == (1, 1, *shape, 1)


def test_few_points_and_whole_numbers_are_a_cloud_where_axes_say_so(tmp_path: Path) -> None:
    points = np.array([[0, 0, 0], [1, 2, 3], [1, 2, 3]])
    np.save(tmp_path / "a.npy", points)
    volume = opened(tmp_path / "a.npy", axes="N3", voxels=3)
    np.testing.assert_array_equal(volume.voxels[0, ..., 0], counted(points, volume))
    np.save(tmp_path / "b.npy", np.zeros((9, 2)))
    with pytest.raises(SourceError, match="A cloud needs three"):
        opened(tmp_path / "b.npy", axes="NX")


def test_occupancy_color_and_values(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ply", ply_bytes(POINTS, "binary_big_endian", COLORS))
    count = opened(path, voxels=8)
    assert [item.label for item in count.facts.alternatives] == [
        "count", "occupancy", "color", "red", "green", "blue",
    ]  # fmt: skip
    full = counted(POINTS, count)
    occupancy = opened(path, voxels=8, cloud="occupancy")
    np.testing.assert_array_equal(occupancy.voxels[0, ..., 0], full > 0)
    assert occupancy.voxels.dtype == np.uint8
    color = opened(path, voxels=8, cloud="color")
    assert color.shape == (*count.shape[:4], 3)
    red = opened(path, voxels=8, cloud="red").voxels[0, ..., 0]
    np.testing.assert_allclose(color.voxels[0, ..., 0], red, atol=0.5)
    np.testing.assert_allclose((red * full).sum(), COLORS[:, 0].sum(), rtol=1e-5)
    with pytest.raises(SourceError, match=r"has no .weight. for its voxels\. Use one of: count"):
        opened(path, cloud="weight")


def test_alternatives_of_a_cloud_open_as_they_say(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ply", ply_bytes(POINTS, "ascii", COLORS))
    for item in opened(path, voxels=12).facts.alternatives:
        source = vv.sources.same_opening(item.opening)
        assert max(source.shape[1:4]) == 12


def test_xyz_with_comments_commas_colors_and_heading(tmp_path: Path) -> None:
    rows = [
        f"{x:.5f}, {y:.5f},{z:.5f}, {r}, {g}, {b}"
        for (x, y, z), (r, g, b) in zip(POINTS.tolist(), COLORS.tolist(), strict=True)
    ]
    text = "# a comment\nx, y, z, r, g, b\n" + "\n".join(rows) + "\n\n"
    volume = opened(written(tmp_path / "a.xyz", text.encode()), voxels=8, cloud="color")
    plain = opened(
        written(tmp_path / "a.ply", ply_bytes(POINTS, "ascii", COLORS)), voxels=8, cloud="color"
    )
    assert np.mean(volume.voxels[...] != plain.voxels[...]) < 0.01  # 5 digits of a coordinate
    assert "the first line is taken as a heading" in volume.facts.decisions


def test_molecule_is_its_atoms(tmp_path: Path) -> None:
    text = b"3\nwater\nO 0.0 0.0 0.117\nH 0.0 0.757 -0.469\nH 0.0 -0.757 -0.469\n"
    volume = opened(written(tmp_path / "water.xyz", text), voxels=4)
    assert volume.voxels[...].sum() == 3
    assert "atoms of a molecule" in volume.facts.decisions


def test_points_that_are_nowhere_are_left_out_and_said(tmp_path: Path) -> None:
    points = POINTS.copy()
    points[:5, 1] = np.nan
    points[5, 0] = np.inf
    np.save(tmp_path / "a.npy", points)
    volume = opened(tmp_path / "a.npy")
    assert volume.voxels[...].sum() == 294
    assert volume.facts.warnings == ("points without finite coordinates, left out: 6",)
    np.save(tmp_path / "b.npy", np.full((99, 3), np.nan))
    with pytest.raises(SourceError, match="no point with three finite coordinates"):
        opened(tmp_path / "b.npy")


@pytest.mark.parametrize("flat", [(0,), (0, 1), (0, 1, 2)])
def test_flat_clouds_are_one_voxel_thick(tmp_path: Path, flat: tuple[int, ...]) -> None:
    points = POINTS.copy()
    points[:, flat] = 5.0
    np.save(tmp_path / "a.npy", points)
    shape = opened(tmp_path / "a.npy", voxels=10).shape[1:4]  # D, H, W are z, y, x
    assert [shape[{0: 2, 1: 1, 2: 0}[axis]] for axis in flat] == [1] * len(flat)


def test_lists_before_the_points_are_passed_over(tmp_path: Path) -> None:
    plain = ply_bytes(POINTS[:90], "binary_little_endian")
    head, _, body = plain.partition(b"end_header\n")
    face = b"element face 1\nproperty list uchar int vertex_indices\n"
    head = head.replace(face, b"").replace(b"element vertex", face + b"element vertex")
    moved = head + b"end_header\n" + body[-13:] + body[:-13]
    np.testing.assert_array_equal(
        opened(written(tmp_path / "a.ply", moved)).voxels[...],
        opened(written(tmp_path / "b.ply", plain)).voxels[...],
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ply_bytes(POINTS)[:2000], r"ends after \d+ of 300 points"),
        (ply_bytes(POINTS, "binary_little_endian")[:2000], r"ends after \d+ of 300 points"),
        (b"ply\nformat ascii 1.0\nelement vertex 3\n", "header that does not end"),
        (b"ply\nformat ascii 1.0\nnonsense\nend_header\n", "makes no sense: 'nonsense'"),
        (b"ply\nformat ascii 1.0\nelement face 0\nend_header\n", "without points"),
        (ply_bytes(POINTS).replace(b"3.", b"x.", 40), "where a number belongs"),
    ],
)
def test_damaged_ply_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        opened(written(tmp_path / "a.ply", data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"1 2 3\n4 5\n", "lines that are not of 3 numbers"),
        (b"1 2 3\n4 x 5\n", "'x' where a number belongs"),
        (b"1 2\n3 4\n", "no line of three numbers|fewer than three"),
    ],
)
def test_damaged_xyz_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        opened(written(tmp_path / "a.xyz", data))


@pytest.mark.parametrize("voxels", [1, 2049, 3.5, True])
def test_impossible_grids_are_a_wrong_argument(tmp_path: Path, voxels: Any) -> None:
    with pytest.raises(ValueError, match="voxels must be a whole number from 2 to 2048"):
        opened(written(tmp_path / "a.ply", ply_bytes(POINTS)), voxels=voxels)


def test_grid_that_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 10_000_000)
    with pytest.raises(SourceError, match="filling the grid takes"):
        opened(written(tmp_path / "a.ply", ply_bytes(POINTS)), voxels=1000)


def test_command_line_takes_the_size_of_the_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from voxviewer.cli import main

    path = written(tmp_path / "a.ply", ply_bytes(POINTS))
    assert main(["info", "--json", str(path), "--voxels", "20", "--cloud", "occupancy"]) == 0
    assert '"range": [0' in capsys.readouterr().out.replace("0.0", "0")
    assert main(["info", str(path), "--voxels", "1"]) == 2


def test_cloud_has_no_left_and_right_of_a_patient(tmp_path: Path) -> None:
    from voxviewer.gui.views.planes import Slot, turn_of, world_text
    from voxviewer.sources.describe import describe

    volume = opened(written(tmp_path / "a.ply", ply_bytes(POINTS)), voxels=8)
    assert describe(volume, "a.ply")["orientation"] is None
    slot = Slot((0, 2), (("D", 2),), "H", "W", False)
    assert turn_of(volume, slot).letters == ("H", "W", "", "")
    assert volume.affine is not None
    x, y, z = (volume.affine @ [1, 3, 2, 1])[:3]
    assert world_text(volume, slot, 1, 3) == f"x {x:.4g}, y {y:.4g}, z {z:.4g}".replace("-", "−")

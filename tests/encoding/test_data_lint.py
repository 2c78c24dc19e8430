"""Seeded faults are found and repaired; clean samples are left in peace."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from encoding_sources import Lazy, film, noise, scan
from lint_samples import CLEAN, FAULTS, blobs, hand

import voxviewer as vv
from voxviewer.encoding.data_lint import lint, lint_bytes
from voxviewer.encoding.lint_order import better_order

S = vv.EncodingSettings


@pytest.mark.parametrize("fault", FAULTS)
def test_every_seeded_fault_is_found_and_nothing_else(fault):
    key, make = FAULTS[fault]
    for seed in range(4):
        assert [finding.key for finding in lint(make(seed))] == [key], f"seed {seed}"


def test_at_most_one_false_alarm_on_fifty_clean_samples():
    made = [(n, make(seed)) for seed in range(4) for n, make in enumerate(CLEAN)][:60]
    assert len(made) >= 50
    alarms = [(n, finding) for n, source in made for finding in lint(source)]
    assert len(alarms) <= 1, alarms


def test_samples_of_the_program_and_real_files_are_left_in_peace(shared_data):
    names = (
        "nifti/anatomical.nii", "nifti/functional.nii", "nifti/example4d.nii.gz",
        "frames/asl_thanks_16", "gif/asl_thanks_16f.gif", "frames/single_image.jpg",
    )  # fmt: skip
    paths = [str(shared_data / name) for name in names if Path(shared_data / name).exists()]
    found = {path: lint(vv.open(path)) for path in (*paths, "sample:waving-hand")}
    assert {path: [one.key for one in some] for path, some in found.items() if some} == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_repair_makes_the_fault_go_away(fault):
    """What the repaired choices make of the source is looked at again, as a source of its own."""
    key, make = FAULTS[fault]
    source = make(1)
    finding = lint(source)[0]
    chosen = finding.repaired(S())
    opening = finding.reopened(source.opening)
    assert not finding.is_repaired(S(), source.opening)
    assert finding.is_repaired(chosen, opening) and finding.repaired(chosen) == chosen
    if key in ("channels-first", "unit", "up"):
        assert opening != source.opening and chosen == S()
        return
    from voxviewer.encoding.mending import mended

    again = mended(source, chosen)
    if chosen.frame_order is not None:
        again = replace(again, voxels=np.asarray(again.voxels[:])[list(chosen.frame_order)])
    assert key not in [one.key for one in lint(again)]
    if fault == "sorted as text":
        assert np.array_equal(vv.encode(source, chosen).data[..., 0], (blobs(1) * 255).round())
    if fault == "BGR":
        assert np.array_equal(vv.encode(source, replace(chosen, channels="rgb")).data, hand(1))


def test_channels_first_is_read_anew_by_its_axes(tmp_path):
    frames = hand(0, 6, 24)
    np.save(tmp_path / "planar.npy", np.moveaxis(frames, -1, 1))
    source = vv.open(tmp_path / "planar.npy")
    finding = next(one for one in lint(source) if one.key == "channels-first")
    opening = finding.reopened(source.opening)
    again = vv.open(opening.path, axes=opening.axes)
    assert np.array_equal(np.asarray(again.voxels)[:, 0], frames)
    assert lint(again) == ()


def test_a_shuffled_film_comes_back_in_order_forwards_or_backwards():
    thumbs = blobs(3, 24).astype(np.float32)
    order = np.random.default_rng(3).permutation(24)
    found, how = better_order(thumbs[order])
    back = order[list(found)].tolist()
    assert how == "shuffled" and back in (list(range(24)), list(range(23, -1, -1)))


def test_a_finding_says_what_was_seen():
    said = {fault: lint(make(0))[0].seen for fault, (_, make) in FAULTS.items()}
    assert said["constant frames"] == "Frames 3, 11 are each one value throughout."
    assert said["duplicate frames"].startswith("Frames 5, 6, 13 are each a copy")
    assert "1, 10, 11, 2" in said["sorted as text"]
    assert "16, 3, 60, 60" in said["channels first"]
    assert all(text.endswith(".") and "\n" not in text for text in said.values())


def test_odd_sources_are_looked_through_without_complaint():
    odd = np.full((3, 4, 5, 1), np.nan, np.float32)
    for source in (
        film(odd), film(np.zeros((9, 1, 1, 1), np.uint8)), scan(noise(1, 1, 1)),
        film(noise(2, 5, 6, 7)), film(np.zeros((9, 2, 2, 3), np.uint16)),
    ):  # fmt: skip
        assert lint(source) == ()


def test_a_look_takes_no_more_memory_than_it_says():
    source = film(np.random.default_rng(0).integers(0, 255, (40, 300, 400, 3)).astype(np.uint8))
    source = replace(source, voxels=Lazy(np.asarray(source.voxels)))
    lint(source)
    tracemalloc.start()
    lint(source)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes <= lint_bytes(source)

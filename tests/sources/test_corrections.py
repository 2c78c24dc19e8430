"""What a person sets right changes the noun, is written down, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.settings import Opening
from voxviewer.sources import same_opening
from voxviewer.sources.corrections import corrected


@pytest.fixture
def pair(tmp_path: Path) -> str:
    """Two persons of three joints; the second is missing in the first of four frames."""
    joints = np.arange(4 * 2 * 3 * 3, dtype=np.float32).reshape(4, 2, 3, 3) + 1
    joints[0, 1] = np.nan
    np.save(tmp_path / "pair.npy", joints)
    return str(tmp_path / "pair.npy")


def opened(path: str, **corrections: object) -> Skeleton:
    source = vv.open(path, axes="TPJX", **corrections)  # type: ignore[arg-type]
    assert isinstance(source, Skeleton)
    return source


def test_a_chosen_person_is_alone_and_keeps_its_numbers(pair: str) -> None:
    everyone, second = opened(pair), opened(pair, person=1)
    assert second.shape == (4, 1, 3, 3)
    np.testing.assert_array_equal(second.joints[:, 0], everyone.joints[:, 1])
    np.testing.assert_array_equal(second.score[:, 0], everyone.score[:, 1])
    assert not second.joints.flags.writeable


def test_what_is_said_of_missing_joints_is_said_of_the_chosen_person(pair: str) -> None:
    assert "12.5% of the joints are missing" in opened(pair).facts.warnings
    assert "25.0% of the joints are missing" in opened(pair, person=1).facts.warnings
    assert not any("missing" in text for text in opened(pair, person=0).facts.warnings)


def test_unit_up_and_rate_are_set_and_said(pair: str) -> None:
    source = opened(pair, unit="cm", up="z+", rate=25)
    assert (source.unit, source.up) == ("cm", "z+")
    assert source.times is not None
    np.testing.assert_allclose(source.times, [0, 0.04, 0.08, 0.12])
    said = " / ".join(source.facts.decisions)
    assert "unit set by hand: cm" in said
    assert "up set by hand: z+" in said
    assert "25 frames per second" in said


def test_the_same_opening_gives_the_same_noun_again(pair: str) -> None:
    first = opened(pair, person=1, unit="mm", up="y+", rate=12.5)
    again = same_opening(first.opening)
    assert isinstance(again, Skeleton)
    assert (again.opening, again.unit, again.up) == (first.opening, first.unit, first.up)
    np.testing.assert_array_equal(again.joints, first.joints)


def test_a_correction_taken_back_is_the_recording_as_it_was_read(pair: str) -> None:
    read = opened(pair)
    changed = corrected(read, Opening(pair, "TPJX", person=0, up="z+"))
    assert changed.as_read is read
    assert corrected(changed, changed.opening.as_read) is read
    other = corrected(changed, Opening(pair, "TPJX", person=1))
    assert other.up == read.up
    assert other.shape[1] == 1


@pytest.mark.parametrize(
    "wrong", [{"person": -1}, {"unit": "feet"}, {"up": "x+"}, {"rate": 0}, {"rate": float("nan")}]
)
def test_a_correction_that_cannot_be_meant_is_refused(pair: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        opened(pair, **wrong)


def test_a_person_who_is_not_there_is_refused_in_a_sentence(pair: str) -> None:
    with pytest.raises(SourceError, match=r"has 2 persons, and person 2 is not there"):
        opened(pair, person=2)


def test_a_volume_takes_a_rate_and_nothing_of_skeletons(tmp_path: Path) -> None:
    path = str(tmp_path / "film.npy")
    np.save(path, np.zeros((5, 8, 9, 3), np.uint8))
    source = vv.open(path, rate=10)
    assert isinstance(source, Volume)
    assert source.times is not None
    np.testing.assert_allclose(np.diff(source.times), 0.1)
    with pytest.raises(SourceError, match="is no skeleton, so it has no unit"):
        vv.open(path, unit="mm")
    still = str(tmp_path / "still.npy")
    np.save(still, np.zeros((8, 9), np.uint8))
    with pytest.raises(SourceError, match="no rate"):
        vv.open(still, rate=10)

"""What there is to learn from: folders of classes, CSV files, spans, and what is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxviewer.data import Clip
from voxviewer.files import SourceError, TooLargeError
from voxviewer.learning import gather, make_lesson
from voxviewer.settings import EncodingSettings, TrainingSettings


def clip(frames: int = 12, size: int = 8, name: str = "noise", seed: int = 0, **more) -> Clip:
    data = np.random.default_rng(seed).random((frames, size, size, 1), np.float32)
    real = more.get("real", np.ones(frames, bool))
    return Clip(
        more.get("data", data), real, np.arange(frames), ("gray",), name, EncodingSettings()
    )


def save(path: Path, frames: int = 6, size: int = 8, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    np.save(path, random.integers(0, 255, (frames, 1, size, size, 1), np.uint8))
    return path


def classes(folder: Path, counts: dict[str, int], **more) -> Path:
    for number, (name, count) in enumerate(counts.items()):
        for index in range(count):
            save(folder / name / f"{index}.npy", seed=100 * number + index, **more)
    return folder


def targets(folder: Path, text: str, files: int = 4) -> TrainingSettings:
    for index in range(files):
        save(folder / f"{index}.npy", seed=index)
    (folder / "t.csv").write_text(text)
    return TrainingSettings(task="targets", targets=str(folder / "t.csv"))


NEXT = TrainingSettings(task="next-frame")
CLASSES = TrainingSettings(task="classes")


# -- spans and what is held out ---------------------------------------------------------------


def test_no_frame_that_is_to_be_foretold_is_learned_from() -> None:
    lesson, _ = make_lesson(clip(20), TrainingSettings(task="next-frame", span=4))
    assert lesson.starts.tolist() == list(range(16))
    answered = lesson.starts + lesson.span
    seen = max(answered[~lesson.held_out])
    assert lesson.held == round(0.2 * 16)
    assert min(answered[lesson.held_out]) > seen


def test_an_autoencoder_holds_frames_out_that_it_has_not_seen() -> None:
    lesson, _ = make_lesson(clip(40), TrainingSettings(task="autoencoder", span=8))
    frames = [set(range(s, s + 8)) for s in lesson.starts]
    learned = set().union(*(f for f, out in zip(frames, lesson.held_out, strict=True) if not out))
    held = set().union(*(f for f, out in zip(frames, lesson.held_out, strict=True) if out))
    assert held and learned and not held & learned


def test_of_several_clips_whole_ones_are_held_out() -> None:
    clips = [clip(10 + i, name=str(i), seed=i) for i in range(5)]
    lesson, _ = make_lesson(clips, TrainingSettings(task="next-frame", span=4))
    ends = np.cumsum([0] + [c.shape[0] for c in clips])
    owner = np.searchsorted(ends, lesson.starts, "right") - 1
    assert len({int(o) for o in owner[lesson.held_out]}) == 1
    assert not set(owner[lesson.held_out]) & set(owner[~lesson.held_out])
    assert all(ends[o + 1] >= s + 5 for o, s in zip(owner, lesson.starts, strict=True))


def test_padding_is_not_learned_from() -> None:
    real = np.arange(12) < 8
    lesson, _ = make_lesson(clip(real=real), TrainingSettings(task="next-frame", span=3))
    assert lesson.starts.max() + 3 <= 7


def test_each_class_keeps_clips_on_both_sides(tmp_path: Path) -> None:
    folder = classes(tmp_path, {"a": 2, "b": 7})
    lesson, encoding = make_lesson(str(folder), CLASSES)
    assert lesson.classes == ("a", "b")
    assert encoding == EncodingSettings()
    for number in (0, 1):
        held = lesson.held_out[lesson.targets == number]
        assert 0 < held.sum() < len(held)


def test_the_guess_to_beat_is_the_last_frame_the_mean_or_the_frequent_class(tmp_path: Path) -> None:
    one = clip(20)
    lesson, _ = make_lesson(one, TrainingSettings(task="next-frame", span=4))
    after = lesson.starts[lesson.held_out] + 4
    expected = np.mean((one.data[after] - one.data[after - 1]).astype(float) ** 2)
    assert lesson.baseline.value == pytest.approx(expected)
    lesson, _ = make_lesson(str(classes(tmp_path, {"a": 2, "b": 6})), CLASSES)
    assert (lesson.baseline.words, lesson.baseline.figure) == ("always saying b", "accuracy")
    assert lesson.baseline.value == pytest.approx(0.5)


def test_values_far_from_one_and_few_examples_are_told_of() -> None:
    lesson, _ = make_lesson(clip(data=np.full((12, 8, 8, 1), 900.0, np.float32)), NEXT)
    text = " ".join(lesson.warnings)
    assert "900 .. 900" in text and "nothing to learn" in text and "examples to learn" in text


# -- the CSV file -----------------------------------------------------------------------------


def test_numbers_make_regression_and_words_make_classes(tmp_path: Path) -> None:
    settings = targets(tmp_path, "file,target\n0.npy,1.5\n1.npy,-2\n2.npy,1e-3\n3.npy,0\n")
    lesson, _ = make_lesson(None, settings)
    assert lesson.targets.dtype == np.float32
    assert lesson.targets.tolist() == pytest.approx([1.5, -2, 1e-3, 0])
    assert lesson.network.loss == "mean_squared_error"
    settings = targets(tmp_path, "﻿Target;File\nup;0.npy\ndown;1.npy\nup;2.npy\ndown;3.npy\n")
    lesson, _ = make_lesson(None, settings)
    assert lesson.classes == ("down", "up")
    assert lesson.targets.tolist() == [1, 0, 1, 0]
    assert lesson.network.layers[-1].output == (2,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no columns file and target"),
        ("file,target\n", "names no clips"),
        ("name,value\n0.npy,1\n", "but name, value"),
        ("file,target\n0.npy,1\n9.npy,2\n", "names 9.npy in line 3, which is not there"),
        ("file,target\n0.npy,1\n1.npy,nan\n", "gives 'nan' in line 3"),
        ("file,target\n0.npy,1\n1.npy,inf\n", "gives 'inf' in line 3"),
        ("file,target\n0.npy,1\n1.npy,fast\n", "gives 'fast' in line 3"),
        ("file,target\n0.npy,1\n1.npy,\n", "no target in line 3"),
        ("file,target\n0.npy,1\n0.npy,2\n", "names 0.npy in lines 2 and 3"),
        ('file,target\n0.npy,"1\n', "not a CSV file"),
        ("file,target\n0.npy,up\n1.npy,up\n", "All clips are of one class, up"),
    ],
)
def test_a_table_that_is_of_no_use_is_refused_in_one_sentence(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises((SourceError, ValueError), match=words) as caught:
        make_lesson(None, targets(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_table_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"file,target\n\xff\xfe\x00,1\n")
    with pytest.raises(SourceError, match="cannot be read as text"):
        gather(None, TrainingSettings(task="targets", targets=str(tmp_path / "t.csv")))
    with pytest.raises(SourceError, match="is not there"):
        gather(None, TrainingSettings(task="targets", targets=str(tmp_path / "u.csv")))
    with pytest.raises(ValueError, match="CSV file"):
        gather(None, TrainingSettings(task="targets"))


# -- folders of classes -----------------------------------------------------------------------


def test_clips_can_be_listed_by_their_class_or_number() -> None:
    clips = [clip(6, name=str(i), seed=i) for i in range(6)]
    lesson, _ = make_lesson({"up": clips[:4], "down": clips[4:]}, CLASSES)
    assert lesson.classes == ("down", "up")
    assert lesson.targets.tolist() == [1, 1, 1, 1, 0, 0]
    numbers = TrainingSettings(task="targets")
    lesson, _ = make_lesson({0.5: clips[:4], np.float64(2): clips[4]}, numbers)
    assert lesson.targets.tolist() == [0.5, 0.5, 0.5, 0.5, 2]
    with pytest.raises(ValueError, match="knows no classes"):
        make_lesson({"up": clips}, NEXT)
    with pytest.raises(ValueError, match="of one class, up"):
        make_lesson({"up": clips}, CLASSES)
    with pytest.raises(ValueError, match="nothing to learn from"):
        make_lesson({}, CLASSES)


def test_a_folder_is_a_clip_hidden_files_and_links_outside_are_none(tmp_path: Path) -> None:
    import PIL.Image

    outside = save(tmp_path / "outside.npy")
    folder = classes(tmp_path / "all", {"a": 2, "b": 1})
    (folder / "b" / "frames").mkdir()
    for t in range(3):
        PIL.Image.new("L", (8, 8), 40 * t).save(folder / "b" / "frames" / f"{t}.png")
    (folder / "a" / ".hidden").write_text("x")
    (folder / "a" / "Thumbs.db").write_text("x")
    (folder / "a" / "leads-out.npy").symlink_to(outside)
    found = [(Path(p.what.path).name, p.target) for p in gather(str(folder), CLASSES)]
    assert found == [("0.npy", "a"), ("1.npy", "a"), ("0.npy", "b"), ("frames", "b")]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"a": 3}, "holds one class, a"),
        ({}, "holds no folder of a class"),
        ({"a": 3, "b": 1}, "b: holds 1 clip"),
    ],
)
def test_too_few_classes_or_clips_are_refused(tmp_path: Path, counts: dict, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        make_lesson(str(classes(tmp_path, counts)), CLASSES)


def test_unequal_clips_values_that_are_no_numbers_and_nothing_at_all_are_refused(
    tmp_path: Path,
) -> None:
    folder = classes(tmp_path, {"a": 2, "b": 2})
    save(folder / "b" / "odd.npy", frames=5)
    with pytest.raises(ValueError, match=r"odd.* is \(5, 8, 8, 1\), but 0.* is \(6, 8, 8, 1\)"):
        make_lesson(str(folder), CLASSES)
    broken = np.full((12, 8, 8, 1), np.nan, np.float32)
    with pytest.raises(ValueError, match="no finite numbers"):
        make_lesson(clip(data=broken), NEXT)
    with pytest.raises(ValueError, match="nothing to learn from"):
        make_lesson([], NEXT)
    with pytest.raises(SourceError, match="is not there"):
        make_lesson(str(tmp_path / "nowhere"), CLASSES)
    with pytest.raises(ValueError, match="has 12 frames, a span of 12 and the one to foretell"):
        make_lesson(clip(12), TrainingSettings(span=12))
    with pytest.raises(ValueError, match="has 1 frame"):
        make_lesson(clip(1), NEXT)


def test_what_does_not_fit_into_memory_is_refused_after_the_first_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import voxviewer.files

    folder = classes(tmp_path, {"a": 3, "b": 3}, frames=64, size=64)
    opened = []
    from voxviewer.learning import teaching

    real = teaching._clip
    monkeypatch.setattr(teaching, "_clip", lambda *a: opened.append(a) or real(*a))
    monkeypatch.setattr(voxviewer.files, "available_memory", lambda: 12 << 20)
    with pytest.raises(TooLargeError, match="encoding 6 clips like it"):
        make_lesson(str(folder), CLASSES, allow_large=True)
    assert len(opened) == 1


@pytest.mark.parametrize(("frames", "span"), [(40, 8), (16, 8), (10, 5), (3, 1), (2, 1)])
def test_of_a_short_clip_a_half_is_seen_so_that_something_can_be_held_out(
    frames: int, span: int
) -> None:
    lesson, _ = make_lesson(clip(frames), NEXT)
    assert lesson.span == span
    assert lesson.held > 0 or frames < 10

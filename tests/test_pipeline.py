"""What follows from what: products, staleness, failures, commands. No window, no thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from direct import Desk, Later

from voxviewer.data import Clip, FilterBank
from voxviewer.files import SourceError, TooLargeError
from voxviewer.networks.client import NetworkRun
from voxviewer.networks.passage import Passage, Placed, UnfitError
from voxviewer.settings import EncodingSettings, FilterSettings, Opening


class FakeKeras:
    """Stands for the Keras process: the same numbers, off by a chosen amount."""

    versions = {"keras": "3.15"}

    def __init__(self, off: float = 0.0) -> None:
        self.off = off
        self.cancelled = 0

    def convolve(self, clip: Clip, bank: FilterBank, settings: Any, **_: Any) -> Any:
        from voxviewer.convolution import conv3d

        data = conv3d(clip.data, bank.kernels, padding=settings.padding)
        data[0, 0, 0, 0] += self.off
        return data, 0.001

    def run_network(self, clip: Clip, model: str, layer: str, **_: Any) -> NetworkRun:
        """Every second row and column, whatever the model says."""
        data = np.ascontiguousarray(clip.data[:, ::2, ::2])
        T, H, W, F = data.shape
        way = Passage(model, layer, "Conv3D", (0, 0), "3.15", False, None, 0)
        at = Placed((0, 1, 2, 3), (T, H, W, F), (1, 1, 1), (1, 2, 2), (0, 0, 0))
        return NetworkRun(way, at, data, 0.001, {"keras": "3.15"})

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def scan(tmp_path: Path) -> str:
    path = tmp_path / "scan.npy"
    np.save(path, np.random.default_rng(0).random((12, 10, 6), dtype=np.float32))
    return str(path)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_opening_a_file_makes_clip_bank_maps_and_figures(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    session = desk.session
    assert session.clip is not None and session.clip.data.shape == (6, 12, 10, 1)
    assert session.bank is not None and session.bank.kernels.shape == (3, 3, 3, 1, 8)
    assert session.features is not None and session.features.data.shape == (6, 12, 10, 8)
    assert session.figures is not None
    assert session.stale == frozenset()
    assert session.problems == ()


def test_a_choice_remakes_what_follows_and_nothing_else(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    clip, bank, maps = desk.session.clip, desk.session.bank, desk.session.features
    desk.session.change("convolution", padding="valid")
    assert desk.session.clip is clip
    assert desk.session.bank is bank
    assert desk.session.features is not maps
    desk.session.change("encoding", height=8)
    assert desk.session.clip is not clip
    assert desk.session.bank is bank


def test_without_live_the_maps_wait_for_run_and_are_marked_stale(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    desk.session.live = False
    maps = desk.session.features
    desk.session.change("encoding", height=8)
    assert desk.session.features is maps
    assert desk.session.stale == {"features"}
    desk.pipeline.run()
    assert desk.session.features is not None
    assert desk.session.features.data.shape[1] == 8
    assert desk.session.stale == frozenset()


def test_switching_live_on_brings_the_maps_up_to_date(desk: Desk, scan: str) -> None:
    desk.session.live = False
    desk.pipeline.open([scan])
    assert desk.session.features is None
    desk.session.live = True
    assert desk.session.features is not None


def test_run_waits_for_the_clip_that_is_on_its_way(scan: str) -> None:
    later = Later()
    desk = Desk(later)
    desk.session.live = False
    desk.pipeline.open([scan])
    later.run_all()
    desk.session.change("encoding", height=8)
    desk.pipeline.run()
    later.run_all()
    assert desk.session.features is not None
    assert desk.session.features.data.shape[1] == 8
    desk.session.change("encoding", height=9)
    later.run_all()
    assert desk.session.stale == {"features"}


def test_the_newest_choice_wins_and_older_results_are_shown_as_stale(scan: str) -> None:
    later = Later()
    desk = Desk(later)
    desk.session.live = False
    desk.pipeline.open([scan])
    later.run_all()
    for height in (7, 8, 9):
        desk.session.change("encoding", height=height)
    later.waiting.pop(0)()
    assert desk.session.clip is not None and desk.session.clip.data.shape[1] == 7
    assert "clip" in desk.session.stale
    later.run_all()
    assert desk.session.clip.data.shape[1] == 9
    assert "clip" not in desk.session.stale


def test_a_failing_stage_takes_its_product_and_says_why(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    desk.session.convolution = desk.session.convolution.__class__(padding="valid")
    desk.session.change("filters", kernel=(9, 3, 3))
    assert desk.session.features is None
    assert "9 frames do not fit" in desk.session.problem("convolve")
    assert desk.session.notice is not None and desk.session.notice.kind == "error"
    desk.session.change("filters", kernel=(3, 3, 3))
    assert desk.session.features is not None
    assert desk.session.problem("convolve") == ""


def test_results_for_an_earlier_source_are_dropped(scan: str, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.zeros((5, 5, 4), np.float32))
    later = Later()
    desk = Desk(later)
    desk.pipeline.open([scan])
    later.run_all()
    first = desk.session.current
    desk.pipeline.open([str(tmp_path / "other.npy")])
    later.run_all()
    assert first is not None
    desk.session.change("encoding", height=6)
    desk.pipeline.show(first)
    later.run_all()
    assert desk.session.clip is not None
    assert desk.session.clip.name == first.name
    assert desk.session.clip.data.shape == (6, 6, 10, 1)


def test_both_engines_are_compared_and_the_maps_are_not_made_again(scan: str) -> None:
    desk = Desk(keras=FakeKeras())
    desk.pipeline.open([scan])
    maps = desk.session.features
    desk.session.change("convolution", engine="both")
    assert desk.session.features is maps
    comparison = desk.session.comparison
    assert comparison is not None and comparison.agree and comparison.errs == "none"
    desk.session.change("convolution", engine="handwritten")
    assert desk.session.comparison is None


def test_the_float64_referee_says_which_engine_errs(scan: str) -> None:
    desk = Desk(keras=FakeKeras(off=0.5))
    desk.session.change("convolution", engine="both")
    desk.pipeline.open([scan])
    comparison = desk.session.comparison
    assert comparison is not None and not comparison.agree
    assert comparison.place == (0, 0, 0, 0)
    assert comparison.errs == "keras"


def test_keras_alone_makes_the_maps(scan: str) -> None:
    desk = Desk(keras=FakeKeras())
    desk.session.change("convolution", engine="keras")
    desk.pipeline.open([scan])
    assert desk.session.features is not None
    assert desk.session.features.engine == "keras"


def test_cancel_reaches_keras_and_run_starts_again(scan: str) -> None:
    later, keras = Later(), FakeKeras()
    desk = Desk(later, keras)
    desk.pipeline.open([scan])
    later.run_all()
    desk.session.change("convolution", engine="both")
    desk.pipeline.cancel("compare")
    later.run_all()
    assert keras.cancelled == 1
    assert desk.session.comparison is None
    desk.pipeline.run()
    later.run_all()
    assert desk.session.comparison is not None


def test_bad_files_are_notices_and_good_ones_open_all_the_same(
    desk: Desk, scan: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.npy"
    bad.write_bytes(b"not an array")
    notices: list[Any] = []
    desk.session.events.notice.connect(notices.append)
    desk.pipeline.open([str(bad), scan, str(tmp_path / "gone.npy")])
    assert not notices
    assert desk.session.refusals is not None
    count, refused = desk.session.refusals
    assert count == 3
    assert [Path(item.path).name for item in refused] == ["bad.npy", "gone.npy"]
    assert all(item.text and "\n" not in item.text + item.detail for item in refused)
    assert len(desk.session.sources) == 1
    assert desk.session.current is desk.session.sources[0]


def test_what_is_too_large_can_be_opened_anyway(
    desk: Desk, scan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import voxviewer.sources as sources

    real = sources.same_opening

    def short_of_memory(opening: Opening, *, allow_large: bool = False, **more: Any) -> Any:
        if not allow_large:
            raise TooLargeError(opening.path, "takes 9 of 10 GB", askable=True)
        return real(opening, **more)

    monkeypatch.setattr(sources, "same_opening", short_of_memory)
    desk.pipeline.open([scan])
    assert desk.session.current is None
    notice = desk.session.notice
    assert notice is not None and notice.action is not None
    label, go_on = notice.action
    assert label == "Open anyway"
    go_on()
    assert desk.session.current is not None


def test_a_single_refusal_is_a_notice_of_its_own(desk: Desk, scan: str, tmp_path: Path) -> None:
    desk.pipeline.open([scan, str(tmp_path / "gone.npy")])
    assert desk.session.refusals is None
    assert desk.session.notice is not None and "gone.npy" in desk.session.notice.text


def test_the_question_of_memory_speaks_the_windows_language() -> None:
    from voxviewer.failures import sentences
    from voxviewer.files import available_memory, require_memory

    with pytest.raises(TooLargeError) as caught:
        require_memory(int(0.6 * available_memory()), "scan.nii.gz", "reading it")
    text, detail = sentences(caught.value)
    assert text.startswith("scan.nii.gz: reading it takes ")
    assert "llow large" not in text + detail and "--" not in text + detail
    assert "Allow large files" in str(caught.value)


def test_another_array_of_a_file_takes_its_place_and_undo_brings_it_back(
    desk: Desk, scan: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "a.npz", vol=np.zeros((4, 5, 6)), seg=np.ones((3, 4, 2), int))
    desk.pipeline.open([str(tmp_path / "a.npz")])
    desk.pipeline.open([scan])
    desk.pipeline.show(desk.session.sources[0])
    _, seg = desk.session.sources[0].facts.alternatives
    desk.pipeline.choose(seg.opening)
    assert [item.name for item in desk.session.sources] == ["a.npz", Path(scan).name]
    assert desk.session.current is desk.session.sources[0]
    assert desk.session.current.shape == (1, 2, 3, 4, 1)
    desk.history.undo()
    assert desk.session.current.opening.array is None
    assert desk.session.current.shape == (1, 6, 4, 5, 1)
    assert len(desk.session.sources) == 2
    desk.history.redo()
    assert desk.session.current.opening.array == "seg"
    assert not desk.history.can_redo


def test_roles_stay_behind_where_another_source_has_other_axes(
    desk: Desk, scan: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "film.npy", np.zeros((5, 8, 9, 3), np.uint8))
    np.save(tmp_path / "other.npy", np.zeros((9, 8, 7), np.float32))
    desk.pipeline.open([scan])
    roles = (0, "height", "time", "width", "channel")
    desk.session.change("encoding", roles=roles)
    desk.history.commit()
    desk.pipeline.open([str(tmp_path / "other.npy")])
    assert desk.session.encoding.roles == roles
    desk.pipeline.open([str(tmp_path / "film.npy")])
    assert desk.session.encoding.roles is None
    desk.history.undo()
    assert desk.session.encoding.roles == roles


def test_closing_the_shown_source_shows_its_neighbor(desk: Desk, tmp_path: Path) -> None:
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", np.zeros((5, 6, 7), np.float32))
    desk.pipeline.open([str(tmp_path / f"{name}.npy") for name in "abc"])
    assert desk.session.current is desk.session.sources[0]
    desk.pipeline.show(desk.session.sources[1])
    desk.pipeline.close(desk.session.sources[1])
    assert desk.session.current is not None and desk.session.current.name == "c.npy"
    desk.pipeline.close(desk.session.current)
    assert desk.session.current is not None and desk.session.current.name == "a.npy"


def test_opening_the_same_file_again_replaces_it(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    before = desk.session.current
    np.save(scan, np.ones((4, 4, 7), np.float32))
    desk.pipeline.open([scan])
    assert len(desk.session.sources) == 1
    assert desk.session.current is not before
    assert desk.session.clip is not None and desk.session.clip.data.shape == (7, 4, 4, 1)


def test_closing_the_last_source_takes_all_products(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    assert desk.session.current is not None
    desk.pipeline.close(desk.session.current)
    session = desk.session
    products = (session.clip, session.bank, session.features, session.comparison, session.figures)
    assert products == (None, None, None, None, None)
    assert session.stale == frozenset()


def test_undo_takes_the_products_back_too(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    desk.session.change("encoding", height=5)
    desk.history.commit()
    desk.history.undo()
    assert desk.session.clip is not None and desk.session.clip.data.shape[1] == 12


def test_exports_say_what_was_written(desk: Desk, scan: str, tmp_path: Path) -> None:
    desk.pipeline.open([scan])
    clip, maps = desk.session.clip, desk.session.features
    assert clip is not None and maps is not None
    desk.pipeline.export_gif(maps, str(tmp_path / "maps.gif"), rate=10.0)
    assert desk.session.notice is not None
    assert desk.session.notice.text.startswith("maps.gif written, 6 frames at 10 cs")
    desk.pipeline.export_tensor(clip, str(tmp_path / "clip.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "clip.npy"), clip.data)


def test_an_export_that_cannot_be_written_is_a_notice(desk: Desk, scan: str) -> None:
    desk.pipeline.open([scan])
    assert desk.session.clip is not None
    desk.pipeline.export_gif(desk.session.clip, "/nowhere/at/all/clip.gif")
    assert desk.session.notice is not None
    assert desk.session.notice.kind == "error"
    assert "is not there" in desk.session.notice.text


def test_where_keras_is_missing_the_handwritten_maps_stay_and_one_sentence_says_so(
    scan: str,
) -> None:
    from voxviewer.networks.client import KerasMissing

    class NoKeras(FakeKeras):
        def convolve(self, *_: Any, **__: Any) -> Any:
            raise KerasMissing("TensorFlow is not installed; the handwritten engine runs alone.")

    desk = Desk(keras=NoKeras())
    desk.session.change("convolution", engine="both")
    desk.pipeline.open([scan])
    assert desk.session.features is not None
    assert desk.session.comparison is None
    assert desk.session.problem("compare").startswith("TensorFlow is not installed")


# --- corrections of skeletons ------------------------------------------------------------------


@pytest.fixture
def walkers(tmp_path: Path) -> str:
    path = tmp_path / "walkers.npy"
    rng = np.random.default_rng(1)
    way = np.arange(30)[:, None, None, None] * 2.0
    np.save(path, (rng.random((1, 2, 17, 3)) * 400 + way).astype(np.float32))
    return str(path)


def test_a_correction_is_one_step_that_can_be_undone(desk: Desk, walkers: str) -> None:
    desk.pipeline.open([walkers])
    session = desk.session
    read = session.current
    session.frame = 7
    desk.pipeline.correct(person=1, up="y+")
    assert session.choices.opening == Opening(walkers, person=1, up="y+")
    assert session.current is not None and session.current.shape[1] == 1
    assert session.sources == (session.current,)
    assert session.frame == 7
    assert session.clip is not None and session.stale == frozenset()
    desk.history.undo()
    assert session.current is read and session.sources == (read,)
    desk.history.redo()
    assert session.choices.opening == Opening(walkers, person=1, up="y+")


def test_a_correction_that_cannot_be_leaves_the_source_as_it_was(desk: Desk, walkers: str) -> None:
    desk.pipeline.open([walkers])
    read = desk.session.current
    with pytest.raises(SourceError, match="person 5 is not there"):
        desk.pipeline.correct(person=5)
    with pytest.raises(ValueError, match="unit"):
        desk.pipeline.correct(unit="feet")
    assert desk.session.current is read
    assert not desk.history.can_undo or desk.session.choices.opening == Opening(walkers)


def test_a_corrected_file_that_is_opened_again_stands_in_the_list_once(
    desk: Desk, walkers: str
) -> None:
    desk.pipeline.open([walkers])
    desk.pipeline.correct(rate=12)
    desk.pipeline.open([walkers])
    assert [source.opening for source in desk.session.sources] == [Opening(walkers)]
    desk.pipeline.correct(rate=12)
    assert desk.session.current is not None
    desk.pipeline.close(desk.session.current)
    desk.history.undo()
    assert desk.session.sources == ()


# -- through a network ------------------------------------------------------------------------


def test_a_clip_goes_through_the_network_and_back_to_kernels_by_one_choice(
    scan: str, tmp_path: Path
) -> None:
    desk = Desk(keras=FakeKeras())
    desk.pipeline.open([scan])
    model = str(tmp_path / "no.keras")
    desk.session.filters = FilterSettings(source="model", model=model, layer="deep", through=True)
    maps = desk.session.features
    assert maps is not None and maps.network is not None
    assert (maps.network.layer, maps.bank, maps.stride) == ("deep", None, (1, 2, 2))
    assert desk.session.problems == ()  # a layer without kernels is no fault here
    assert desk.session.stale == frozenset()
    desk.session.filters = FilterSettings()
    assert desk.session.features is not None
    assert desk.session.features.bank is desk.session.bank


def test_layers_of_a_network_are_pinned_side_by_side(scan: str) -> None:
    desk = Desk(keras=FakeKeras())
    desk.pipeline.open([scan])
    chosen = [
        FilterSettings(source="model", model="no.keras", layer=name, through=True)
        for name in ("one", "two")
    ]
    desk.session.pinned = tuple(chosen)
    found = desk.session.pinned_maps
    assert found is not None
    assert [made.maps.network.layer for made in found] == ["one", "two"]


def test_a_clip_that_a_network_cannot_take_can_be_encoded_to_fit_and_back(scan: str) -> None:
    class Choosy(FakeKeras):
        def run_network(self, clip: Clip, model: str, layer: str, **_: Any) -> NetworkRun:
            wanted = (None, 16, 8, 1)
            if clip.shape[1:3] != (16, 8):
                raise UnfitError(model, "takes clips of any x 16 x 8 x 1", wanted, clip.shape)
            return super().run_network(clip, model, layer)

    desk = Desk(keras=Choosy())
    desk.pipeline.open([scan])
    desk.session.filters = FilterSettings(
        source="model", model="no.keras", layer="deep", through=True
    )
    desk.history.commit()
    fit = desk.session.fit
    assert fit == EncodingSettings(height=16, width=8)
    assert desk.session.problem("convolve") == "no.keras: takes clips of any x 16 x 8 x 1."
    desk.session.encoding = fit
    desk.history.commit()
    assert desk.session.features is not None
    assert (desk.session.fit, desk.session.problems) == (None, ())
    desk.history.undo()
    assert desk.session.fit == fit
    desk.session.filters = FilterSettings()
    assert desk.session.fit is None


def test_a_network_that_cannot_be_run_is_a_problem_in_words(scan: str, tmp_path: Path) -> None:
    from voxviewer.networks.client import KerasEngine

    desk = Desk(keras=KerasEngine())
    desk.pipeline.open([scan])
    model = tmp_path / "saved"
    model.mkdir()
    (model / "saved_model.pb").touch()
    desk.session.filters = FilterSettings(
        source="model", model=str(model), layer="deep", through=True
    )
    assert "SavedModel folders" in desk.session.problem("convolve")
    assert desk.session.features is None


def test_filters_for_another_count_of_channels_are_waited_for_without_a_word(
    scan: str, tmp_path: Path
) -> None:
    """The old filters never meet the new clip: that would be a fault for a moment."""
    five = str(tmp_path / "five.npy")
    np.save(five, np.random.default_rng(1).random((4, 1, 8, 9, 5), dtype=np.float32))
    later = Later()
    desk = Desk(later)
    told: list[str] = []
    desk.session.events.notice.connect(lambda notice: told.append(notice.text if notice else ""))
    desk.session.events.problems.connect(lambda problems: told.extend(t for _, t in problems))
    for path, channels in ((scan, 1), (five, 5), (scan, 1)):
        desk.pipeline.open([path])
        later.run_all()
        assert desk.session.features is not None
        assert desk.session.features.clip is desk.session.clip
        assert desk.session.bank is not None and desk.session.bank.kernels.shape[3] == channels
        assert desk.session.stale == frozenset()
    assert told == []


def test_all_that_is_to_be_known_of_a_clip_is_said_in_one_notice(
    desk: Desk, tmp_path: Path
) -> None:
    values = np.zeros((40, 50, 6), np.float32)
    values[0, 0, 0], values[0, 1, 0] = np.nan, 7
    np.save(tmp_path / "nan.npy", values)
    desk.session.change("encoding", normalize="percentile")
    desk.pipeline.open([str(tmp_path / "nan.npy")])
    clip, notice = desk.session.clip, desk.session.notice
    assert clip is not None and len(clip.warnings) > 1
    assert notice is not None and f"{notice.text} {notice.detail}" == " ".join(clip.warnings)

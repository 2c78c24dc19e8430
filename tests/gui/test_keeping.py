"""A crash loses nothing; a bad settings file blocks nothing; the log can be read and sent."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from made_views import make_volume, runner
from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QGuiApplication

from voxviewer.gui import keeping, recent
from voxviewer.gui.diagnostics import LINES, diagnostics, listen
from voxviewer.gui.log_sheet import LogSheet
from voxviewer.pipeline import Pipeline
from voxviewer.session import History, Session
from voxviewer.settings import Choices, EncodingSettings, FilterSettings, Opening

GONE = 2**22 + 7
"""A process number that no system gives out."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keeping, "state_folder", lambda: tmp_path / "windows")
    return tmp_path / "windows"


@pytest.fixture
def kept() -> keeping.Kept:
    openings = (Opening("a.npy", axes="HWD"), Opening("sample:waving-hand"))
    encoding = EncodingSettings(frames=7, sigma=2.5)
    return keeping.Kept(
        openings, Choices(opening=openings[1], encoding=encoding, filters=FilterSettings(seed=3))
    )


def make_keeper(session: Session, owner: QObject) -> keeping.Keeper:
    jobs, history = runner(), History(session)
    pipeline = Pipeline(session, jobs, history, None)
    return keeping.Keeper(session, history, pipeline, owner)


def test_a_state_comes_back_as_it_was(kept) -> None:
    assert keeping.from_text(keeping.to_text(kept)) == kept


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"sources": 3}', '{"sources": [], "choices": 1}']
)
def test_what_is_no_state_is_refused(text) -> None:
    with pytest.raises(ValueError):
        keeping.from_text(text)


def test_a_window_writes_its_state_and_takes_it_away_when_it_closes(qtbot, themed, folder) -> None:
    session, owner = Session(), QObject()
    keeper = make_keeper(session, owner)
    volume = make_volume(name="scan")
    session.sources = (volume,)
    session.current = volume
    path = folder / f"{os.getpid()}.json"
    qtbot.waitUntil(path.exists)
    assert keeping.from_text(path.read_text(encoding="utf-8")).openings == (volume.opening,)
    assert keeping.left_behind(folder) == ()  # this process lives
    keeper.close()
    assert not path.exists()


def test_a_state_that_was_left_behind_is_offered_once(qtbot, themed, folder, kept) -> None:
    folder.mkdir()
    (folder / f"{GONE}.json").write_text(keeping.to_text(kept), encoding="utf-8")
    (folder / f"{GONE + 1}.json").write_text("no state at all", encoding="utf-8")
    session, owner = Session(), QObject()
    keeper = make_keeper(session, owner)
    keeper.look()
    assert session.notice is not None and "2 sources" in session.notice.detail
    assert list(folder.iterdir()) == []
    opened: list[Opening] = []
    keeper._pipeline.open_each = lambda openings, **_: opened.extend(openings)  # type: ignore[method-assign]
    session.notice.action[1]()
    assert opened == [kept.choices.opening, kept.openings[0]]
    assert session.encoding == kept.choices.encoding
    session.notice = None
    keeper.look()
    assert session.notice is None


def test_where_nothing_can_be_written_nobody_is_bothered(
    qtbot, themed, tmp_path, monkeypatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setattr(keeping, "state_folder", lambda: blocked / "windows")
    session, owner = Session(), QObject()
    keeper = make_keeper(session, owner)
    keeper.write()
    keeper.look()
    keeper.close()
    assert session.notice is None


# the settings file


@pytest.mark.parametrize(
    "junk",
    [b"\x00\xff\xfe garbage", b"[window\nv1", bytes(range(256)), b"a=1\n" * 300_000],
    ids=["binary", "cut", "bytes", "huge"],
)
def test_a_settings_file_that_is_none_is_set_aside(themed, junk) -> None:
    path = Path(recent.settings().fileName())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(junk)
    aside = recent.set_aside_bad_settings()
    assert Path(aside).read_bytes() == junk
    assert not path.exists()
    assert recent.recent() == []


def test_a_good_settings_file_stays(themed) -> None:
    stored = recent.settings()
    stored.setValue("theme", "dark")
    stored.sync()
    assert recent.set_aside_bad_settings() == ""
    assert recent.settings().value("theme") == "dark"
    assert recent.settings().status() == QSettings.Status.NoError


# the log


@pytest.fixture
def lines() -> Any:
    root, before = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.INFO)
    listen()
    yield LINES
    root.removeHandler(LINES)
    root.setLevel(before)
    LINES.kept.clear()


def test_the_log_follows_and_keeps_only_so_much(qtbot, themed, lines) -> None:
    sheet = LogSheet(lambda: "facts")
    qtbot.addWidget(sheet)
    logging.getLogger("voxviewer.test").warning("a plate fell in %s", Path.home())
    qtbot.waitUntil(lambda: "a plate fell in ~" in sheet.text.toPlainText())
    for number in range(2100):
        logging.getLogger("voxviewer.test").info("line %d", number)
    assert len(lines.kept) == 2000
    sheet.diagnostics.click()
    assert QGuiApplication.clipboard().text() == "facts"


def test_diagnostics_name_versions_and_hide_the_home_folder(themed, lines) -> None:
    logging.getLogger("voxviewer.test").warning("read %s", Path.home() / "scan.nii")
    text = diagnostics({"clip": "(1, 2, 3, 1)"})
    import numpy as np

    assert np.__version__ in text and "(1, 2, 3, 1)" in text
    assert "~/scan.nii".replace("/", os.sep) in text
    assert str(Path.home()) not in text

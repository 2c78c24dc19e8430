"""Writing that is never half done, memory that is asked for first, errors that speak."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxviewer import files
from voxviewer.files import SourceError, TooLargeError, replace_file, require_memory, size_text


def parts(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix != ".txt"]


def test_a_block_that_ends_well_replaces_the_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replace_file(target) as part:
        part.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert not parts(tmp_path)


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_file(target) as part:
        part.write_text("half of the n")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert not parts(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_old_file(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(SourceError, match=r"a\.txt: cannot be written: No space left on device"):
        with replace_file(target) as part:
            part.write_text("new")
    assert target.read_text() == "old"
    assert not parts(tmp_path)


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    plain, ours = tmp_path / "plain.txt", tmp_path / "ours.txt"
    plain.write_text("x")
    with replace_file(ours) as part:
        part.write_text("x")
    assert ours.stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    with replace_file(link) as part:
        part.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there"), replace_file(tmp_path / "no" / "a.gif"):
        pass


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"), replace_file(tmp_path):
        pass


@pytest.mark.parametrize(
    ("share", "askable"), [(0.4, None), (0.6, True), (0.9, False)], ids=["go", "ask", "refuse"]
)
def test_memory_is_granted_asked_for_or_refused(
    share: float, askable: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "available_memory", lambda: 1000_000)
    needed = int(share * 1000_000)
    if askable is None:
        require_memory(needed, "a.nii", "reading it")
        return
    with pytest.raises(TooLargeError, match="free memory") as caught:
        require_memory(needed, "a.nii", "reading it")
    assert caught.value.askable is askable
    if askable:
        require_memory(needed, "a.nii", "reading it", allow_large=True)


def test_a_file_that_unpacks_a_hundredfold_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "available_memory", lambda: 1 << 40)
    with pytest.raises(TooLargeError, match="unpack"):
        require_memory(2 << 30, "a.nii.gz", "reading it", stored=1 << 20)
    require_memory(2 << 30, "a.nii.gz", "reading it", stored=1 << 30)


def test_sizes_are_decimal() -> None:
    sizes = [size_text(n) for n in (0, 999, 3_145_728, 262_144, 999_999, 18_900_000_000)]
    assert sizes == ["0 B", "999 B", "3.1 MB", "262 kB", "1.0 MB", "18.9 GB"]


def test_an_error_names_the_file_the_fault_and_the_remedy() -> None:
    error = SourceError("/data/scan.nii.gz", "ends after 3.1 of 18.9 MB.", "Copy it again")
    assert str(error) == "scan.nii.gz: ends after 3.1 of 18.9 MB. Copy it again."


def test_icons_and_resources_are_found() -> None:
    assert files.asset("icons", "open.svg").is_file()


@pytest.mark.parametrize(
    ("kept", "room"),
    [
        ({"memory.max": "max", "memory.current": "5", "memory.stat": "x 1"}, None),
        ({"memory.max": "900", "memory.current": "500", "memory.stat": "x 1"}, 400),
        (
            {"memory.max": "900", "memory.current": "500", "memory.stat": "inactive_file 70 x 1"},
            470,
        ),
        ({"memory.max": "900", "memory.current": "950", "memory.stat": ""}, 0),
        (
            {
                "memory/memory.limit_in_bytes": "900",
                "memory/memory.usage_in_bytes": "500",
                "memory/memory.stat": "inactive_file 1 total_inactive_file 30",
            },
            430,
        ),
        ({"memory.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_containers_limit_bounds_what_is_free(
    kept: dict[str, str], room: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory").mkdir()
    for name, text in kept.items():
        (tmp_path / name).write_text(text + "\n")
    monkeypatch.setattr(files, "CGROUP", tmp_path)
    if room is None:
        assert files.available_memory() > 1_000_000
    else:
        assert files.available_memory() == room


@pytest.mark.skipif(os.name != "posix", reason="folders have other locks elsewhere")
def test_a_closed_folder_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # root may write everywhere
    with pytest.raises(SourceError, match=r"^a\.npy: cannot be written: the folder .* is closed"):
        files.require_place(tmp_path / "a.npy")

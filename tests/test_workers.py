"""A child process that answers: protocol, shared blocks, cancel, death, and nothing left behind."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import os
import struct
import subprocess
import sys
import threading
import time
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np
import psutil
import pytest
from toy_worker import PATIENCE, PROGRAMS, make

from voxviewer.data import Cancelled
from voxviewer.workers import Worker, WorkerError, WorkerMissing, blocks, process, wire


@pytest.fixture(scope="module")
def shared_toy():
    """One child for the tests that do it no harm."""
    worker = make()
    yield worker
    worker.stop()


def blocks_here() -> list[str]:
    folder = Path("/dev/shm")
    return [p.name for p in folder.glob(f"vox_{os.getpid()}_*")] if folder.is_dir() else []


class States:
    """Collects states and waits for one."""

    def __init__(self, worker: Worker) -> None:
        self.seen: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        worker.observe(self._take)

    def _take(self, state: str, text: str) -> None:
        with self._changed:
            self.seen.append((state, text))
            self._changed.notify_all()

    def wait_for(self, state: str, since: int = 0) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: self._find(state, since), PATIENCE), self.seen
            return self._find(state, since)

    def _find(self, state: str, since: int) -> str:
        return next((text for name, text in self.seen[since:] if name == state), "")


# -- asking -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4), (300, 500)])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "|u1", "|b1", "<c8"])
def test_arrays_of_every_size_and_type_come_back_as_they_went(shared_toy, shape, dtype):
    array = (np.arange(np.prod(shape)).reshape(shape) % 100).astype(dtype)
    answer = shared_toy.ask("echo", {"text": "grüße", "none": None}, {"a": array})
    assert answer.values["values"] == {"text": "grüße", "none": None}
    assert answer.arrays["a again"].dtype == array.dtype
    assert answer.arrays["a again"].shape == shape
    np.testing.assert_array_equal(answer.arrays["a again"], array)


def test_inputs_are_read_only_in_the_child(shared_toy):
    arrays = {"small": np.zeros(3), "large": np.zeros(10**6)}
    assert shared_toy.ask("echo", {}, arrays).values["writable"] == [False, False]


def test_a_strided_view_is_sent_as_what_it_shows(shared_toy):
    array = np.arange(4 * 10**6, dtype=np.float32).reshape(2000, 2000)[::2, ::-3]
    answer = shared_toy.ask("double", {}, {"once": array}, {"twice": (array.shape, "<f4")})
    np.testing.assert_array_equal(answer.arrays["twice"], 2 * array)


def test_large_results_come_back_through_a_block_that_is_gone_afterwards(shared_toy):
    array = np.random.default_rng(1).random((100, 128, 128), np.float32)
    answer = shared_toy.ask("double", {}, {"once": array}, {"twice": (array.shape, "<f4")})
    np.testing.assert_array_equal(answer.arrays["twice"], 2 * array)
    assert blocks_here() == []
    answer.arrays["twice"] += 1
    np.testing.assert_array_equal(answer.arrays["twice"], 2 * array + 1)


def test_a_child_that_keeps_looking_at_a_block_goes_on_answering(shared_toy, caplog):
    caplog.set_level(logging.INFO)
    array = np.ones(10**6)
    shared_toy.ask("keep", {}, {"a": array}, {"b": ((10**6,), "<f8")})
    assert shared_toy.ask("about").values["process"] == shared_toy.process_id
    assert blocks_here() == []
    assert "BufferError" not in caplog.text


def test_what_the_child_prints_goes_to_the_log_and_not_into_the_answers(caplog):
    caplog.set_level(logging.INFO)
    worker = make()
    assert worker.ask("echo", {"a": 1}).values["values"] == {"a": 1}
    worker.stop()
    assert "printed by a request" in caplog.text
    assert "written to file descriptor 1" in caplog.text


def test_progress_is_called_in_the_callers_thread(shared_toy):
    heard = []
    array = np.ones(4)
    shared_toy.ask(
        "double",
        {},
        {"once": array},
        {"twice": ((4,), "<f8")},
        lambda f, text: heard.append((f, text, threading.get_ident())),
    )
    assert (0.5, "half way", threading.get_ident()) in heard


def test_threads_that_ask_at_once_get_their_own_answers(shared_toy):
    results = {}

    def ask(number: int) -> None:
        array = np.full(10**5, number, np.float64)
        answer = shared_toy.ask("double", {}, {"once": array}, {"twice": (array.shape, "<f8")})
        results[number] = set(answer.arrays["twice"])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == {n: {2.0 * n} for n in range(8)}


def test_an_error_in_the_child_is_one_sentence_and_the_child_lives_on(shared_toy):
    before = shared_toy.ask("about").values["process"]
    with pytest.raises(ValueError, match=r"^no$"):
        shared_toy.ask("fail", {"how": "value"})
    for how, kind in (("memory", "MemoryError"), ("exit", "SystemExit")):
        with pytest.raises(WorkerError, match="Toy could not do it: no") as caught:
            shared_toy.ask("fail", {"how": how})
        assert caught.value.kind == kind
    with pytest.raises(ValueError, match="does not know the request 'nothing'"):
        shared_toy.ask("nothing")
    assert shared_toy.ask("about").values["process"] == before


def test_objects_do_not_travel(shared_toy):
    with pytest.raises(ValueError, match="plain numbers"):
        shared_toy.ask("echo", {}, {"a": np.array([object()])})
    with pytest.raises(ValueError, match="plain numbers"):
        shared_toy.ask("echo", {}, {"a": np.array(["text"])})
    assert blocks_here() == []


def test_the_current_folder_is_not_on_the_childs_import_path(tmp_path, monkeypatch):
    (tmp_path / "secrets.py").write_text("raise SystemExit('imported from the data folder')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", str(tmp_path / "there")]))
    worker = make()
    seen = worker.ask("about").values["path"]
    worker.stop()
    assert not {"", ".", str(tmp_path)} & set(seen)
    assert str(tmp_path / "there") in seen


BIG = f"""
import sys
import numpy as np
from voxviewer.workers import Worker
worker = Worker("vox_toy_worker", title="Toy", path=({PROGRAMS!r},))
sent = np.ones((300, 500), np.float32)
print(worker.ask("echo", {{}}, {{"x": sent}}).arrays["x again"].sum())
"""


def test_nothing_in_the_current_folder_is_imported_for_shared_blocks(tmp_path):
    """The tracker of shared memory is a child as well: Python's own, started with `-c`."""
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "big.py").write_text(BIG)
    data = tmp_path / "data"
    data.mkdir()
    for name in ("struct", "signal", "threading", "secrets", "json", "tempfile", "numpy"):
        (data / f"{name}.py").write_text(f"open('canary-{name}', 'w').close()")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program" / "big.py")],
        cwd=data, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("150000.0\n", "")
    assert not list(data.glob("canary*"))


def test_a_frozen_program_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    expected = [sys.executable, "--worker", "networks"]
    assert process.command("voxviewer.networks.worker") == expected


# -- states, cancel, death --------------------------------------------------------------------


def test_states_are_told_in_order(toy):
    states = States(toy)
    assert toy.state == "off"
    toy.start()
    states.wait_for("ready")
    assert toy.values["version"] == "1.0"
    toy.stop()
    assert [name for name, _ in states.seen] == ["starting", "ready", "off"]
    assert states.seen[1][1] == "Toy 1.0 ready"


def test_an_observer_that_fails_stops_nothing(toy, caplog):
    toy.observe(lambda state, text: 1 / 0)
    assert toy.ask("echo", {"a": 2}).values["values"] == {"a": 2}
    assert "ZeroDivisionError" in caplog.text


def cancel_when(worker: Worker, text: str):
    """A progress that cancels once from another thread when it hears this text."""
    threads = []

    def progress(fraction: float, said: str) -> None:
        if said == text and not threads:
            threads.append(threading.Thread(target=worker.cancel))
            threads[0].start()

    return progress, threads


def test_cancel_ends_the_process_without_notice_and_a_fresh_one_gets_ready(toy):
    deaths = []
    toy.on_death(deaths.append)
    toy.start()
    progress, threads = cancel_when(toy, "hanging")
    before = psutil.Process(toy.process_id)
    with pytest.raises(Cancelled):
        toy.ask("hang", progress=progress)
    threads[0].join(PATIENCE)
    before.wait(PATIENCE)
    assert deaths == []
    assert toy.ask("about").values["process"] not in (None, before.pid)


def test_cancel_while_it_starts_keeps_the_start():
    worker = make(environment={"VOX_TOY_SLOW": "0.3"})
    worker.start()
    before = worker.process_id
    progress, threads = cancel_when(worker, "starting Toy")
    with pytest.raises(Cancelled):
        worker.ask("about", progress=progress)
    threads[0].join(PATIENCE)
    assert worker.ask("about").values["process"] == before
    worker.stop()


def test_cancel_without_a_request_changes_nothing(toy):
    before = toy.ask("about").values["process"]
    toy.cancel()
    assert toy.ask("about").values["process"] == before


def test_cancelled_passes_boundaries():
    assert Cancelled.passes_boundary


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, ValueError, OSError])
def test_a_progress_that_raises_stops_the_work(toy, error):
    def progress(fraction: float, text: str) -> None:
        if text == "hanging":
            raise error

    with pytest.raises(error):
        toy.ask("hang", progress=progress)
    assert toy.ask("echo", {"a": 1}).values["values"] == {"a": 1}


def test_who_waits_for_a_turn_can_stop_waiting(toy):
    hanging, stopped = threading.Event(), []

    def hang() -> None:
        try:
            toy.ask("hang", progress=lambda f, text: text == "hanging" and hanging.set())
        except Cancelled:
            stopped.append(True)

    def progress(fraction: float, text: str) -> None:
        assert text == "waiting for Toy"
        raise Cancelled

    thread = threading.Thread(target=hang)
    thread.start()
    assert hanging.wait(PATIENCE)
    busy = toy.process_id
    with pytest.raises(Cancelled):
        toy.ask("about", progress=progress)
    assert toy.process_id == busy
    toy.cancel()
    thread.join(PATIENCE)
    assert stopped == [True]


def test_a_death_is_reported_and_the_request_tried_once_more(toy, tmp_path):
    deaths = []
    toy.on_death(deaths.append)
    before = toy.ask("about").values["process"]
    answer = toy.ask("crash_once", {"marker": str(tmp_path / "marker")})
    assert answer.values["process"] != before
    assert deaths == ["Toy's process ended by itself (status 7)"]


def test_a_request_that_kills_twice_is_an_error_and_the_next_one_works(toy):
    deaths = []
    toy.on_death(deaths.append)
    large = np.ones((512, 512))
    with pytest.raises(WorkerError, match="twice"):
        toy.ask("crash", {}, {"a": large})
    assert len(deaths) == 2
    assert toy.ask("echo", {"a": 1}).values["values"] == {"a": 1}
    assert blocks_here() == []


def test_fifty_jobs_come_through_though_their_process_is_killed(toy, tmp_path):
    """Every fifth is killed while it works; each comes back right, and nothing stays behind."""
    deaths, killed = [], []
    toy.on_death(deaths.append)

    def progress(fraction: float, text: str) -> None:
        process = toy.process_id
        if text == "hanging" and process is not None and len(killed) <= number // 5:
            killed.append(process)
            psutil.Process(process).kill()

    for number in range(50):
        marker = tmp_path / f"{number}"
        if number % 5:
            marker.touch()
        once = np.full((300, 300), number, np.float32)
        answer = toy.ask(
            "double_in_time",
            {"marker": str(marker)},
            {"once": once},
            {"twice": ((300, 300), "<f4")},
            progress,
        )
        assert (answer.arrays["twice"] == 2 * number).all()
    assert len(killed) == len(deaths) == 10
    children = psutil.Process().children()
    assert [c.pid for c in children if c.status() == psutil.STATUS_ZOMBIE] == []
    assert not any(psutil.pid_exists(process) for process in killed)
    assert blocks_here() == []


def test_cancel_is_felt_within_a_fifth_of_a_second_and_not_tried_again(toy, tmp_path):
    """The best of three: the machine may be busy with other things."""
    seconds = []
    for number in range(3):
        marker, asked = tmp_path / f"{number}", []

        def progress(fraction: float, text: str, asked: list[float] = asked) -> None:
            if text == "hanging" and not asked:
                asked.append(time.perf_counter())
                threading.Thread(target=toy.cancel).start()

        with pytest.raises(Cancelled):
            toy.ask("double_in_time", {"marker": str(marker)}, {}, {}, progress)
        seconds.append(time.perf_counter() - asked[0])
    assert min(seconds) < 0.2


def test_an_idle_process_that_is_killed_comes_back(toy):
    states = States(toy)
    toy.start()
    states.wait_for("ready")
    before = toy.process_id
    psutil.Process(before).kill()
    states.wait_for("ready", since=2)
    assert toy.process_id != before
    assert [name for name, _ in states.seen] == ["starting", "ready", "dead", "starting", "ready"]


def test_a_process_that_dies_at_its_start_is_not_started_for_ever():
    worker = make(environment={"VOX_TOY_STILLBORN": "1"})
    states = States(worker)
    worker.start()
    states.wait_for("dead")
    with pytest.raises(WorkerError, match=r"status 5\), twice"):
        worker.ask("echo")
    assert [name for name, _ in states.seen].count("starting") == 3
    worker.stop()


def test_a_silent_process_counts_as_dead():
    worker = make(silence=0.2)  # a sign of life comes every second only
    with pytest.raises(WorkerError, match="stopped answering"):
        worker.ask("hang")
    worker.stop()


def test_what_is_not_installed_is_a_state_and_a_sentence():
    worker = make(environment={"VOX_TOY_MISSING": "1"})
    with pytest.raises(WorkerMissing, match="Toy cannot be used: No module named 'toys'"):
        worker.ask("echo")
    assert worker.state == "missing"
    worker.stop()
    worker = make(missing=lambda: "Toys are not installed")
    with pytest.raises(WorkerMissing, match="Toys are not installed"):
        worker.ask("echo")
    assert worker.state == "missing"
    assert worker.process_id is None


def test_a_program_that_cannot_be_started_is_one_sentence(monkeypatch):
    monkeypatch.setattr(process, "command", lambda module: ["/no/such/program"])
    worker = make()
    with pytest.raises(WorkerError, match="Toy cannot be started"):
        worker.ask("echo")
    assert worker.state == "dead"


# -- nothing is left behind -------------------------------------------------------------------


def children() -> set[int]:
    tracker = getattr(multiprocessing, "resource_tracker", None)
    known = getattr(getattr(tracker, "_resource_tracker", None), "_pid", None)
    return {p.pid for p in psutil.Process().children(recursive=True)} - {known}


def test_nothing_is_left_after_many_lives(tmp_path):
    threads, processes = set(threading.enumerate()), children()
    handles = psutil.Process().num_fds() if os.name == "posix" else 0
    worker = make()
    for life in range(3):
        worker.ask("double", {}, {"once": np.ones(10**6)}, {"twice": ((10**6,), "<f8")})
        progress, helpers = cancel_when(worker, "hanging")
        with pytest.raises(Cancelled):
            worker.ask("hang", {"life": life}, {"a": np.ones(10**6)}, progress=progress)
        helpers[0].join(PATIENCE)
    worker.ask("crash_once", {"marker": str(tmp_path / "m")}, {"a": np.ones(10**6)})
    worker.stop()
    worker.stop()
    assert set(threading.enumerate()) <= threads
    assert children() <= processes
    assert blocks_here() == []
    if os.name == "posix":
        assert psutil.Process().num_fds() <= handles + 1  # the resource tracker's pipe


PROGRAM = f"""
import sys
sys.path.insert(0, {PROGRAMS!r})
from voxviewer.workers import Worker
worker = Worker("vox_toy_worker", title="Toy", path=({PROGRAMS!r},))
print(worker.ask("about").values["process"], flush=True)
if "wait" in sys.argv:
    sys.stdin.read()
"""


def test_a_program_that_forgets_to_stop_leaves_nothing():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert not psutil.pid_exists(int(done.stdout))


def test_a_killed_program_takes_its_child_along():
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(PATIENCE)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


# -- blocks and wire --------------------------------------------------------------------------


@pytest.fixture
def no_shared_memory(monkeypatch):
    monkeypatch.setattr(blocks, "_reserve_memory", lambda size, tick: None)


def test_where_shared_memory_is_full_a_temporary_file_serves(
    toy, no_shared_memory, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    array = np.random.default_rng(2).random(10**6)
    answer = toy.ask("double", {}, {"once": array}, {"twice": (array.shape, "<f8")})
    np.testing.assert_array_equal(answer.arrays["twice"], 2 * array)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="reserving is for Linux' /dev/shm")
def test_a_full_shared_memory_is_noticed_before_it_is_a_bus_error(monkeypatch, tmp_path):
    def full(handle, offset, size):
        if os.readlink(f"/proc/self/fd/{handle}").startswith("/dev/shm"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    block = blocks.Block((1000,), "<f8")
    assert block.header["place"] == "file"
    block.write(np.arange(1000.0))
    np.testing.assert_array_equal(block.take(), np.arange(1000.0))
    block.release()
    assert blocks_here() == []
    assert list(tmp_path.iterdir()) == []


def test_no_room_at_all_is_one_sentence(toy, no_shared_memory, monkeypatch):
    def full(size, tick):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blocks, "_reserve_file", full)
    with pytest.raises(WorkerError, match=r"no room for the arrays of Toy.*No space left"):
        toy.ask("echo", {}, {"a": np.ones(10**6)})


@pytest.mark.parametrize("place", ["shared memory", "a file"])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_who_stops_while_room_is_made_leaves_nothing_and_ends_no_process(
    shared_toy, place, count, tmp_path, monkeypatch
):
    """Reserving gigabytes takes seconds; nobody waits for all of them."""
    monkeypatch.setattr(blocks, "PIECE", 1 << 20)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if place == "a file":
        monkeypatch.setattr(blocks, "_reserve_memory", lambda size, tick: None)
    before, heard = shared_toy.ask("about").values["process"], []

    def progress(fraction: float, text: str) -> None:
        heard.append(text)
        if len(heard) == count:
            raise Cancelled

    once = np.ones((600, 1000))
    with pytest.raises(Cancelled):
        shared_toy.ask("double", {}, {"once": once}, {"twice": (once.shape, "<f8")}, progress)
    assert heard == ["making room for Toy"] * count
    assert blocks_here() == []
    assert list(tmp_path.iterdir()) == []
    assert shared_toy.ask("about").values["process"] == before
    answer = shared_toy.ask("double", {}, {"once": once}, {"twice": (once.shape, "<f8")})
    assert (answer.arrays["twice"] == 2).all()


def test_a_released_block_says_so():
    block = blocks.Block((3,), "<f4")
    name = block.header["name"]
    block.release()
    block.release()
    with pytest.raises(ValueError, match="released"):
        block.take()
    with pytest.raises(FileNotFoundError):
        shared_memory.SharedMemory(name)


def message(header: object, raw: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + raw


class Pipe(io.RawIOBase):
    """A pipe that hands out a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def readinto(self, buffer) -> int:
        piece, self._data = self._data[: min(3, len(buffer))], self._data[min(3, len(buffer)) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 2**31),
        message([1, 2]),
        message({"no": "arrays"}),
        message({"arrays": [["a", "O", [1]]]}),
        message({"arrays": [["a", "no dtype", [1]]]}),
        message({"arrays": [["a", "<f4", [-1]]]}),
        message({"arrays": [["a", "<f4", [2**40]]]}),
        message({"arrays": [["a", "<f4"]]}),
        struct.pack(">I", 3) + b"{no",
    ],
)
def test_a_damaged_stream_is_an_error_and_not_an_allocation(data):
    with pytest.raises(wire.WireError):
        wire.receive(Pipe(data))


@pytest.mark.parametrize("cut", [0, 2, 10, -1])
def test_a_stream_that_ends_is_the_end(cut):
    data = message({"arrays": [["a", "|u1", [4]]]}, b"\1\2\3\4")
    assert wire.receive(Pipe(data[:cut])) is None


def test_messages_arrive_in_pieces():
    header, arrays = wire.receive(
        Pipe(message({"kind": "x", "arrays": [["a", "|u1", [4]]]}, b"\1\2\3\4"))
    )
    assert header == {"kind": "x"}
    assert list(arrays["a"]) == [1, 2, 3, 4]


def test_what_was_printed_before_the_first_word_is_skipped():
    assert wire.skip_to_magic(Pipe(b"site says hello\nvoxviewer work" + wire.MAGIC))
    assert not wire.skip_to_magic(Pipe(b"usage: python [option]"))

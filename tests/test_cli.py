"""The terminal: what is written, what is said, and which status is given back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxviewer.cli import main


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "scan.npy"
    np.save(path, np.random.default_rng(0).random((12, 10, 6), dtype=np.float32))
    return path


def refused(capsys: pytest.CaptureFixture[str], status: int, *words: str) -> str:
    """Run, expect one line on standard error and nothing else, return it."""
    assert main(list(words)) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


def test_info_prints_one_strict_json_object_per_file(
    scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(scan), "sample:waving-skeleton", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["path"] == str(scan)
    assert (first["kind"], first["shape"], first["axes"]) == ("volume", [1, 6, 12, 10, 1], "TDHWC")
    assert (second["kind"], second["axes"], second["shape"]) == ("skeleton", "TPJ3", [30, 1, 20, 3])
    assert len(second["names"]) == 20
    keys = {
        "path", "format", "kind", "shape", "axes", "dtype", "range", "spacing", "orientation",
        "affine", "rate", "duration", "warnings",
    }  # fmt: skip
    assert keys <= set(first)


def test_info_in_words_names_the_shape(scan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(scan)]) == 0
    assert "12" in capsys.readouterr().out


def test_info_goes_on_after_a_bad_file(scan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "gone.npy", str(scan), "--json"]) == 1
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert err.count("\n") == 1 and "gone.npy" in err


def test_encode_writes_the_tensor_and_how_it_was_made(scan: Path) -> None:
    assert main(["encode", str(scan), "-o", "clip.npy", "--frames", "3", "--height", "8"]) == 0
    assert np.load("clip.npy").shape == (3, 8, 10, 1)
    assert json.loads(Path("clip.npy.json").read_text())


def test_encode_makes_an_archive_with_the_mask(scan: Path) -> None:
    assert main(["encode", str(scan), "-o", "clip.npz"]) == 0
    with np.load("clip.npz") as archive:
        assert archive["data"].shape == (6, 12, 10, 1)
        assert archive["real"].all()
        assert {"data", "real", "frames"} <= set(archive.files)


def test_several_files_make_a_batch(scan: Path) -> None:
    np.save("other.npy", np.zeros((12, 10, 6), np.float32))
    assert main(["encode", str(scan), "other.npy", "-o", "batch.npy"]) == 0
    assert np.load("batch.npy").shape == (2, 6, 12, 10, 1)


def test_several_files_share_their_statistics(scan: Path) -> None:
    np.save("brighter.npy", np.load("scan.npy") * 3)
    words = ["encode", "scan.npy", "brighter.npy", "-o", "both.npz", "--normalize", "minmax"]
    assert main([*words, "--statistics", "sources"]) == 0
    data = np.load("both.npz")["data"]
    both = np.stack([np.load("scan.npy"), np.load("brighter.npy")]).astype(np.float64)
    expected = np.moveaxis((both - both.min()) / (both.max() - both.min()), -1, 1)[..., None]
    np.testing.assert_allclose(data, expected, atol=1e-6)
    assert main([*words, "--statistics", "0", "10"]) == 0
    np.testing.assert_allclose(
        np.load("both.npz")["data"], np.moveaxis(both, -1, 1)[..., None] / 10, atol=1e-4
    )


def test_stills_lengths_and_repairs_are_options(scan: Path) -> None:
    words = "--pseudo-depth transforms --zoom 0.8 1.2 --blur 0.5 2 --blur-taps 5 --rotation 30"
    more = "--length window --start 2 --frame-order 1 0 --repairs bgr levels --clip-rate 12.5"
    assert main(["encode", "scan.npy", "-o", "x.npy", *words.split(), *more.split()]) == 0
    chosen = json.loads(Path("x.npy.json").read_text())["encoding"]
    assert chosen["zoom"] == [0.8, 1.2] and chosen["blur_taps"] == 5 and chosen["start"] == 2
    assert chosen["frame_order"] == [1, 0] and chosen["repairs"] == ["bgr", "levels"]
    assert chosen["clip_rate"] == 12.5 and chosen["rotation"] == 30.0


def test_files_of_unequal_shape_are_named(scan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("other.npy", np.zeros((9, 10, 6), np.float32))
    assert "other" in refused(capsys, 1, "encode", str(scan), "other.npy", "-o", "batch.npy")
    assert not Path("batch.npy").exists()


def test_maps_of_several_files_have_the_frames_their_windows_are_centered_on(scan: Path) -> None:
    """Without padding, or with strides over time, they are fewer than the clips'."""
    np.save("other.npy", np.load(scan) * 2)
    words = ["--padding", "valid", "--strides", "2", "1", "1"]
    assert main(["convolve", str(scan), "other.npy", "-o", "maps.npz", *words]) == 0
    with np.load("maps.npz") as archive:
        assert archive["data"].shape == (2, 2, 10, 8, 8)
        assert archive["frames"].tolist() == [[1, 3], [1, 3]]


def test_convolve_ends_with_one_line_of_json(
    scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convolve", str(scan), "-o", "maps.npy", "--count", "3", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["clip"] == [6, 12, 10, 1]
    assert last["maps"] == [6, 12, 10, 3]
    assert last["max_difference"] is None
    assert last["seconds"]["handwritten"] > 0
    assert np.load("maps.npy").shape == (6, 12, 10, 3)


def test_convolve_takes_every_settings_field_as_an_option(scan: Path) -> None:
    words = ["--kernel", "3", "5", "1", "--strides", "1", "2", "2", "--padding", "valid"]
    words += ["--count", "2", "--initializer", "he_normal", "--seed", "4", "--maps", "1"]
    words += ["--rate", "5", "--scale", "2", "--range", "1", "4", "--scaling", "global"]
    assert main(["convolve", str(scan), "-o", "maps.gif", *words]) == 0
    from PIL import Image

    with Image.open("maps.gif") as film:
        assert film.info["duration"] == 200


def test_arrays_hold_the_maps_and_frames_that_are_asked_for(scan: Path) -> None:
    """As films do; a batch has the same of each of its files."""
    np.save("other.npy", np.load(scan) * 2)
    assert main(["convolve", str(scan), "-o", "all.npy", "--count", "4"]) == 0
    some = ["--count", "4", "--maps", "3", "1", "--range", "1", "3"]
    assert main(["convolve", str(scan), "-o", "some.npy", *some]) == 0
    expected = np.load("all.npy")[1:4, :, :, [3, 1]]
    assert np.array_equal(np.load("some.npy"), expected)
    assert main(["convolve", str(scan), "other.npy", "-o", "both.npy", *some]) == 0
    assert np.array_equal(np.load("both.npy")[0], expected)


def test_a_kernel_may_be_larger_than_a_trained_one(scan: Path) -> None:
    """Training has a --kernel of its own, of 31 taps at most; no training is meant here."""
    assert main(["convolve", str(scan), "-o", "maps.npy", "--kernel", "33", "1", "3"]) == 0
    assert np.load("maps.npy").shape == (6, 12, 10, 8)


def test_presets_are_filters_by_name(scan: Path) -> None:
    words = ["--filters", "preset:motion-and-edges", "--kernel", "3", "5", "5"]
    assert main(["convolve", str(scan), "-o", "maps.npy", *words]) == 0
    assert np.load("maps.npy").shape == (6, 12, 10, 8)
    told = json.loads(Path("maps.npy.json").read_text())
    assert told["names"][:2] == ["motion right", "motion left"]
    assert told["filters"]["preset"] == "motion-and-edges"


def test_one_seed_sets_every_seed(scan: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert main(["convolve", str(scan), "-o", f"{name}.npy", "--seed", seed]) == 0
    a, b, c = (np.load(f"{name}.npy") for name in "abc")
    assert (a == b).all() and (a != c).any()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["encode", "scan.npy", "-o", "x.mp4"], 1, "planned"),
        (["encode", "scan.npy", "-o", "x.txt"], 1, "x.txt"),
        (["convolve", "scan.npy", "-o", "x.mp4"], 1, "planned"),
        (["encode", "scan.npy", "-o", "nowhere/x.npy"], 1, "is not there"),
        (["encode", "gone.npy", "-o", "x.npy"], 1, "gone.npy"),
        (["convolve", "scan.npy", "-o", "x.npy", "--filters", "preset:hedges"], 2, "sobel-x"),
        (
            ["convolve", "scan.npy", "-o", "x.npy", "--filters", "preset:motion-energy-fast"],
            1,
            "scan.npy: Motion energy, fast needs a kernel of at least 3 x 7 x 7",
        ),
        (["convolve", "scan.npy", "-o", "x.npy", "--filters", "nonsense"], 2, "MODEL:LAYER"),
        (["convolve", "scan.npy", "-o", "x.npy", "--filters", "gone.h5:conv"], 1, "gone.h5"),
        (["encode", "scan.npy", "-o", "x.npy", "--normalize", "window"], 1, "needs a window"),
        (["encode", "scan.npy", "-o", "x.npy", "--window", "lungs"], 2, "brain, subdural"),
        (["encode", "scan.npy", "-o", "x.npy", "--window", "40", "0"], 2, "width above 0"),
        (["encode", "scan.npy", "-o", "x.npy", "--roles", "time", "0", "0", "0", "0"], 2, "height"),
        (["encode", "scan.npy", "-o", "x.npy", "--order", "7"], 2, "order 7"),
        (["encode", "scan.npy", "-o", "x.npy", "--frames", "0"], 2, "frames"),
        (["encode", "scan.npy", "-o", "x.npy", "--frames", "many"], 2, "--frames"),
        (["encode", "scan.npy"], 2, "--output"),
        (["batch", "recipe.json", "scan.npy", "-o", "folder"], 2, "planned"),
        (["convolve", "scan.npy", "scan.npy", "-o", "x.gif"], 2, "one file"),
        (
            [
                "convolve",
                "scan.npy",
                "-o",
                "x.npy",
                "--padding",
                "valid",
                "--kernel",
                "9",
                "3",
                "3",
            ],
            1,
            "scan.npy",
        ),
        (["model", "scan.npy"], 1, "scan.npy"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    words: list[str], status: int, said: str, scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, status, *words)
    assert not [path for path in Path().iterdir() if path.name != "scan.npy"]


def test_python_dash_m_is_the_same_program(scan: Path) -> None:
    words = [sys.executable, "-m", "voxviewer", "info", str(scan), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["shape"] == [1, 6, 12, 10, 1]
    assert done.returncode == 0


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("voxviewer ")


def test_options_and_fields_are_the_same_words() -> None:
    """A new field of a settings class must be an option, or be left out on purpose."""
    from dataclasses import fields

    from voxviewer import options
    from voxviewer.cli import _parser
    from voxviewer.settings import RecurrentSettings

    commands: Any = _parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    for name, part in options._PARTS.items():
        command = commands["train" if name == "training" else "convolve"]
        offered = {action.dest for action in command._actions}
        names = {item.name for item in fields(part)} - (options._NOT_OPTIONS - {"seed"})
        assert names <= offered
    offered = {action.dest for action in commands["recurrent"]._actions}
    names = {item.name for item in fields(RecurrentSettings)} - {"seed"}
    assert {f"network_{name}" for name in names} <= offered


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        # OUT is looked at before the work, and named itself
        (["convolve", "scan.npy", "-o", "x.mp4"], 1, "voxviewer: x.mp4: .mp4 files are planned"),
        (["encode", "gone.npy", "-o", "nowhere/x.npy"], 1, "voxviewer: x.npy: the folder"),
        (["encode", "gone.npy", "-o", "."], 1, "the name has no ending"),
        (["encode", "scan.npy", "-o", "scan.npy"], 1, "voxviewer: scan.npy: is the input itself"),
        (["encode", "scan.npy", "-o", "./../{}/scan.npy"], 1, "is the input itself"),
        (["encode", "scan.npy", "-o", "a\0.npy"], 1, "cannot be written"),
        (["encode", "scan.npy", "-o", "x.npy", "--axes", "QQ"], 1, "voxviewer: scan.npy: axes"),
        (["info", "scan.npy", "--axes", "QQ"], 1, "voxviewer: scan.npy: axes 'QQ'"),
        (["info", "scan.npy", "--series", "-1"], 1, "voxviewer: scan.npy: series"),
        (["info", "scan.npy", "--unit", "feet"], 2, "unit 'feet' is not known"),
        (["encode", "scan.npy", "-o", "x.npy", "--up", "z+"], 1, "scan.npy: is no skeleton"),
    ],
)
def test_a_command_is_refused_before_its_work_under_the_right_name(
    words: list[str], status: int, said: str, scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = scan.read_bytes()
    assert said in refused(capsys, status, *(word.format(scan.parent.name) for word in words))
    assert scan.read_bytes() == before


def test_a_batch_that_cannot_fit_is_refused_at_its_first_file(
    scan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 20_000_000)
    assert main(["encode", *["scan.npy"] * 3, "-o", "x.npy"]) == 0
    capsys.readouterr()
    words = [*["scan.npy"] * 2000, "-o", "x.npy"]
    assert "add --allow-large to go on" in refused(capsys, 1, "encode", *words).lower()
    assert main(["encode", *["scan.npy"] * 2000, "-o", "x.npy", "--allow-large"]) == 0


def test_info_looks_through_more_than_memory_only_when_asked_to(
    scan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.commands.available_memory", lambda: 4_000)
    assert "Add --allow-large to look" in refused(capsys, 1, "info", "scan.npy", "--json")
    assert main(["info", "scan.npy", "--json", "--allow-large"]) == 0
    assert json.loads(capsys.readouterr().out)["range"][1] < 1


def run(words: str, *, input_folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's line with `voxviewer` in it, in a folder."""
    words = words.replace("voxviewer", f"'{sys.executable}' -m voxviewer")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment}
    return subprocess.run(
        words, shell=True, capture_output=True, text=True, timeout=120, cwd=input_folder, env=here
    )


@pytest.mark.skipif(os.name != "posix", reason="a shell's redirections")
@pytest.mark.parametrize(
    ("words", "out", "err", "status"),
    [
        ("voxviewer info scan.npy >&-", "", "", 0),
        ("voxviewer info gone.npy 2>&-", "", "", 1),
        ("voxviewer info scan.npy | true", "", "", 0),
        ("PYTHONIOENCODING=ascii voxviewer encode scan.npy -o x.npy", "6 \\xd7 12", "", 0),
        ("voxviewer info -- -dash.npy", "(1, 6, 12, 10, 1)", "", 0),
        ("voxviewer info 'new\nline.npy'", "new\\x0aline.npy\n", "", 0),
        ("mkdir x && cd x && rmdir ../x && voxviewer encode ../scan.npy -o x.npy", "", "\n", 1),
    ],
)
def test_odd_surroundings_change_nothing(
    words: str, out: str, err: str, status: int, scan: Path
) -> None:
    for name in ("-dash.npy", "new\nline.npy"):
        scan.with_name(name).write_bytes(scan.read_bytes())
    done = run(words, input_folder=scan.parent)
    assert done.returncode == status, done.stderr
    assert out in done.stdout if out else done.stdout == ""
    assert done.stderr.count("\n") == len(err), done.stderr
    assert "unforeseen" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that Linux has")
def test_output_that_cannot_be_written_is_one_line(scan: Path) -> None:
    done = run("voxviewer info scan.npy > /dev/full", input_folder=scan.parent)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("voxviewer: the output cannot be written: No space left")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a screen or say so")
def test_without_a_screen_the_window_is_refused_in_one_sentence(
    scan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for words in ([], ["scan.npy"], ["--", "scan.npy"], ["open", "scan.npy"]):
        assert "no screen" in refused(capsys, 1, *words)


def test_nothing_in_the_current_folder_is_imported(scan: Path) -> None:
    for name in ("argparse", "secrets", "json", "numpy", "struct"):
        scan.with_name(f"{name}.py").write_text(f"open('canary-{name}', 'w').close()")
    done = run("voxviewer encode scan.npy -o x.npy", input_folder=scan.parent)
    assert done.returncode == 0, done.stderr
    assert not list(scan.parent.glob("canary*"))


def a_model(path: Path, channels: int) -> None:
    """One Conv3D layer "c" of padding "valid", as Keras 2 kept models."""
    import h5py

    config = {
        "class_name": "Conv3D",
        "config": {
            "name": "c", "filters": 2, "kernel_size": [2, 2, 2], "strides": [1, 1, 1],
            "padding": "valid", "dilation_rate": [1, 1, 1], "groups": 1, "activation": "linear",
            "use_bias": False, "data_format": "channels_last",
        },
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        model = {"class_name": "Sequential", "config": {"name": "m", "layers": [config]}}
        file.attrs["model_config"] = json.dumps(model)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["c"]
        layer = weights.create_group("c")
        layer.attrs["weight_names"] = ["c/kernel:0"]
        layer["c/kernel:0"] = np.ones((2, 2, 2, channels, 2), np.float32)


def test_where_the_layer_differs_is_noted_only_where_the_run_went_well(
    scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_model(scan.with_name("one.h5"), channels=1)
    a_model(scan.with_name("three.h5"), channels=3)
    words = ["convolve", "scan.npy", "-o", "x.npy", "--filters"]
    assert main([*words, "one.h5:c"]) == 0
    assert capsys.readouterr().err == ("voxviewer: note: c has padding valid, this run uses same\n")
    assert main([*words, "one.h5:c", "--padding", "valid"]) == 0
    assert capsys.readouterr().err == ""
    assert "take 3 channels" in refused(capsys, 1, *words, "three.h5:c")


def test_a_model_that_cannot_be_run_is_listed_and_says_why_in_one_line(
    scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import h5py

    with h5py.File(scan.with_name("alone.weights.h5"), "w") as file:
        file["layers/conv3d/vars/0"] = np.ones((2, 2, 2, 1, 2), np.float32)
    assert main(["model", "alone.weights.h5"]) == 1
    said = capsys.readouterr()
    assert "conv3d" in said.out
    assert said.err.startswith("voxviewer: alone.weights.h5: holds weights alone")
    assert said.err.count("\n") == 1
    words = ["convolve", "scan.npy", "-o", "x.npy", "--through", "--filters"]
    assert "holds weights alone" in refused(capsys, 1, *words, "alone.weights.h5:conv3d")

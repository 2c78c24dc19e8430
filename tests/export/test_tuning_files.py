"""What the filter bench measured, written and read back by others' readers."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from voxviewer.convolution.bench import measure_filters
from voxviewer.convolution.presets import preset_filters
from voxviewer.export.tuning_files import save_tuning
from voxviewer.files import SourceError


@pytest.fixture(scope="module")
def tuning():
    return measure_filters(preset_filters("edges"))


def test_json_holds_everything_and_is_strict(tuning, tmp_path):
    saved = save_tuning(tuning, tmp_path / "t.json", "Edges")

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    found = json.loads((tmp_path / "t.json").read_text("utf-8"), parse_constant=refuse)
    assert found["origin"] == "Edges"
    assert found["names"] == list(tuning.names)
    assert np.allclose(found["bars"], tuning.bars)
    assert np.allclose(found["flicker"], tuning.flicker)
    assert saved.nbytes == (tmp_path / "t.json").stat().st_size


def test_csv_has_a_row_for_every_bar(tuning, tmp_path):
    save_tuning(tuning, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == tuning.bars.size
    assert float(rows[0]["response"]) == pytest.approx(tuning.bars[0, 0, 0], rel=1e-5)


def test_another_ending_is_refused_and_nothing_is_written(tuning, tmp_path):
    with pytest.raises(ValueError, match=r"\.json or \.csv"):
        save_tuning(tuning, tmp_path / "t.txt")
    with pytest.raises(SourceError):
        save_tuning(tuning, tmp_path / "none" / "t.json")
    assert list(tmp_path.iterdir()) == []

"""Sweeps: records are whole, present ones are kept, stale ones are seen, a kill loses nothing finished."""

import json
import math
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from flowbounds.dynamics import sweep
from flowbounds.studies import all_studies


def cell(*, x, scale):
    return {"square": x * x, "row": np.array([x, np.inf, -np.inf]), "scale": scale}


def study(count=4):
    return sweep.Study("toy", cell, [{"x": x, "scale": 2.5} for x in range(count)], rtol=1e-12)


def test_records_come_back_as_they_went(tmp_path):
    done = list(sweep.run(study(), tmp_path, "key"))
    assert sorted(p["x"] for p in done) == [0, 1, 2, 3]
    rows = sweep.load(study(), tmp_path)
    assert [row["square"] for row in rows] == [0, 1, 4, 9]
    assert rows[2]["row"] == [2, math.inf, -math.inf]
    assert all("Infinity" not in path.read_text() for path in tmp_path.iterdir())


def test_records_are_found_from_anywhere_inside_the_project(tmp_path):
    folder = tmp_path / "studies" / "toy"
    list(sweep.run(study(), folder, "key"))
    inside = tmp_path / "notebooks" / "deep"
    inside.mkdir(parents=True)
    assert sweep.find_folder(study(), inside) == folder
    with pytest.raises(FileNotFoundError, match="no folder studies/toy here or above"):
        sweep.find_folder(study(), tmp_path.parent)


def test_present_records_are_skipped_and_stale_ones_are_not(tmp_path):
    list(sweep.run(study(2), tmp_path, "key"))
    assert [p["x"] for p in sweep.missing(study(), tmp_path, "key")] == [2, 3]
    assert len(sweep.missing(study(), tmp_path, "other")) == 4
    kept = (tmp_path / "x=0,scale=2.5.json").stat().st_mtime_ns
    assert sorted(p["x"] for p in sweep.run(study(), tmp_path, "key")) == [2, 3]
    assert (tmp_path / "x=0,scale=2.5.json").stat().st_mtime_ns == kept
    with pytest.raises(sweep.StaleRecord, match="made by other code"):
        sweep.read_record(tmp_path, study().grid[0], "other")


def test_a_damaged_record_counts_as_missing(tmp_path):
    list(sweep.run(study(), tmp_path, "key"))
    (tmp_path / "x=1,scale=2.5.json").write_text('{"key": "key", "par')
    (tmp_path / "x=2,scale=2.5.json").write_text("[]")
    assert [p["x"] for p in sweep.missing(study(), tmp_path, "key")] == [1, 2]
    with pytest.raises(FileNotFoundError, match=r"x=1,scale=2\.5\.json: no such record; run make studies"):
        sweep.load(study(), tmp_path)


def test_a_record_under_a_wrong_name_is_seen(tmp_path):
    list(sweep.run(study(), tmp_path, "key"))
    (tmp_path / "x=1,scale=2.5.json").rename(tmp_path / "x=0,scale=2.5.json")
    with pytest.raises(sweep.StaleRecord):
        sweep.read_record(tmp_path, study().grid[0])


def test_results_agree_entry_by_entry():
    first = {"a": [1.0, math.inf, math.nan], "b": "text", "c": 3}
    assert sweep.agree(first, {"a": [1.0 + 1e-13, math.inf, math.nan], "b": "text", "c": 3}, 1e-12)
    for wrong in (
        {"a": [1.0 + 1e-11, math.inf, math.nan], "b": "text", "c": 3},
        {"a": [1.0, -math.inf, math.nan], "b": "text", "c": 3},
        {"a": [1.0, math.inf], "b": "text", "c": 3},
        {"a": [1.0, math.inf, math.nan], "b": "other", "c": 3},
        {"a": [1.0, math.inf, math.nan], "b": "text"},
    ):
        assert not sweep.agree(first, wrong, 1e-12)


SLOW = """
import sys, time
from pathlib import Path
from flowbounds.dynamics import sweep

def cell(*, x):
    time.sleep(0.05)
    return {"square": x * x}

if __name__ == "__main__":
    study = sweep.Study("slow", cell, [{"x": x} for x in range(12)], rtol=0.0)
    for done in sweep.run(study, Path(sys.argv[1]), "key"):
        print(done["x"], flush=True)
"""


@pytest.mark.press
def test_five_kills_lose_no_finished_record(tmp_path):
    script, folder = tmp_path / "slow.py", tmp_path / "records"
    script.write_text(SLOW)
    command = [sys.executable, str(script), str(folder)]
    rng = np.random.default_rng(7)
    finished: dict[str, bytes] = {}
    for _ in range(5):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()  # one cell is done; then at a random moment of the next two
        time.sleep(float(rng.uniform(0, 0.1)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        present = {path.name: path.read_bytes() for path in folder.glob("*.json")}
        assert finished.items() <= present.items(), "a finished record was lost or changed"
        finished = present
    subprocess.run(command, check=True, capture_output=True)
    straight = tmp_path / "straight"
    subprocess.run([*command[:2], str(straight)], check=True, capture_output=True)
    as_bytes = [{p.name: p.read_bytes() for p in where.iterdir()} for where in (folder, straight)]
    assert as_bytes[0] == as_bytes[1]


def test_every_study_of_the_book_has_a_small_deterministic_grid():
    for name, one in all_studies().items():
        assert one.name == name
        names = [sweep.cell_name(parameters) for parameters in one.grid]
        assert len(set(names)) == len(names)
        # Computing some cells again is for every build to do, by `bookbuild.studies`.
        stored = sweep.load(one)[0]
        written = json.dumps(sweep._to_json(stored), allow_nan=False)
        assert sweep.agree(sweep._from_json(json.loads(written)), stored, one.rtol)

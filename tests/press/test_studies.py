"""The press and its studies: keys follow the code, and every doubt about a record turns the build red."""

import json

import pytest

from bookbuild import studies, study_key
from bookbuild.project import BuildError, Project
from flowbounds.dynamics import sweep

CELLS = 10


def cell(*, x):
    return {"square": x * x}


def other_cell(*, x):
    return {"square": x * x + 1}


def toy(cell=cell, cells=CELLS):
    return sweep.Study("toy", cell, [{"x": x} for x in range(cells)], rtol=1e-12)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "src" / "flowbounds" / "studies").mkdir(parents=True)
    monkeypatch.setattr(studies, "all_studies", lambda: {"toy": toy()})
    monkeypatch.setattr(studies, "study_key", lambda *_: "a1b2c3d4e5f6")
    return Project(tmp_path)


def test_computed_records_pass(project):
    assert studies.compute(project, only=None, jobs=1) == f"toy: {CELLS} records, {CELLS} computed now"
    assert studies.verify(project, jobs=1) == []
    assert studies.compute(project, only="toy", jobs=1).endswith("0 computed now")


def red(project):
    (problem,) = studies.verify(project, jobs=1)
    return str(problem)


def test_a_missing_record_is_red(project):
    studies.compute(project, only=None, jobs=1)
    (project.studies / "toy" / "x=4.json").unlink()
    assert "1 of 10 records are missing or made by older code, first x=4.json" in red(project)
    assert "make studies" in red(project)


def test_a_record_made_by_older_code_is_red(project, monkeypatch):
    studies.compute(project, only=None, jobs=1)
    monkeypatch.setattr(studies, "study_key", lambda *_: "ffffffffffff")
    assert "10 of 10 records are missing or made by older code" in red(project)


def test_a_record_of_no_cell_is_red_until_it_is_removed(project):
    studies.compute(project, only=None, jobs=1)
    (project.studies / "toy" / "x=99.json").write_text("{}")
    assert "x=99.json belongs to no cell" in red(project)
    studies.compute(project, only=None, jobs=1)
    assert studies.verify(project, jobs=1) == []


def test_records_too_large_to_commit_are_red(project, monkeypatch):
    studies.compute(project, only=None, jobs=1)
    monkeypatch.setattr(studies, "SIZE_LIMIT", 100)
    assert "bytes of records, more than 100" in red(project)


def test_a_record_that_does_not_repeat_is_red(project):
    """Two cells are chosen by the key; a wrong number in one of them is found."""
    studies.compute(project, only=None, jobs=1)
    (one,) = studies.located(project)
    picked = studies.chosen(one)
    assert len({sweep.cell_name(parameters) for parameters in picked}) == studies.REPEATED_CELLS
    path = one.folder / sweep.cell_name(picked[0])
    record = json.loads(path.read_text())
    record["result"]["square"] += 1e-9
    path.write_text(json.dumps(record))
    assert f"computed again, {path.name} differs from its record" in red(project)


def test_a_cell_that_changed_under_the_same_key_is_red(project, monkeypatch):
    studies.compute(project, only=None, jobs=1)
    monkeypatch.setattr(studies, "all_studies", lambda: {"toy": toy(other_cell)})
    assert len(studies.verify(project, jobs=1)) == studies.REPEATED_CELLS


def test_a_passed_repetition_is_not_repeated_under_the_same_key(project, monkeypatch):
    studies.compute(project, only=None, jobs=1)
    assert studies.verify(project, jobs=1) == []
    monkeypatch.setattr(studies, "repetition_problems", lambda *_, **__: pytest.fail("repeated"))
    assert studies.verify(project, jobs=1) == []


@pytest.mark.parametrize(("cells", "repeated"), [(1, 1), (6, 1), (10, 2), (230, 2)])
def test_of_a_study_of_few_long_cells_one_is_repeated(cells, repeated):
    one = studies.Located(toy(cells=cells), None, "a1b2c3d4e5f6")
    assert len({p["x"] for p in studies.chosen(one)}) == repeated


def test_other_keys_choose_other_cells():
    picks = {
        tuple(p["x"] for p in studies.chosen(studies.Located(toy(), None, f"{n:012x}"))) for n in range(CELLS)
    }
    assert len(picks) == CELLS


def test_an_unknown_study_lists_what_there_is(project):
    with pytest.raises(BuildError, match="no study is called 'nothing'; there are: toy"):
        studies.compute(project, only="nothing", jobs=1)


def test_a_project_without_studies_has_nothing_to_verify(tmp_path):
    assert studies.verify(Project(tmp_path), jobs=1) == []


def library(tmp_path):
    files = {
        "__init__.py": "",
        "validation.py": "LIMIT = 1\n",
        "models/tensor.py": "from flowbounds.validation import LIMIT\n",
        "dynamics/flow.py": "import numpy\nfrom flowbounds.models import tensor\n",
        "studies/one.py": "from flowbounds.dynamics.flow import run\n",
        "checks/far.py": "X = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / "flowbounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "flowbounds"


def test_the_key_follows_what_the_cell_can_reach(tmp_path):
    root = library(tmp_path)
    assert set(study_key.reachable(root, "flowbounds.studies.one")) == {
        "flowbounds",
        "flowbounds.studies.one",
        "flowbounds.dynamics.flow",
        "flowbounds.models.tensor",
        "flowbounds.validation",
    } - {"flowbounds"}
    before = study_key.study_key(root, "flowbounds.studies.one")
    (root / "checks" / "far.py").write_text("X = 2\n")
    (root / "validation.py").write_text('"""Words."""\nLIMIT = 1  # more words\n')
    assert study_key.study_key(root, "flowbounds.studies.one") == before
    (root / "validation.py").write_text("LIMIT = 2\n")
    assert study_key.study_key(root, "flowbounds.studies.one") != before

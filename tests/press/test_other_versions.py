"""The oldest and the newest versions: what is installed, what is run, and what counts as tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild import __main__ as command_line
from bookbuild import other_versions
from bookbuild.project import BuildError

PYPROJECT = """\
[project]
dependencies = ["numpy>=1.26"]
[project.optional-dependencies]
book = ["Jupyter_Book>=1.0.4,<2", "sphinx>=7"]
test = ["pytest"]
"""
FOUND = {"numpy": "1.26.0", "jupyter-book": "1.0.4.post1", "sphinx": "7.0.1", "pytest": "9.2.0"}


@pytest.fixture
def ran(make_project, monkeypatch):
    """A project with a page; commands are recorded, and those whose name is in `ran.failing` fail."""

    class Ran:
        project = make_project(**{"01_toy": "# One\n"})
        uv: list = []  # noqa: RUF012 (a fresh class for each test)
        pytest: list = []  # noqa: RUF012
        failing: tuple = ()

    def uv(arguments):
        Ran.uv.append(arguments)
        code = int(arguments[0] in Ran.failing)
        return subprocess.CompletedProcess(arguments, code, stdout="[]", stderr="no such version")

    def run(project, command, added):
        Ran.pytest.append((command, added))
        return int(command[3] in Ran.failing)

    (Ran.project.root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    monkeypatch.setattr(other_versions, "uv", uv)
    monkeypatch.setattr(other_versions.verify, "run", run)
    monkeypatch.setattr(other_versions, "installed", lambda python: FOUND)
    return Ran


@pytest.mark.parametrize(("which", "resolution"), [("lower", "lowest-direct"), ("newest", "highest")])
def test_what_is_installed_and_run(ran, which, resolution):
    assert other_versions.other_versions(ran.project, which, jobs=3) == f"passed under the {which} versions"
    venv = ran.project.build / f"venv-{which}"
    python = str(other_versions.python_of(venv))
    assert ran.uv == [
        ["venv", "--clear", "--python", sys.executable, str(venv)],
        [
            *("pip", "install", "--python", python, "--upgrade", "--resolution", resolution),
            *("-r", str(ran.project.root / "pyproject.toml"), "--extra", "book", "--extra", "test"),
        ],
    ]
    (tests, first), (pages, second) = ran.pytest
    assert tests[:6] == [python, "-m", "pytest", "tests", "--ignore", "tests/test_environment.py"]
    assert (Path(__file__).parents[2] / tests[5]).exists()
    assert (pages[:4], "--nbval" in pages) == ([python, "-m", "pytest", "notebooks"], True)
    for command, added in ran.pytest:
        assert "filterwarnings=default" in command
        assert command[command.index("-n") + 1] == "3"
        assert added["PYTHONPATH"] == str(ran.project.root / "src")
    assert ("MPLBACKEND" in first, "MPLBACKEND" in second) == (True, False)


def test_pages_are_run_though_the_tests_failed(ran):
    ran.failing = ("tests", "notebooks")
    with pytest.raises(BuildError, match="failed under the newest versions: tests, notebooks"):
        other_versions.other_versions(ran.project, "newest", jobs=1)


def test_what_cannot_be_installed_is_told(ran):
    ran.failing = ("pip",)
    with pytest.raises(BuildError, match="no such version"):
        other_versions.other_versions(ran.project, "lower", jobs=1)
    assert ran.pytest == []


def test_a_bound_that_is_not_what_is_tested_is_told(ran, monkeypatch):
    monkeypatch.setattr(other_versions, "installed", lambda python: {**FOUND, "numpy": "2.0.0"})
    with pytest.raises(BuildError, match=r"numpy>=1\.26 \(2\.0\.0\)"):
        other_versions.other_versions(ran.project, "lower", jobs=1)
    assert other_versions.other_versions(ran.project, "newest", jobs=1)


def test_bounds_out_of_reach():
    assert other_versions.not_at_bound(PYPROJECT, FOUND) == []
    found = {**FOUND, "sphinx": "8.0.0", "jupyter-book": "1.0.5"}
    wrong = ["Jupyter_Book>=1.0.4 (1.0.5)", "sphinx>=7 (8.0.0)"]
    assert other_versions.not_at_bound(PYPROJECT, found) == wrong
    del found["numpy"]
    assert other_versions.not_at_bound(PYPROJECT, found) == ["numpy>=1.26 (missing)", *wrong]


def test_this_environment_can_be_listed():
    assert "pytest" in other_versions.installed(sys.executable)


@pytest.mark.parametrize("which", ["lower", "newest"])
def test_as_typed(monkeypatch, tmp_path, which):
    asked = []

    def record(project, which, *, jobs):
        asked.append((project.root, which, jobs))

    monkeypatch.setattr(command_line.environment, "enter", lambda project: None)
    monkeypatch.setattr(other_versions, "other_versions", record)
    assert command_line.main([which, "--jobs", "1"], tmp_path) == 0
    assert asked == [(tmp_path, which, 1)]

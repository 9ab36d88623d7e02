"""What a page takes: measured in its kernel, rounded, and rewritten only when it has moved."""

import json
import subprocess
import sys

import pytest
from nbformat.v4 import new_notebook

from bookbuild import costs, kernel_memory
from bookbuild.costs import Cost
from bookbuild.project import BuildError


def ran(seconds, megabytes=None):
    return new_notebook(metadata={"bookbuild": {"key": "k", "seconds": seconds, "megabytes": megabytes}})


@pytest.fixture
def project(make_project):
    return make_project(**{"01_toy": "# One\n", "02_other": "# Two\n"})


@pytest.mark.parametrize(
    ("given", "rounded"),
    [
        ((0.2, 3), Cost(1, 10)),
        ((4.4, 184), Cost(4, 180)),
        ((12.4, 186), Cost(10, 190)),
        ((38.9, None), Cost(40, None)),
    ],
)
def test_numbers_are_rounded_to_what_they_deserve(given, rounded):
    assert costs.measured(ran(*given)) == rounded
    assert costs.measured(new_notebook()) is None


def test_the_file_is_written_once_and_then_only_for_what_moved(project):
    one, two = project.pages()
    assert costs.write(project, {one: ran(20.1, 200), two: ran(3.0, 100)}) == ["book/costs.json"]
    assert json.loads(project.costs.read_text(encoding="utf-8")) == {
        "01_toy": {"seconds": 20, "megabytes": 200},
        "02_other": {"seconds": 3, "megabytes": 100},
    }
    assert costs.write(project, {one: ran(28.0, 290), two: ran(4.4, 60)}) == []
    assert costs.write(project, {one: ran(36.0, None)}) == ["book/costs.json"]
    assert costs.read(project.costs)["01_toy"] == Cost(35, 200), "an unknown memory replaces no known one"
    two.text.unlink()
    assert costs.write(project, {}) == ["book/costs.json"]
    assert [*costs.read(project.costs)] == ["01_toy"]


@pytest.mark.parametrize(
    ("old", "new", "unit", "verdict"),
    [
        (1, 2, 1, False),
        (1, 3, 1, True),
        (20, 30, 1, False),
        (20, 35, 1, True),
        (20, 9, 1, True),
        (None, 10, 10, True),
        (10, None, 10, False),
    ],
)
def test_by_more_than_a_half(old, new, unit, verdict):
    assert costs.moved(old, new, unit) is verdict


def test_a_page_without_entry_and_an_entry_without_page_are_told(project):
    one, two = project.pages()
    costs.write(project, {one: ran(1.0), two: ran(1.0)})
    assert costs.faults(project) == []
    (project.notebooks / "02_other.md").rename(project.notebooks / "03_new.md")
    lacking, idle = costs.faults(project)
    assert (lacking.message, lacking.cure) == (
        "book/costs.json has no entry for notebooks/03_new.md",
        "make notebooks",
    )
    assert idle.message == "book/costs.json has an entry for notebooks/02_other.md, which is gone"
    assert idle.cure == "make notebooks"


def test_a_damaged_file_is_told(project):
    project.costs.write_text('{"01_toy": {"minutes": 3}}', encoding="utf-8")
    with pytest.raises(BuildError, match=r"book/costs\.json cannot be read"):
        costs.faults(project)


PROGRAM = """\
from IPython.core.interactiveshell import InteractiveShell
from bookbuild import kernel_memory
shell = InteractiveShell()
kernel_memory.write_after_cells(shell)
shell.run_cell("block = bytearray(150_000_000); block[::4096] = b'x' * len(block[::4096]); del block")
__import__("os")._exit(1)  # as a kernel that is killed
"""


def test_a_kernel_writes_its_own_peak_even_if_it_is_killed(tmp_path):
    if kernel_memory.peak_megabytes() is None:
        pytest.skip("this system does not say how much memory a process held")
    file = tmp_path / "peak"
    subprocess.run([sys.executable, "-c", PROGRAM], check=False)
    assert not file.exists()  # not asked for
    with kernel_memory.recorded(file):
        subprocess.run([sys.executable, "-c", PROGRAM], check=False)
    assert 150 <= kernel_memory.read(file) <= 300
    assert kernel_memory.VARIABLE not in kernel_memory.os.environ


def test_where_nothing_is_known_it_is_none(tmp_path, monkeypatch):
    assert kernel_memory.read(tmp_path / "none") is None
    monkeypatch.setattr(kernel_memory, "STATUS", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "resource", None)
    assert kernel_memory.peak_megabytes() is None
    kernel_memory.write_peak(tmp_path / "peak")
    assert not (tmp_path / "peak").exists()

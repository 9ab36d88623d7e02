"""One page with other values: what it leaves, what it leaves alone, and how it tells that a claim broke."""

import nbformat
import pytest

from bookbuild import __main__ as command_line
from bookbuild import run_once
from bookbuild.execute import execute
from bookbuild.project import BuildError

PAGE = """\
# Page

```{code-cell} python
:tags: [parameters]
sizes = ((5, 1),)
n = 3
```

```{code-cell} python
[(d, r) for d, r in sizes], type(sizes).__name__, n
```

```{code-cell} python
assert n < 10
```
"""


@pytest.fixture
def project(make_project):
    return make_project(**{"01_toy": PAGE, "02_other": "# Other\n"})


@pytest.mark.press
def test_a_page_runs_beside_the_book_or_stops_with_what_it_had(project, capsys):
    page, _ = project.pages()
    execute(project, [page])
    record = nbformat.read(page.executed, as_version=4).metadata.bookbuild
    assert record.keys() == {"key", "seconds", "megabytes"}
    assert record.megabytes is None or 20 < record.megabytes < 500
    assert [path.name for path in project.executed.iterdir()] == ["01_toy.ipynb"]
    before = {path: path.read_bytes() for path in project.root.rglob("*.*") if path.is_file()}

    said = run_once.run_once(project, only="1", given="sizes=((20, 5),) n=4")
    assert said.startswith("notebooks/01_toy.md with sizes = ((20, 5),), n = 4: every cell ran")
    (made,) = (project.build / "runs" / "01_toy").iterdir()
    assert said.endswith(f"_build/runs/01_toy/{made.name}")
    cells = nbformat.read(made, as_version=4).cells
    assert cells[3].outputs[0].data["text/plain"] == "([(20, 5)], 'tuple', 4)"
    assert "cell" in capsys.readouterr().err  # progress

    with pytest.raises(BuildError) as caught:
        run_once.run_once(project, only="01", given="n=10")
    told = caught.value.message
    assert told.startswith("notebooks/01_toy.md, cell 4: AssertionError")
    assert "the published claim was asserted for the published parameters" in told
    assert told.endswith("kept: _build/runs/01_toy/n-10.stopped.ipynb")
    kept = nbformat.read(project.build / "runs" / "01_toy" / "n-10.stopped.ipynb", as_version=4)
    assert any("([(5, 1)], 'tuple', 10)" in str(cell.get("outputs")) for cell in kept.cells)

    assert {path: path.read_bytes() for path in before} == before, "the book is as it was"


@pytest.mark.parametrize(
    ("only", "given", "told"),
    [
        (None, "n=4", "no page is named"),
        ("7", "n=4", "no notebook is called '7'"),
        ("01", "", "no other values are given"),
        ("01", "m=4", "has no parameter m; it has: n, sizes"),
    ],
)
def test_what_cannot_be_run_is_told_before_a_kernel_starts(project, monkeypatch, only, given, told):
    monkeypatch.setattr(run_once, "attempt", None)
    with pytest.raises(BuildError, match=told):
        run_once.run_once(project, only=only, given=given)
    assert not project.build.exists()


def test_another_failure_than_a_broken_claim_says_so(project, monkeypatch):
    page, _ = project.pages()
    error = BuildError("notebooks/01_toy.md, cell 3: IndexError: list index out of range", "cure")
    told = run_once.told(project, page, {"n": 4}, error, project.root / "none")
    assert told.message.endswith("this cell does not work with n = 4")
    assert "make book ONLY=01" in told.cure


@pytest.mark.parametrize(
    ("arguments", "variable", "given"),
    [
        (["--set", "n=4", "--set", "sizes=((1, 2),)"], "", "n=4 sizes=((1, 2),)"),
        ([], "n=5 sizes=((1, 2),)", "n=5 sizes=((1, 2),)"),
        (["--set", "n=4"], "n=5", "n=4"),
    ],
)
def test_values_come_from_options_or_from_make(project, monkeypatch, arguments, variable, given):
    seen = []
    monkeypatch.setattr(run_once, "run_once", lambda project, only, given: seen.append((only, given)))
    monkeypatch.setenv("SET", variable)
    monkeypatch.setenv("ONLY", "01")
    command_line.dispatch(project, command_line.parser().parse_args(["run", *arguments]))
    assert seen == [("01", given)]

"""The flows as a whole, with execution and rendering replaced: what is collected, written and refused."""

import json

import nbformat
import pytest

from bookbuild import build
from bookbuild.execute import Execution
from bookbuild.notebook_text import read_text
from bookbuild.project import BuildError, BuildErrors
from bookbuild.run_page import finished

BODY = """\
# Title

```{statement} toy.eq1
One is one.
```

```{code-cell} python
check()
```
"""


@pytest.fixture
def press(make_project, executed, evidence, monkeypatch):
    """A project with two pages; `shown` is what the check of the first one returns when it is executed."""
    project = make_project(**{"01_toy": BODY, "02_other": "# Other\n"})
    shown = [evidence()]
    rendered = []

    def execute(project, pages, jobs):
        for page in pages:
            outputs = executed("# Title", shown) if page.number == "01" else executed("# Other")
            project.executed.mkdir(parents=True, exist_ok=True)
            nbformat.write(finished(read_text(page), outputs, "key", 1.5), page.executed)
        return [Execution(page, 1.5, cached=False) for page in pages]

    monkeypatch.setattr(build, "execute", execute)
    monkeypatch.setattr(build, "render", lambda project, base_url: rendered.append(base_url))
    return project, shown, rendered


def refused(flow, project, only=None):
    with pytest.raises(BuildErrors) as caught:
        flow(project, only=only, jobs=1)
    return str(caught.value)


def test_notebooks_then_book_is_green(press):
    project, _, rendered = press
    said = build.notebooks(project, only=None, jobs=1)
    assert "written: 01_toy.ipynb, 02_other.ipynb, book/ledger.json" in said
    assert "nothing, all was up to date" in build.notebooks(project, only=None, jobs=1)
    said = build.book(project, only=None, jobs=1)
    assert "3.0 s of page time" in said
    assert "statements: 1 holds, 2 planned" in said
    assert said.endswith("index.html")
    assert rendered == [None]


def test_the_address_is_one_variable_of_the_environment(press, monkeypatch):
    project, _, rendered = press
    build.notebooks(project, only=None, jobs=1)
    for given, taken in (("https://example.org/book/", "https://example.org/book/"), ("", "")):
        monkeypatch.setenv("FLOWBOUNDS_BASE_URL", given)
        build.book(project, only=None, jobs=1)
        assert rendered.pop() == taken


def test_everything_wrong_is_told_at_once_and_the_site_is_rendered_to_look_at(press, evidence):
    project, shown, rendered = press
    build.notebooks(project, only=None, jobs=1)
    shown[0] = evidence(margin="2.9", status="inconclusive")
    (project.notebooks / "02_other.ipynb").unlink()
    told = refused(build.book, project)
    assert "cell 2: the output changed" in told
    assert "toy.eq1 is inconclusive" in told
    assert "02_other.md has no committed pair" in told
    assert "book/ledger.json: toy.eq1: status was 'holds', is 'inconclusive'" in told
    assert told.count("cure: ") == 4
    assert len(rendered) == 1
    staged = json.loads((project.stage / "book" / "ledger.json").read_text(encoding="utf-8"))
    assert staged["toy.eq1"]["margin"] == "2.9"


def test_nothing_is_written_when_a_rule_is_broken(press, evidence):
    project, shown, _ = press
    shown[0] = evidence(controls=[])
    assert "no negative control" in refused(build.notebooks, project)
    assert list(project.notebooks.glob("*.ipynb")) == []
    assert not project.ledger.exists()


def test_one_page_alone(press, evidence):
    project, shown, _ = press
    assert "written: 01_toy.ipynb" in build.notebooks(project, only="1", jobs=1)
    assert not project.ledger.exists()
    said = build.book(project, only="01", jobs=1)  # the other page has no pair, and that is not asked now
    assert said.endswith("notebooks/01_toy.html")
    assert "statements" not in said
    assert (project.stage / "notebooks" / "02_other.ipynb").exists()
    shown[0] = evidence(margin="2.9")
    assert "the output changed" in refused(build.book, project, only="01")


def test_a_drifted_pair_and_a_broken_page_rule_are_told(press, monkeypatch):
    project, _, _ = press
    build.notebooks(project, only=None, jobs=1)
    text = project.notebooks / "02_other.md"
    text.write_text(text.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    monkeypatch.setattr(build.page_rules, "faults", lambda *_: [BuildError("a page over its time", "faster")])
    told = refused(build.book, project)
    assert "source differs in notebooks/02_other.ipynb" in told
    assert "a page over its time" in told
    assert "a page over its time" in refused(build.notebooks, project)


def test_a_doubtful_study_is_told_by_the_whole_book_only(press, monkeypatch):
    project, _, _ = press
    build.notebooks(project, only=None, jobs=1)
    doubt = BuildError("studies/toy: 3 of 9 records are missing", "make studies")
    monkeypatch.setattr(build.studies, "verify", lambda project, jobs: [doubt])
    assert "studies/toy: 3 of 9 records are missing" in refused(build.book, project)
    build.book(project, only="01", jobs=1)


def test_costs_are_written_with_the_pages_and_missed_without(press):
    project, _, _ = press
    assert build.notebooks(project, only=None, jobs=1).endswith("book/ledger.json, book/costs.json")
    project.costs.unlink()
    told = refused(build.book, project)
    assert "book/costs.json has no entry for notebooks/01_toy.md\n  cure: make notebooks" in told


def test_a_fault_of_the_rendered_site_is_told(press):
    project, _, _ = press
    build.notebooks(project, only=None, jobs=1)
    (project.html / "notebooks").mkdir(parents=True)  # rendering is replaced, so this is what it finds
    (project.html / "notebooks" / "02_other.html").write_text("<html>no language</html>", encoding="utf-8")
    assert "notebooks/02_other.html: its <html> has no lang" in refused(build.book, project)
    assert build.book(project, only="01", jobs=1).endswith("01_toy.html")  # the other page is as it is


def test_two_builds_in_one_folder_are_refused(press):
    project, _, _ = press
    with build.one_at_a_time(project), pytest.raises(build.BuildError, match="another build is running"):
        build.book(project, only=None, jobs=1)


def test_the_tree_is_left_alone(press):
    project, _, _ = press
    build.notebooks(project, only=None, jobs=1)
    outside = [path for path in project.root.rglob("*") if project.build not in (path, *path.parents)]
    before = {path: path.stat().st_mtime_ns for path in outside}
    build.book(project, only=None, jobs=1)
    outside = [path for path in project.root.rglob("*") if project.build not in (path, *path.parents)]
    assert {path: path.stat().st_mtime_ns for path in outside} == before

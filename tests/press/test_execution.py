"""Pages in real kernels: what is executed, what is kept, and how each failure is told."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from bookbuild.execute import execute
from bookbuild.notebook_text import read_text
from bookbuild.project import BuildError
from bookbuild.run_page import finished, run_page

pytestmark = pytest.mark.press

COUNTED = """\
# A page that counts its executions

```{code-cell} python
:tags: [parameters]
n = 3
```

```{code-cell} python
import os, sys
from pathlib import Path
with Path("count.txt").open("a") as file:
    file.write("x")
print(1 / n, os.environ["OPENBLAS_NUM_THREADS"], Path.cwd().name)
```
"""
FAILING = """\
# A page that fails

```{code-cell} python
print("before")
```

```{code-cell} python
# the ratio
1 / 0
```
"""
WAITING = """\
# A page that waits until it may go on

```{code-cell} python
import time
from pathlib import Path
while not Path("go.txt").exists():
    time.sleep(0.05)
print("went")
```
"""


def code(*sources: str) -> str:
    return "# Page\n\n" + "\n".join(f"```{{code-cell}} python\n{source}\n```\n" for source in sources)


def failure(project, **options) -> BuildError:
    with pytest.raises(BuildError) as caught:
        run_page(project.pages()[0], "key", **options)
    assert list(project.executed.iterdir()) == []  # nothing that could be taken for a page
    return caught.value


def test_only_stale_pages_are_executed_and_a_failure_keeps_the_others(make_project):
    project = make_project(**{"01_counted": COUNTED, "02_failing": FAILING})
    counted, failing = project.pages()

    def count() -> int:
        return len((project.notebooks / "count.txt").read_text(encoding="utf-8"))

    (first,) = execute(project, [counted])
    assert not first.cached
    with pytest.raises(BuildError) as caught:
        execute(project, [counted, failing])
    assert caught.value.message.startswith("notebooks/02_failing.md, cell 3: ZeroDivisionError")
    assert "# the ratio" in caught.value.message
    assert "make book ONLY=02" in caught.value.cure
    assert [path.name for path in project.executed.iterdir()] == ["01_counted.ipynb"]
    assert count() == 1

    failing.text.write_text(
        failing.text.read_text(encoding="utf-8").replace("1 / 0", "1 / 2"), encoding="utf-8"
    )
    assert [one.cached for one in execute(project, [counted, failing])] == [True, False]
    assert count() == 1

    notebook = nbformat.read(counted.executed, as_version=4)
    assert [cell.id for cell in notebook.cells] == ["c000", "c001", "c002"]
    assert notebook.metadata.bookbuild.keys() == {"key", "seconds", "megabytes"}
    assert "papermill" not in counted.executed.read_text(encoding="utf-8")
    assert notebook.cells[2].outputs[0].text == "0.3333333333333333 1 notebooks\n"


def test_a_cell_that_hangs_is_named(make_project):
    project = make_project(**{"01_waiting": WAITING})
    told = failure(project, cell_seconds=1)
    assert "notebooks/01_waiting.md, cell 2: no answer within 1 s" in told.message
    assert "while not Path" in told.message


def test_a_kernel_that_dies_is_named(make_project):
    told = failure(make_project(**{"01_dying": code("import os\nos._exit(1)")}))
    assert "notebooks/01_dying.md, cell 2: the kernel died" in told.message


def test_a_cell_that_ends_the_session_is_named(make_project):
    told = failure(make_project(**{"01_leaving": code("raise SystemExit(0)", "print('never')")}))
    assert "notebooks/01_leaving.md, cell 3: never executed" in told.message


def test_a_killed_build_leaves_no_broken_page_and_the_next_completes(make_project):
    project = make_project(**{"01_waiting": WAITING})
    (page,) = project.pages()
    program = (
        "from pathlib import Path; from bookbuild.execute import execute\n"
        "from bookbuild.project import Project\n"
        f"project = Project(Path({str(project.root)!r})); execute(project, project.pages())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as build:
        deadline = time.monotonic() + 60
        while not page.partial.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(build.pid, signal.SIGKILL)
    assert page.partial.exists()
    assert not page.executed.exists()
    (project.notebooks / "go.txt").touch()
    (done,) = execute(project, [page])
    assert not done.cached
    assert [path.name for path in project.executed.iterdir()] == ["01_waiting.ipynb"]


def test_an_unknown_parameter_is_an_error(make_project):
    project = make_project(**{"01_counted": COUNTED})
    with pytest.raises(BuildError, match="has no parameter nope; it has: n"):
        run_page(project.pages()[0], "key", {"nope": 1})


def test_an_injected_cell_is_not_kept(make_project, executed):
    text = read_text(make_project(**{"01_counted": COUNTED}).pages()[0])
    ran = executed("# A page", [], ["injected"], ["printed"])
    ran.cells[2].metadata["tags"] = ["injected-parameters"]
    kept = finished(text, ran, "key", 1.0)
    assert [len(cell.get("outputs", [])) for cell in kept.cells] == [0, 0, 1]
    assert kept.cells[2].outputs[0].text == "printed"

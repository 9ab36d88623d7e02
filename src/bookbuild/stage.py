"""The staged site: book, configuration and executed pages side by side, exactly as they are rendered."""

import shutil
from collections.abc import Iterable, Mapping
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from bookbuild import ledger
from bookbuild.figure_files import lighten
from bookbuild.figures import write_figures
from bookbuild.notebook_text import read_notebook, read_text
from bookbuild.project import BuildError, Page, Project


def available(pages: Iterable[Page]) -> dict[Page, NotebookNode]:
    """The best that is at hand of each page: its executed copy, else its pair, else its bare text."""
    return {
        page: read_notebook(path)
        if (path := next((one for one in (page.executed, page.pair) if one.exists()), None))
        else read_text(page)
        for page in pages
    }


def stage(
    project: Project, notebooks: Mapping[Page, NotebookNode], entries: Mapping[str, ledger.Entry]
) -> None:
    """Build `_build/stage` beside itself, then put it in its place."""
    fresh = project.build / "stage.partial"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        if not (project.root / name).exists():
            raise BuildError(f"{name} is missing", f"git checkout {name}")
        shutil.copyfile(project.root / name, fresh / name)
    shutil.copytree(project.book, fresh / "book", ignore=shutil.ignore_patterns("__pycache__"))
    if (citation := project.root / "CITATION.cff").exists():
        shutil.copyfile(citation, fresh / citation.name)  # pages say how to cite them
    (fresh / "book" / "ledger.json").write_text(ledger.as_text(entries), encoding="utf-8")
    (fresh / "notebooks").mkdir()
    (texts := fresh / "book" / "_texts").mkdir()
    for page, notebook in notebooks.items():
        nbformat.write(published(notebook), fresh / f"{page.docname}.ipynb")
        if page.text.exists():  # to be downloaded; beside the notebook Sphinx would take it for the page
            shutil.copyfile(page.text, texts / page.text.name)
        write_figures(notebook, fresh / "book" / "_figures")
    shutil.rmtree(project.stage, ignore_errors=True)
    fresh.rename(project.stage)


def published(notebook: NotebookNode) -> NotebookNode:
    """Without the press's own record, whose seconds would make every rendering a new one; pictures light."""
    result = deepcopy(notebook)
    result.metadata.pop("bookbuild", None)
    lighten(result)
    return result

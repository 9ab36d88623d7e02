"""`make run ONLY=14 SET="draws=8"`: one page with other values, beside the book and without touching it."""

from collections.abc import Mapping
from pathlib import Path

import nbformat

from bookbuild import environment
from bookbuild.given_values import read_values, short_name
from bookbuild.notebook_text import read_text
from bookbuild.project import BuildError, Page, Project
from bookbuild.run_page import attempt

FOLDER = "runs"
STOPPED = ".stopped.ipynb"


def run_once(project: Project, *, only: str | None, given: str) -> str:
    """Execute the page into `_build/runs/NN_slug/`; where the notebook is.

    A page that stops is kept as far as it came. No time is too long: larger values are meant to be tried.
    """
    page = one_page(project, only)
    text = read_text(page)
    values = read_values(page, text, given)
    environment.prepare(project)
    folder = project.build / FOLDER / page.name
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"{short_name(values)}.ipynb"
    stopped = whole.with_name(whole.stem + STOPPED)
    for old in (whole, stopped):
        old.unlink(missing_ok=True)
    try:
        attempt(page, text, values, stopped, None, progress=True)
    except BuildError as error:
        raise told(project, page, values, error, stopped) from None
    executed = nbformat.read(stopped, as_version=4)
    executed.metadata.pop("papermill", None)
    nbformat.write(executed, whole)
    stopped.unlink()
    said = f"{page.docname}.md with {shown(values)}: every cell ran, and every assertion held"
    return f"{said}\n{place(project, whole)}"


def one_page(project: Project, only: str | None) -> Page:
    if not only:
        raise BuildError("no page is named", 'make run ONLY=NN SET="name=value"')
    pages = project.select(only)
    if len(pages) > 1:
        names = ", ".join(page.name for page in pages)
        raise BuildError(f"{only!r} means several pages: {names}", f"make run ONLY={pages[0].name} SET=...")
    return pages[0]


def told(
    project: Project, page: Page, values: Mapping[str, object], error: BuildError, stopped: Path
) -> BuildError:
    """The failure of a cell, as it concerns somebody who chose the values."""
    if ": AssertionError" in error.message:
        why = "the published claim was asserted for the published parameters; nothing promises it for"
    else:
        why = "the page is published with other parameters; this cell does not work with"
    message = f"{error.message}\n  {why} {shown(values)}"
    if stopped.exists():
        message += f"\n  the outputs up to there are kept: {place(project, stopped)}"
    return BuildError(message, f"other values; make book ONLY={page.number} runs the page as it is published")


def shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())


def place(project: Project, path: Path) -> str:
    return path.relative_to(project.root).as_posix()

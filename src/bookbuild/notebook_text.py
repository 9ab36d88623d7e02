"""Notebooks as the press reads them: the text as cells, and messages about one cell."""

import difflib
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from bookbuild.project import BuildError, Page

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
DIFF_LINES = 12


def read_text(page: Page) -> NotebookNode:
    """The page's text as a notebook with cells c000, c001, ... and no outputs."""
    try:
        notebook = jupytext.read(page.text, fmt="md:myst")
    except Exception as error:  # jupytext raises many kinds; each means that the text cannot be read
        raise BuildError(
            f"{page.docname}.md cannot be read as a MyST notebook: {error}", "correct the text"
        ) from None
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.setdefault("kernelspec", NotebookNode(KERNEL))
    notebook.metadata["language_info"] = NotebookNode(LANGUAGE)
    number_cells(notebook)
    return notebook


def read_notebook(path: Path) -> NotebookNode:
    """A notebook file; one that cannot be read is an error with a cure, not a traceback."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise BuildError(f"{path.name} cannot be read: {error}", "make notebooks") from None


def number_cells(notebook: NotebookNode) -> None:
    """Ids by position, so that the same page always has the same bytes."""
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"c{index:03d}"


def joined(text: str | list[str]) -> str:
    """Notebook files may hold a text as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def short_diff(old: str, new: str, old_name: str, new_name: str) -> str:
    """A unified diff of at most a dozen lines, indented for a message."""
    lines = list(
        difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="", n=1)
    )
    shown = lines[:DIFF_LINES]
    if len(lines) > DIFF_LINES:
        shown.append(f"... {len(lines) - DIFF_LINES} more lines")
    return "\n".join(f"    {line[:200]}" for line in shown)


def first_lines(source: str, count: int = 5) -> str:
    lines = source.splitlines()
    shown = lines[:count] + (["..."] if len(lines) > count else [])
    return "\n".join(f"    {line}" for line in shown)


def without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)

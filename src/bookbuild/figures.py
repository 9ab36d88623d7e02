"""Named figures of executed pages, as files that pages without code can show, with their data beside them."""

import base64
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.figure_files import data_in, without_data
from bookbuild.notebook_text import joined

DATA = "_data"  # the folder of the tables, beside that of the pictures

# One grey pixel: stands for a figure that has not been drawn yet, when only one page is shown.
PLACEHOLDER = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGO4CwAA3wDeKXlwtgAAAABJRU5ErkJggg=="
)


def figure_name(cell: NotebookNode) -> str | None:
    """The name that MyST-NB gives a cell's figure, from `mystnb: {figure: {name: ...}}`."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    return figure.get("name")


def figure_of(cell: NotebookNode) -> str | None:
    """The cell's first PNG, in base64."""
    for output in cell.get("outputs", []):
        if "image/png" in output.get("data", {}):
            return joined(output["data"]["image/png"])
    return None


def write_figures(notebook: NotebookNode, folder: Path) -> None:
    """Each named figure as `folder/<name>.png`, and its table, if it has rows, as `<name>.csv` in `_data`."""
    for cell in notebook.cells:
        name = figure_name(cell)
        if name:
            folder.mkdir(exist_ok=True)
            figure = figure_of(cell)
            png = base64.b64decode(figure) if figure else PLACEHOLDER
            (folder / f"{name}.png").write_bytes(without_data(png))
            table = data_in(png) or ""
            if table.count("\n") > 1:
                (tables := folder.with_name(DATA)).mkdir(exist_ok=True)
                (tables / f"{name}.csv").write_bytes(table.encode())

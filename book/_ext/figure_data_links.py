"""Below a figure's caption a link to its data: the CSV that the press took out of the picture.

A figure of a page is known by its name, a picture of `_figures` on a page without code by its file. Where
there is no table, as on a page that has not been executed, there is no link.
"""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import dirname, relpath
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from statement_links import SITE_BUILDERS

TABLES = "book/_data"  # relative to the Sphinx source folder, where the press puts them
ADDRESS = "_data"  # in the site
PICTURES = "_figures"


def table_of(figure: nodes.figure, tables: Path) -> str | None:
    """The name of the figure's table."""
    names = [*figure["names"], *figure["ids"]]
    for image in figure.findall(nodes.image):
        picture = PurePosixPath(image["uri"])
        names += [picture.stem] if picture.parent.name == PICTURES else []
    return next((name for name in names if (tables / f"{name}.csv").exists()), None)


def called(app: Sphinx, figure: nodes.figure, docname: str, name: str) -> str:
    """What readers call the figure: its number, else its name."""
    numbers = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    found = next((numbers[one] for one in figure["ids"] if one in numbers), None)
    return app.config.numfig_format["figure"] % ".".join(map(str, found)) if found else name


def add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the link at the end of each caption; figures have their numbers by now."""
    if app.builder.name not in SITE_BUILDERS:
        return
    tables = Path(app.srcdir) / TABLES
    for figure in list(doctree.findall(nodes.figure)):
        name = table_of(figure, tables)
        if name is None:
            continue
        here = dirname(app.builder.get_target_uri(docname)) or "."
        address = relpath(f"{ADDRESS}/{quote(name)}.csv", here)
        words = f"Data of {called(app, figure, docname, name)} (CSV)"
        # Raw, because docutils has no `download`, which keeps the browser from showing a long table.
        link = f'<a href="{escape(address)}" download>{escape(words)}</a>'
        legend = next(iter(figure.findall(nodes.legend)), None)
        if legend is None:
            figure += (legend := nodes.legend())
        legend += nodes.paragraph("", "", nodes.raw("", link, format="html"), classes=["fb-data"])


def copy_tables(app: Sphinx, exception: Exception | None) -> None:
    """The tables under addresses that last: `_data/<name of the figure>.csv`."""
    tables = Path(app.srcdir) / TABLES
    if exception is None and app.builder.name in SITE_BUILDERS and tables.is_dir():
        shutil.copytree(tables, Path(app.outdir) / ADDRESS, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("doctree-resolved", add_links)
    app.connect("build-finished", copy_tables)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

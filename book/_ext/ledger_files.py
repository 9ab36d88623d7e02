"""What the site offers beside its pages: the record's files, and a short address for each statement.

`s/ge2021.lemma7/` leads to the statement wherever it stands now, on whichever page. Ids are never dropped, so
these addresses last; they are small pages that send the reader on without a script.
"""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from posixpath import relpath

from docutils import nodes
from record import Statement, load, short_file_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from statement_links import RECORD_FILES, SITE_BUILDERS, place_of, statements_of

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={address}">
<title>{id}</title>
</head>
<body>
<p><a href="{address}">{id}: {heading}</a></p>
</body>
</html>
"""


def redirect_page(statement: Statement, target: str) -> str:
    """The page behind a short address; `target` is seen from the site's root."""
    address = relpath(target, Path(short_file_of(statement.id)).parent.as_posix())
    return PAGE.format(address=escape(address), id=escape(statement.id), heading=escape(statement.heading))


def write_short_addresses(app: Sphinx) -> None:
    domain = app.env.get_domain("statement")
    for statement in load(Path(app.srcdir) / "book").values():
        place = place_of(domain, statement.id)
        if place is None:
            continue  # a site without a ledger page
        file = Path(app.outdir) / short_file_of(statement.id)
        file.parent.mkdir(parents=True, exist_ok=True)
        target = f"{app.builder.get_target_uri(place[0])}#{place[1]}"
        file.write_text(redirect_page(statement, target), encoding="utf-8")


def copy_record(app: Sphinx) -> None:
    """Both files under their own names, so that their addresses last as well."""
    for name in RECORD_FILES:
        source, goal = Path(app.srcdir) / name, Path(app.outdir) / name
        if source.exists():
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, goal)


def on_build_finished(app: Sphinx, exception: Exception | None) -> None:
    there = (Path(app.srcdir) / RECORD_FILES[0]).exists()  # a site without statements may use the rest
    if exception is None and app.builder.name in SITE_BUILDERS and there:
        write_short_addresses(app)
        copy_record(app)


class FilesDirective(SphinxDirective):
    """`{ledger-files}`: links to the record's files, with their sizes."""

    def run(self) -> list[nodes.Node]:
        items = []
        for name in RECORD_FILES:
            file = Path(self.env.srcdir) / name
            size = f" ({file.stat().st_size / 1000:.0f} kB)" if file.exists() else ""
            # Raw, because docutils has no `download`, which keeps the browser from showing a long text.
            here = relpath(name, Path(self.env.docname).parent.as_posix())
            link = f'<a href="{escape(here)}" download>{escape(file.name)}</a>'
            text = nodes.paragraph("", "", nodes.raw("", link, format="html"), nodes.Text(size))
            items.append(nodes.list_item("", text))
        statements_of(self.env)  # the page depends on both files
        return [nodes.bullet_list("", *items)]


def register(app: Sphinx) -> None:
    app.add_directive("ledger-files", FilesDirective)
    app.connect("build-finished", on_build_finished)

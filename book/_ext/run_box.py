"""The section "Run this page" at the end of every executed page: its parameters, its time and memory, the
commands that run it again as it is and with other values, and how to cite it.

Nothing in it is typed: the parameters come from the page's own cell, the costs from costs.json, which
`make notebooks` writes, the rest from CITATION.cff and the configuration.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from citation import FILE as CITATION
from citation import Work, bibtex, read_work, sentence
from dependency_graph import folded
from docutils import nodes
from ledger_tables import row, table
from nbformat import NotebookNode
from run_commands import by_papermill, colab_cell, launches, make_book, make_run
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from bookbuild.parameters import Parameter, example, parameters_of

logger = logging.getLogger(__name__)

FOLDER = "notebooks/"
ANCHOR = "run-this-page"
TITLE = "Run this page"


def paragraph(*parts: str | nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *(nodes.Text(one) if isinstance(one, str) else one for one in parts))


def code(text: str) -> nodes.literal:
    return nodes.literal("", text)


def block(text: str, language: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language)


def link(text: str, address: str) -> nodes.reference:
    return nodes.reference("", text, refuri=address)


def parameter_table(parameters: list[Parameter]) -> nodes.Node:
    rows = [row([code(one.left)], [code(one.default)], one.meaning) for one in parameters]
    return table(("Parameter", "Value", "Meaning"), rows, "fb-parameters")


def cost_text(costs: dict[str, Any]) -> str:
    """Empty where nothing has been recorded yet."""
    if not costs:
        return ""
    memory = f" and {costs['megabytes']} MB of memory" if costs.get("megabytes") else ""
    machine = "on one thread of the machine that last ran make notebooks"
    return f"This page takes about {costs['seconds']} s{memory}, {machine}."


class RunBox(SphinxTransform):
    """Append the section while the page is read, so that contents, downloads and search know it."""

    default_priority = 860  # before Sphinx, at 880, collects what a page has

    def apply(self, **_: Any) -> None:
        docname = self.env.docname
        path = Path(self.env.srcdir) / f"{docname}.ipynb"
        top = next(iter(self.document.findall(nodes.section)), None)
        if not docname.startswith(FOLDER) or not path.exists() or top is None:
            return
        notebook = nbformat.read(path, as_version=4)
        section = nodes.section(ids=[ANCHOR], names=[ANCHOR], classes=["fb-run"])
        section += nodes.title("", TITLE)
        section += self.running(docname, notebook)
        section += self.taking_along(docname)
        section += self.citing(docname, top)
        top += section

    def running(self, docname: str, notebook: NotebookNode) -> list[nodes.Node]:
        """Cost, parameters and commands."""
        number = docname.removeprefix(FOLDER)[:2]
        parameters = parameters_of(notebook)
        given = notebook.metadata.get("flowbounds", {})
        values = str(given.get("other_values") or example(parameters))
        words = str(given.get("other_words") or "with another value, for example")
        cost = cost_text(self.costs().get(docname.removeprefix(FOLDER), {}))
        start = "In a copy of the repository, it runs again and is compared with what it says here by"
        result: list[nodes.Node] = [paragraph(f"{cost} {start}".strip()), block(make_book(number), "bash")]
        if not parameters:
            return [*result, paragraph("The page has no parameters.")]
        result += [paragraph("Its parameters:"), parameter_table(parameters)]
        if not values:
            return result
        result += [
            paragraph("Run it ", words, ":"),
            block(make_run(number, values), "bash"),
            paragraph(
                *(
                    "The notebook with the new outputs lies in ",
                    code("_build/runs"),
                    " then. An assertion may ",
                ),
                *(
                    "fail: it was made for the values above. Without ",
                    code("make"),
                    ", in an environment made ",
                ),
                *("from ", code("requirements.lock"), ":"),
            ),
            block(by_papermill(docname, values), "bash"),
        ]
        return result

    def taking_along(self, docname: str) -> list[nodes.Node]:
        """What can be downloaded, and where the page runs in a browser."""
        name = docname.removeprefix(FOLDER)
        up = "../" * docname.count("/")
        address = escape(f"{up}_sources/{docname}.ipynb")
        html = f'<a class="reference download" download="" href="{address}">notebook with outputs</a>'
        parts: list[str | nodes.Node] = ["To take along: the ", nodes.raw("", html, format="html")]
        text = f"book/_texts/{name}.md"
        if (Path(self.env.srcdir) / text).exists():
            target = addnodes.download_reference("", "", refdoc=docname, reftarget=f"/{text}")
            target += nodes.Text("its text")
            parts += [", and ", target, " (MyST), from which it is made"]
        result: list[nodes.Node] = [paragraph(*parts, ".")]
        found = launches(self.config.html_theme_options, docname)
        if found.binder:
            result.append(paragraph("In a browser: ", link("run it on Binder", found.binder), "."))
        if found.colab:
            first = "; its machine lacks the library, so let the first cell be"
            result += [
                paragraph(link("Open it in Colab", found.colab), first),
                block(colab_cell(found.repository), "ipython"),
            ]
        return result

    def citing(self, docname: str, top: nodes.section) -> list[nodes.Node]:
        work = self.work()
        if work is None:
            return []
        title = next(iter(top.findall(nodes.title))).astext()
        base = str(self.config.html_baseurl or "").rstrip("/")
        address = f"{base}/{docname}.html" if base else ""
        before, whole, after = sentence(work, title)
        parts: list[str | nodes.Node] = ["To cite this page: ", before, nodes.emphasis("", whole), after]
        if address:
            parts += [" ", link(address, address)]
        return [
            paragraph(*parts),
            *folded("As BibTeX", block(bibtex(work, docname, title, address), "bibtex")),
        ]

    def costs(self) -> dict[str, Any]:
        path = Path(self.env.srcdir) / "book" / "costs.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def work(self) -> Work | None:
        path = Path(self.env.srcdir) / CITATION
        if not path.exists():
            logger.warning("%s is missing: pages cannot say how to cite them", CITATION)
            return None
        return read_work(path, str(self.config.copyright))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(RunBox)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Small Sphinx projects for the book's directives, built in a temporary folder."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sphinx.testing.util import SphinxTestApp

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ROOT / "book" / "_ext"
# The extensions are single files that Sphinx finds on the path, as it does in the book.
sys.path.insert(0, str(EXTENSIONS))

CONF = """
extensions = ["myst_parser", "sphinxcontrib.bibtex", "statements"]
source_suffix = {".rst": "restructuredtext"}  # a set of its own: what others add to Sphinx's default stays
bibtex_bibfiles = ["book/references.bib"]
bibtex_reference_style = "author_year"
myst_enable_extensions = ["dollarmath"]
root_doc = "book/index"
html_theme = "basic"
nitpicky = True
"""
STATEMENTS = """
ge2021:
  eq1: {label: "Equation (1)", kind: identity, title: "Flow of one component"}
  lemma5.1: {label: "Lemma 5.1", kind: inequality, title: "Only some become large", uses: [eq1]}
  tpd_exact: {label: "beyond the text", kind: identity, extension: true, title: "Closed form", uses: [eq1]}
min2022:
  scalarL.exact: {label: "Section 2", kind: asymptotic, title: "Depth", uses: [ge2021.eq1, ge2021.lemma5.1]}
"""
ENTRY = {
    "kind": "identity",
    "status": "holds",
    "margin": "1.7",
    "error": "< 1e-12",
    "instances": 400,
    "vacuous": 0,
    "sizes": {"d": [2, 11]},
    "seeds": [1],
    "where": "trial 17",
    "controls": [{"name": "three for four", "result": "-12", "violates": True}],
    "tried": [],
    "printed": None,
    "holds_from": None,
    "required": None,
    "reachable": None,
    "constants": {},
    "prior": "",
    "note": "",
    "page": "notebooks/one",
}
INDEX = "# Front\n\n```{toctree}\n:glob:\n\n*\n```\n\n```{bibliography}\n:all:\n```\n"


@dataclass(frozen=True)
class Site:
    """A built project: the pages' HTML by name, the warnings, and the folder of the site."""

    html: dict[str, str]
    warnings: list[str]
    out: Path


Build = Callable[..., Site]


def entry(**changes: Any) -> dict[str, Any]:
    """A ledger entry with some fields changed."""
    return {**ENTRY, **changes}


@pytest.fixture(scope="module")
def build_site(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build pages given as `name=markdown`; every page lies in `book/`, beside the front page."""

    def build(ledger: dict[str, Any] | None = None, /, **pages: str) -> Site:
        source = tmp_path_factory.mktemp("site")
        book = source / "book"
        book.mkdir()
        (source / "conf.py").write_text(CONF)
        (book / "statements.yml").write_text(STATEMENTS)
        (book / "ledger.json").write_text(json.dumps(ledger or {}))
        (book / "references.bib").write_text((ROOT / "book" / "references.bib").read_text("utf-8"))
        (book / "index.md").write_text(INDEX)
        for name, text in pages.items():
            (book / f"{name}.md").write_text(text)
        warnings = StringIO()
        app = SphinxTestApp("html", srcdir=source, warning=warnings)
        try:
            app.build()
        finally:
            app.cleanup()
        html = {name: (app.outdir / "book" / f"{name}.html").read_text("utf-8") for name in pages}
        return Site(
            html, [line for line in warnings.getvalue().splitlines() if line.strip()], Path(app.outdir)
        )

    return build


@pytest.fixture(scope="session")
def make_entry() -> Callable[..., dict[str, Any]]:
    return entry


@pytest.fixture(scope="session")
def statements_text() -> str:
    return STATEMENTS

"""Make the site whole on its own: formulas and scripts come from it, and nothing is fetched elsewhere."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MATHJAX_PACKAGE = "sphinx-mathjax-offline"  # the dashes are the installed package's own
# The combined component, its fonts, and the TeX extensions it loads on demand (\boldsymbol, \cancel, ...):
# about 2 MB of the package's 20. The rest is other input and output formats and speech.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def mathjax_source() -> Path:
    """The folder of MathJax's files inside the installed package."""
    spec = find_spec(MATHJAX_PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"{MATHJAX_PACKAGE} is not installed: install requirements.lock")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(source: Path, target: Path) -> None:
    """Copy the needed parts of MathJax to `target`."""
    for part in MATHJAX_PARTS:
        origin, goal = source / part, target / part
        if origin.is_dir():
            shutil.copytree(origin, goal, dirs_exist_ok=True)
        else:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, goal)


def on_build_finished(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        copy_mathjax(mathjax_source(), Path(app.outdir) / "_static" / "mathjax")


def is_thebe(asset: Any) -> bool:
    """Whether a script or style belongs to sphinx-thebe, which runs code on an outside server."""
    body = getattr(asset, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(asset, "filename", asset)) or "THEBE_JS_URL" in body


def drop_thebe_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave sphinx-thebe's scripts out: they name an outside host and declare their constants twice."""
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context.get(kind, []) if not is_thebe(asset)]


def drop_thebe_blocks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Leave out what sphinx-thebe appends to every page: settings for somebody else's repository."""
    for node in list(doctree.findall(nodes.raw)):
        if "text/x-thebe-config" in node.astext() or node.astext().startswith("<script>kernelName"):
            node.parent.remove(node)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", on_build_finished)
    # After the extensions that add what is dropped (Sphinx's default priority is 500).
    app.connect("html-page-context", drop_thebe_assets, priority=900)
    app.connect("doctree-resolved", drop_thebe_blocks, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

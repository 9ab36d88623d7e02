"""Text and committed pair: the same cells, or a message that says where they part."""

import json
from collections.abc import Callable
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from bookbuild.notebook_text import KERNEL, LANGUAGE, number_cells, read_notebook, read_text, short_diff
from bookbuild.project import BuildError, Page, Project

OWN_METADATA = "flowbounds"  # what a page's front matter says to the book
CURE = "make notebooks   (it rewrites the pair from the text; edits belong in the text)"


def unpaired(project: Project) -> list[BuildError]:
    """Texts without a pair, and pairs whose text is gone."""
    texts = {page.name for page in project.pages()}
    pairs = {path.stem for path in project.notebooks.glob("*.ipynb")}
    return [
        BuildError(f"notebooks/{name}.md has no committed pair notebooks/{name}.ipynb", "make notebooks")
        for name in sorted(texts - pairs)
    ] + [
        BuildError(
            f"notebooks/{name}.ipynb has no text notebooks/{name}.md", f"git rm notebooks/{name}.ipynb"
        )
        for name in sorted(pairs - texts)
    ]


def drift(page: Page) -> list[BuildError]:
    """Every cell in which the committed pair differs from the text; nothing is said of outputs here."""
    if not page.pair.exists():
        return []  # told by `unpaired`
    return compare(page, read_text(page), read_notebook(page.pair))


def compare(page: Page, text: NotebookNode, pair: NotebookNode) -> list[BuildError]:
    if len(text.cells) != len(pair.cells):
        message = f"{page.docname}.ipynb has {len(pair.cells)} cells, its text has {len(text.cells)}"
        return [BuildError(f"{message}{first_difference(text, pair)}", CURE)]
    problems = []
    for index, (ours, theirs) in enumerate(zip(text.cells, pair.cells, strict=True)):
        for what, view in VIEWS.items():
            if view(ours) != view(theirs):
                diff = short_diff(view(ours), view(theirs), "text", "pair")
                message = f"{page.cell(index)}: {what} differs in {page.docname}.ipynb"
                problems.append(BuildError(f"{message}\n{diff}", CURE))
    return problems


def metadata_of(cell: NotebookNode) -> str:
    """All metadata but the tags, as sorted text."""
    others = {name: value for name, value in cell.metadata.items() if name != "tags"}
    return json.dumps(others, indent=1, sort_keys=True, ensure_ascii=False)


VIEWS: dict[str, Callable[[NotebookNode], str]] = {
    "type": lambda cell: str(cell.cell_type),
    "source": lambda cell: str(cell.source),
    "list of tags": lambda cell: ", ".join(cell.metadata.get("tags", [])),
    "metadata": metadata_of,
}


def first_difference(text: NotebookNode, pair: NotebookNode) -> str:
    for index, (ours, theirs) in enumerate(zip(text.cells, pair.cells, strict=False)):
        if ours.source != theirs.source or ours.cell_type != theirs.cell_type:
            diff = short_diff(ours.source, theirs.source, "text", "pair")
            return f"; the first that differs is cell {index + 1}\n{diff}"
    return ""


def make_pair(text: NotebookNode, executed: NotebookNode) -> str:
    """The committed file: the text's cells with text outputs; same page, same bytes."""
    pair = deepcopy(text)
    own = {name: given for name, given in text.metadata.items() if name == OWN_METADATA}
    pair.metadata = NotebookNode(
        kernelspec=pair.metadata.get("kernelspec", KERNEL), language_info=LANGUAGE, **own
    )
    for cell, ran in zip(pair.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = text_outputs(ran.outputs)
            cell.execution_count = ran.execution_count
    number_cells(pair)
    return nbformat.writes(pair).rstrip("\n") + "\n"


def text_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """What is kept of a cell's outputs: texts and typed data, and names of glued values; nothing else."""
    kept = []
    for output in deepcopy(outputs):
        if "data" in output:
            output["data"] = {
                kind: data for kind, data in output["data"].items() if not kind.startswith("image/")
            }
            # Without the name, a site that is made from the pair would have gaps in its prose.
            named = output.get("metadata", {}).get("scrapbook")
            output["metadata"] = {"scrapbook": named} if named else {}
            if not output["data"]:
                continue
        kept.append(NotebookNode(output))
    return kept


def write_pair(page: Page) -> bool:
    """Rewrite the committed pair from the text and its executed copy; True when its bytes changed."""
    new = make_pair(read_text(page), read_notebook(page.executed))
    if page.pair.exists() and page.pair.read_text(encoding="utf-8") == new:
        return False
    page.pair.write_text(new, encoding="utf-8")
    return True

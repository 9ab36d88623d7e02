"""What no page may do, whatever it is about."""

import base64
import io
import tokenize
from collections.abc import Iterator

from nbformat import NotebookNode

from bookbuild import glued
from bookbuild.figure_files import data_in
from bookbuild.figures import figure_name, figure_of
from bookbuild.machine_traces import text_of, traces
from bookbuild.notebook_text import first_lines, joined
from bookbuild.project import BuildError, Page

LAYOUT = {tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}
# What a page may take on one thread: longer runs are studies, whose records a page reads.
PAGE_SECONDS = 60
MEAN_SECONDS = 25  # of all pages; above it the summary warns


def faults(page: Page, executed: NotebookNode) -> list[BuildError]:
    """What an executed page must not do or lack: faults of a cell, of glued numbers, the counts, the time."""
    problems = [
        BuildError(f"{page.cell(index)}: {what}", f"{cure}, then make book ONLY={page.number}")
        for index, cell in enumerate(executed.cells)
        if cell.cell_type == "code"
        for what, cure in [*faults_of(cell), *machine_faults(cell, page)]
    ]
    problems += glued.faults(page, executed)
    return problems + uncounted(page, executed, page.executed.name) + too_slow(page, executed)


def faults_of(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    """Pairs of fault and cure of one executed cell."""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            said = first_lines(joined(output.text).strip())
            yield f"it wrote to stderr (warnings are errors)\n{said}", "remove the cause"
        elif output.output_type == "error":
            yield f"{output.ename}: {output.evalue}", "catch the exception and show what matters"
        elif "image/svg+xml" in output.get("data", {}):
            yield "an SVG figure, whose text differs between machines", "show it as PNG"
    name = figure_name(cell)
    if name and figure_of(cell) is None:
        yield f"it names the figure {name!r} but shows no PNG", "show the figure in this cell"
    elif name and data_in(base64.b64decode(figure_of(cell) or "")) is None:
        yield f"the figure {name!r} carries no data", "show it with flowbounds.figures.show"
    if name:
        shown = cell.metadata["mystnb"]
        if not str(shown.get("image", {}).get("alt", "")).strip():
            yield f"the figure {name!r} has no alternative text", "say what one sees in mystnb.image.alt"
        if not str(shown["figure"].get("caption", "")).strip():
            yield f"the figure {name!r} has no caption", "state its conclusion in mystnb.figure.caption"
    if ends_with_semicolon(cell.source):
        # nbval runs cells outside of the history, and there IPython does not see the semicolon.
        yield "a semicolon at the end hides the result in some kernels only", "assign the result to `_`"


def machine_faults(cell: NotebookNode, page: Page) -> Iterator[tuple[str, str]]:
    """Traces of the machine in the outputs; the next machine would show others."""
    for output in cell.outputs:
        for what, trace in traces(text_of(output), page.root):
            yield f"its output holds {what}: {trace}", "print what a reader needs instead"


def uncounted(page: Page, notebook: NotebookNode, file: str) -> list[BuildError]:
    """The first cell whose execution count is not its place among the cells that run."""
    running = [
        (index, cell)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()  # an empty cell is not executed
    ]
    for place, (index, cell) in enumerate(running, start=1):
        if cell.execution_count != place:
            message = f"{page.cell(index)}: execution count {cell.execution_count} in {file}, not {place}"
            return [BuildError(message, "run it from the top: remove that file, then make notebooks")]
    return []


def too_slow(page: Page, executed: NotebookNode) -> list[BuildError]:
    seconds = executed.metadata.get("bookbuild", {}).get("seconds", 0.0)
    if seconds <= PAGE_SECONDS:
        return []
    return [
        BuildError(
            f"{page.docname}.md took {seconds:.0f} s, and a page has {PAGE_SECONDS} s",
            f"move the long part to a study; if the machine was busy, remove {page.executed.name} from "
            f"_build/executed, then make book ONLY={page.number}",
        )
    ]


def ends_with_semicolon(source: str) -> bool:
    try:
        tokens = [
            one for one in tokenize.generate_tokens(io.StringIO(source).readline) if one.type not in LAYOUT
        ]
    except (tokenize.TokenError, SyntaxError):
        return False  # a magic; what it does is seen in its outputs
    return bool(tokens) and tokens[-1].string == ";"

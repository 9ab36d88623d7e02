"""What no page may do, whatever it is about."""

import io
import tokenize
from collections.abc import Iterator

from nbformat import NotebookNode

from bookbuild.figures import figure_name, figure_of
from bookbuild.notebook_text import first_lines, joined
from bookbuild.project import BuildError, Page

LAYOUT = {tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}


def faults(page: Page, executed: NotebookNode) -> list[BuildError]:
    """Warnings, errors, vector images, named figures without a picture, silencing semicolons."""
    return [
        BuildError(f"{page.cell(index)}: {what}", f"{cure}, then make book ONLY={page.number}")
        for index, cell in enumerate(executed.cells)
        if cell.cell_type == "code"
        for what, cure in faults_of(cell)
    ]


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
    if ends_with_semicolon(cell.source):
        # nbval runs cells outside of the history, and there IPython does not see the semicolon.
        yield "a semicolon at the end hides the result in some kernels only", "assign the result to `_`"


def ends_with_semicolon(source: str) -> bool:
    try:
        tokens = [
            one for one in tokenize.generate_tokens(io.StringIO(source).readline) if one.type not in LAYOUT
        ]
    except (tokenize.TokenError, SyntaxError):
        return False  # a magic; what it does is seen in its outputs
    return bool(tokens) and tokens[-1].string == ";"

"""The parameters of a page, read from the cell tagged `parameters`: names, default, meaning."""

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode


@dataclass(frozen=True)
class Parameter:
    """One assignment: `d, m = 10, 50  # dimension and components` has two names, one default, one meaning."""

    names: tuple[str, ...]
    default: str  # as it is written, on one line
    meaning: str

    @property
    def left(self) -> str:
        return ", ".join(self.names)


def parameters_of(notebook: NotebookNode) -> list[Parameter]:
    """All of a page, in the order of the page."""
    return [one for cell in parameter_cells(notebook) for one in read_parameters(cell.source)]


def parameter_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]


def names_of(parameters: Iterable[Parameter]) -> list[str]:
    return [name for one in parameters for name in one.names]


def read_parameters(source: str) -> list[Parameter]:
    """The assignments of one cell, with their comments.

    A comment belongs to the assignment beside which it stands; on a line of its own, to the one before when
    it is indented, else to the next one, if that has none of its own.
    """
    statements = ast.parse(source).body
    beside: dict[int, list[str]] = {}
    above: dict[int, list[str]] = {}
    for line, column, text in comments_of(source):
        begun = [place for place, one in enumerate(statements) if one.lineno <= line]
        if begun and (column or line <= (statements[begun[-1]].end_lineno or 0)):
            beside.setdefault(begun[-1], []).append(text)
        else:
            above.setdefault(len(begun), []).append(text)
    found = []
    for place, one in enumerate(statements):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            names = tuple(
                node.id for left in targets for node in ast.walk(left) if isinstance(node, ast.Name)
            )
            meaning = " ".join(beside.get(place) or above.get(place) or [])
            found.append(Parameter(names, one_line(source, one.value), meaning))
    return found


def comments_of(source: str) -> list[tuple[int, int, str]]:
    """Line, column and text of each comment."""
    return [
        (*token.start, token.string.lstrip("#").strip())
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]


def one_line(source: str, value: ast.expr) -> str:
    """A value as it is written; one on several lines, or with comments in it, is written anew."""
    written = ast.get_source_segment(source, value) or ""
    return written if "\n" not in written else ast.unparse(value)


def example(parameters: Iterable[Parameter]) -> str:
    """Another value of the first parameter that is one number: `draws=12`; nothing if there is none."""
    for one in parameters:
        if len(one.names) == 1:
            try:
                changed = other_than(ast.literal_eval(one.default))
            except (ValueError, SyntaxError):  # an expression
                continue
            if changed is not None:
                return f"{one.names[0]}={changed!r}".replace(" ", "")
    return ""


def other_than(value: object) -> object:
    """A number about half of the given one, so that the page takes no longer; None for other things."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value // 2 if value > 3 else value + 1
    return value / 2 if isinstance(value, float) else None

"""Docstrings as Sphinx receives them: which lines are prose, and what plain notation means there.

Pure functions on lists of lines, changed in place as autodoc asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

CODE_OR_BAR = re.compile(r"(``.+?``|`[^`]+`)|(?<!\\)\|", re.S)


def is_prose(lines: Sequence[str]) -> list[bool]:
    """Whether each line is prose: no example (`>>>` to the next blank line), and in no directive."""
    answers = []
    example, directive = False, None  # the indent of the directive that the line may belong to
    for line in lines:
        text, depth = line.strip(), len(line) - len(line.lstrip())
        if directive is not None and text and depth <= directive:
            directive = None
        if directive is None and text.startswith(".. "):
            directive = depth
        example = text.startswith(">>>") or (example and bool(text))
        answers.append(directive is None and not example)
    return answers


def change_prose(lines: list[str], change: Callable[[str], str]) -> None:
    """Apply `change`, which keeps line breaks, to each run of prose (a formula may go over two lines)."""
    for prose, run in groupby(range(len(lines)), key=is_prose(lines).__getitem__):
        if prose:
            first, *others = run
            part = slice(first, first + 1 + len(others))
            lines[part] = change("\n".join(lines[part])).split("\n")


def escape_bars(text: str) -> str:
    """Let |x| be an absolute value, not a substitution; code and formulas are left alone."""
    return CODE_OR_BAR.sub(lambda found: found[1] or r"\|", text)


def set_examples_apart(lines: list[str]) -> None:
    """Give examples after another section a heading; napoleon would take them for a part of that section."""
    first = next((number for number, line in enumerate(lines) if line.startswith(">>>")), None)
    if first is not None and any(re.fullmatch(r"-{3,}", line) for line in lines[:first]):
        lines[first:first] = ["Examples", "--------"]

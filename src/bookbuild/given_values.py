"""Values given for a page's parameters, as in `draws=8 sizes=((20, 5, 120),)`: read, checked, named."""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Mapping
from itertools import pairwise

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from bookbuild.notebook_text import read_text
from bookbuild.parameters import Parameter, example, names_of, parameter_cells, parameters_of
from bookbuild.project import BuildError, Page

SHORT = 60  # characters of a file's name


class ValuesError(ValueError):
    """The text does not say which parameter gets which value."""


def parse_values(text: str) -> dict[str, object]:
    """The values by name. Each is a Python literal, which may have spaces; commas between are allowed."""
    text = " ".join(text.split("\n")).strip()
    if not text:
        return {}
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ValuesError(f"{text!r} cannot be read: {error.args[0]}") from None
    marks = beginnings(tokens)
    if not marks or marks[0][0]:
        raise ValuesError(f"{text!r} does not begin with name=value")
    ends = [start for start, _, _ in marks[1:]] + [len(text)]
    values: dict[str, object] = {}
    for (_, name, begin), end in zip(marks, ends, strict=True):
        written = text[begin:end].strip().removesuffix(",")
        if name in values:
            raise ValuesError(f"{name} is given twice")
        try:
            values[name] = ast.literal_eval(written)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise ValuesError(
                f"{name}: {written!r} is no Python literal (quote a text, write out sums)"
            ) from None
    return values


def beginnings(tokens: list[tokenize.TokenInfo]) -> list[tuple[int, str, int]]:
    """Where each `name=` outside of brackets begins, its name, and where its value begins."""
    found = []
    depth = 0
    for token, following in pairwise(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NAME and following.string == "=" and depth == 0:
            found.append((token.start[1], token.string, following.end[1]))
    return found


def read_values(page: Page, text: NotebookNode, given: str) -> dict[str, object]:
    """What is given for this page; a fault is told with the page's parameters and a cure."""
    known = parameters_of(text)
    try:
        values = parse_values(given)
    except ValuesError as error:
        raise BuildError(f"SET: {error}\n{listed(page, known)}", cure_of(page, known)) from None
    if not values:
        raise BuildError(f"no other values are given\n{listed(page, known)}", cure_of(page, known))
    require_known(page, text, values)
    return values


def faults(page: Page) -> list[BuildError]:
    """What the page's front matter offers as other values must be values of its parameters."""
    text = read_text(page)
    offered = text.metadata.get("flowbounds", {}).get("other_values")
    if offered is None:
        return []
    try:
        read_values(page, text, str(offered))
    except BuildError as error:
        place = f"{page.docname}.md, flowbounds.other_values in its front matter"
        return [BuildError(f"{place}: {error.message}", f"correct it, then make book ONLY={page.number}")]
    return []


def require_known(page: Page, text: NotebookNode, values: Mapping[str, object]) -> None:
    """papermill only logs an unknown parameter; here it is an error."""
    known = parameters_of(text)
    names = sorted(names_of(known))
    if unknown := sorted(set(values) - set(names)):
        raise BuildError(
            f"{page.docname}.md has no parameter {', '.join(unknown)}; it has: {', '.join(names) or 'none'}"
            + (f"\n{listed(page, known)}" if known else ""),
            cure_of(page, known),
        )


def listed(page: Page, known: list[Parameter]) -> str:
    """The page's parameters, their defaults and meanings, one a line."""
    if not known:
        return f"    {page.docname}.md has no parameters"
    width = max(len(f"{one.left} = {one.default}") for one in known)
    lines = [f"{f'{one.left} = {one.default}':{width}}   {one.meaning}".rstrip() for one in known]
    return "\n".join(f"    {line}" for line in [f"parameters of {page.docname}.md:", *lines])


def cure_of(page: Page, known: list[Parameter]) -> str:
    if not known:
        return f"make book ONLY={page.number}   (as it is)"
    return f'make run ONLY={page.number} SET="{example(known) or known[0].names[0] + "=VALUE"}"'


def with_values(text: NotebookNode, values: Mapping[str, object]) -> NotebookNode:
    """The page with a cell after its parameters that sets them anew.

    papermill has such a cell, too, but passes a tuple on as the text of it.
    """
    result = NotebookNode({**text, "cells": list(text.cells)})
    if values:
        source = "\n".join(
            ["# Other values than the published ones"] + [f"{k} = {v!r}" for k, v in values.items()]
        )
        cell = new_code_cell(source, metadata={"tags": ["injected-parameters"]}, id="other-values")
        result.cells.insert(result.cells.index(parameter_cells(text)[0]) + 1, cell)
    return result


def short_name(values: Mapping[str, object]) -> str:
    """A file's name: `draws-8_seed-7`, with a few digits of a hash where that does not say all."""
    said = " ".join(f"{name}={value!r}" for name, value in values.items())
    plain = "_".join(f"{name}-{value!r}" for name, value in values.items())
    short = re.sub(r"-*[^\w.-]+", "-", plain).replace("-_", "_")[:SHORT].strip("-_.")
    return short if short == plain else f"{short}_{hashlib.sha256(said.encode()).hexdigest()[:6]}"

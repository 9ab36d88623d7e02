"""Toy projects, made afresh for each test, and notebooks built in memory."""

import json
from collections.abc import Callable
from itertools import count

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bookbuild.evidence import MIME
from bookbuild.project import Page, Project

STATEMENTS = """\
toy:
  eq1: {label: "Equation (1)", kind: identity, title: "One is one"}
  thm1: {label: "Theorem 1", kind: inequality, title: "One is less than two", uses: [eq1]}
  fig1: {label: "Figure 1", kind: figure, title: "A line"}
"""
CONFIG = """\
title: Toy
author: nobody
only_build_toc_files: true
execute: {execute_notebooks: "off"}
html: {use_repository_button: false}
"""
HEADER = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n"


@pytest.fixture
def make_project(tmp_path) -> Callable[..., Project]:
    """A project whose pages have the given bodies (MyST, without the header)."""

    def make(**pages: str) -> Project:
        project = Project(tmp_path / "toy {project}")  # a space and braces: paths are only ever paths
        project.notebooks.mkdir(parents=True)
        project.book.mkdir()
        project.library.mkdir(parents=True)
        (project.library / "law.py").write_text('"""A law."""\n\nG = 9.81\n', encoding="utf-8")
        project.statements.write_text(STATEMENTS, encoding="utf-8")
        project.lock.write_text("numpy==1.0\n", encoding="utf-8")
        (project.book / "index.md").write_text("# Toy\n", encoding="utf-8")
        (project.root / "_config.yml").write_text(CONFIG, encoding="utf-8")
        toc = "format: jb-book\nroot: book/index\n"
        if pages:
            toc += "chapters:\n" + "".join(f"- file: notebooks/{name}\n" for name in sorted(pages))
        (project.root / "_toc.yml").write_text(toc, encoding="utf-8")
        for name, body in pages.items():
            (project.notebooks / f"{name}.md").write_text(HEADER + body, encoding="utf-8")
        return project

    return make


@pytest.fixture
def page(tmp_path) -> Page:
    """A page that exists by name only."""
    return Page(tmp_path, "01_toy")


def evidence(**changes: object) -> dict[str, object]:
    """Published evidence for toy.eq1 that breaks no rule."""
    given = {
        "statement": "toy.eq1",
        "kind": "identity",
        "status": "holds",
        "margin": "3.0",
        "error": "< 1e-12",
        "instances": 400,
        "vacuous": 0,
        "sizes": {"d": [2, 11]},
        "seeds": [1, 2],
        "where": "trial 17",
        "controls": [{"name": "a lost factor", "result": "-0.31", "violates": True}],
        "tried": [],
        "printed": None,
        "holds_from": None,
        "required": None,
        "reachable": None,
        "constants": {},
        "prior": "",
        "note": "",
    }
    return json.loads(json.dumps({**given, **changes}))


@pytest.fixture(name="evidence")
def evidence_fixture() -> Callable[..., dict[str, object]]:
    return evidence


@pytest.fixture
def executed() -> Callable[..., nbformat.NotebookNode]:
    """An executed notebook: strings are markdown cells, lists are the outputs of a code cell.

    A dictionary among the outputs is published evidence, a string is what was printed.
    """

    def outputs_of(items: list[object]) -> list[nbformat.NotebookNode]:
        return [
            new_output("stream", name="stdout", text=item)
            if isinstance(item, str)
            else item
            if isinstance(item, nbformat.NotebookNode)
            else new_output(
                "execute_result",
                data={MIME: item, "text/plain": "a table"},
                metadata={MIME: {"margin": 3.0123}},
                execution_count=1,
            )
            for item in items
        ]

    def build(*cells: str | list[object], source: str = "check()") -> nbformat.NotebookNode:
        counts = count(1)
        made = [
            new_markdown_cell(cell)
            if isinstance(cell, str)
            else new_code_cell(source, outputs=outputs_of(cell), execution_count=next(counts))
            for cell in cells
        ]
        return new_notebook(cells=made)

    return build

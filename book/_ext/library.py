"""The library's reference: `{library} flowbounds.models` documents every module of that package.

Modules are found, not listed, so a new one is in the book as soon as it exists. sphinx.ext.autodoc reads
their docstrings, and sphinx.ext.viewcode adds the sources.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from docstring_text import change_prose, escape_bars, set_examples_apart
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


def public_modules(package: str) -> list[str]:
    """Full names of the public modules of a package, itself left out, folders not entered."""
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(f"{package}.{one.name}" for one in found if not one.ispkg and not one.name.startswith("_"))


def summary_of(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n", 1)[0].split())


def borrowed(module: ModuleType) -> list[str]:
    """Full names of what a module offers in `__all__` and another module defines."""
    things = [getattr(module, name) for name in getattr(module, "__all__", ())]
    return [f"{one.__module__}.{one.__qualname__}" for one in things if one.__module__ != module.__name__]


def reference(name: str) -> list[str]:
    """The reStructuredText that documents one module; what it only passes on is linked, not repeated."""
    lines = [f".. automodule:: {name}", "   :members:", "   :ignore-module-all:", ""]
    passed_on = borrowed(importlib.import_module(name))
    if passed_on:
        lines += ["Passed on: " + ", ".join(f":py:obj:`~{one}`" for one in passed_on) + ".", ""]
    return lines


def on_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    change_prose(lines, escape_bars)
    set_examples_apart(lines)


class LibraryDirective(SphinxDirective):
    """`{library} PACKAGE`: one section for each of its modules."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [self.section(name) for name in public_modules(self.arguments[0])]

    def section(self, name: str) -> nodes.section:
        short = name.split(".", 1)[1]
        anchor = nodes.make_id(name)
        section = nodes.section(ids=[anchor], names=[nodes.fully_normalize_name(name)])
        section += nodes.title("", "", nodes.literal("", short))
        if not inspect.getdoc(importlib.import_module(name)):
            logger.warning("module %s has no docstring", name, location=self.get_location())
        fence = ["````{eval-rst}", *reference(name), "````"]
        self.state.nested_parse(StringList(fence, name), self.content_offset, section)
        return section


class LibraryContentsDirective(SphinxDirective):
    """`{library-contents} PACKAGE ...`: the modules of these packages, one line each."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        modules = [name for package in self.arguments[0].split() for name in public_modules(package)]
        lines = ["````{eval-rst}"]
        for name in modules:
            lines += [f":py:mod:`{name.split('.', 1)[1]} <{name}>`"]
            lines += [f"   {escape_bars(summary_of(importlib.import_module(name)))}", ""]
        holder = nodes.container()
        self.state.nested_parse(StringList([*lines, "````"], ""), self.content_offset, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", on_docstring, priority=100)  # before napoleon's 500
    app.add_directive("library", LibraryDirective)
    app.add_directive("library-contents", LibraryContentsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

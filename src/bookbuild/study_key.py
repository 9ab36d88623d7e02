"""The key of a study's records: the code that its cell can reach, and nothing else.

A page's key holds all of the library, because a page is cheap to execute again. Records are not, so a
study's key follows the imports from the module that defines it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from bookbuild.key import code_of, digest

PACKAGE = "flowbounds"


def imported(source: str) -> Iterator[str]:
    """Dotted names that a module may import, `from a import b` as both a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(library: Path, module: str) -> Path | None:
    """The file of a module of the library, None for a name that is not one."""
    path = library.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def reachable(library: Path, module: str) -> dict[str, Path]:
    """All modules of the library that `module` imports, straight or through others, itself included."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = file_of(library, name)
        if name in found or path is None:
            continue
        found[name] = path
        source = path.read_text(encoding="utf-8")
        waiting += [other for other in imported(source) if other.split(".")[0] == PACKAGE]
    return dict(sorted(found.items()))


def study_key(library: Path, module: str) -> str:
    """Hash over the code (without comments and docstrings) of everything the module reaches."""
    parts = reachable(library, module).items()
    return digest((name, code_of(path.read_text(encoding="utf-8")).encode()) for name, path in parts)

"""The key of an executed page: everything that could change what it prints."""

import ast
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bookbuild.project import BuildError, Page, Project

# Raise it when executed pages must be made again for a reason that no other part of the key sees.
PRESS_VERSION = 1
# The modules of the press that decide how a cell is run and what is kept of it.
EXECUTION_MODULES = ("run_page.py", "notebook_text.py", "environment.py")


def code_of(source: str) -> str:
    """A module's code without comments, layout and docstrings: editing those executes no page again."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
            and isinstance(node.body[0].value.value, str)
        ):
            del node.body[0]
    return ast.dump(tree)


def library_parts(library: Path) -> Iterator[tuple[str, bytes]]:
    """Code of each module of the library, and other files of it (a plot style, say) as they are."""
    for path in sorted(library.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(library).as_posix()
            if path.suffix == ".py":
                try:
                    code = code_of(path.read_text(encoding="utf-8"))
                except SyntaxError as error:
                    raise BuildError(
                        f"src/flowbounds/{name}, line {error.lineno}: {error.msg}",
                        "correct it, then make book",
                    ) from None
                yield name, code.encode()
            else:
                yield name, path.read_bytes()


def study_parts(studies: Path, text: str) -> Iterator[tuple[str, bytes]]:
    """The records of studies that the page's text mentions by folder or by file name."""
    for path in sorted(studies.rglob("*")):
        relative = path.relative_to(studies)
        if path.is_file() and any(name in text for name in relative.parts):
            yield relative.as_posix(), path.read_bytes()


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """One hash of named pieces; the lengths keep two pieces from being read as one."""
    total = hashlib.sha256()
    for name, data in parts:
        total.update(f"{name} {len(data)}\n".encode())
        total.update(data)
    return total.hexdigest()


def shared_key(project: Project) -> str:
    """What all pages depend on: library code, lock, Python and the press itself."""
    press = Path(__file__).parent
    return digest(
        [
            ("press version", str(PRESS_VERSION).encode()),
            ("python", platform.python_version().encode()),
            ("lock", project.lock.read_bytes()),
            *((f"press/{name}", (press / name).read_bytes()) for name in EXECUTION_MODULES),
            *((f"library/{name}", data) for name, data in library_parts(project.library)),
        ]
    )


def page_key(
    project: Project, page: Page, shared: str, parameters: Mapping[str, object] | None = None
) -> str:
    """The key of one page: its text, the study records it names, its parameters and the shared key."""
    text = page.text.read_text(encoding="utf-8")
    return digest(
        [
            ("shared", shared.encode()),
            ("text", text.encode()),
            ("parameters", json.dumps(dict(parameters or {}), sort_keys=True).encode()),
            *((f"studies/{name}", data) for name, data in study_parts(project.studies, text)),
        ]
    )

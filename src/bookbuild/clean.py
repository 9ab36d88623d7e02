"""`clean`: remove what builds made. Needs nothing but the standard library."""

import shutil

from bookbuild.project import Project

KEPT = "venv"  # made again in a minute, but only with a network


def clean(project: Project, *, everything: bool) -> str:
    """Empty `_build` but for the environment, or remove it altogether."""
    if everything:
        shutil.rmtree(project.build, ignore_errors=True)
        return "removed _build"
    for path in project.build.glob("*"):
        if path.is_dir() and path.name != KEPT:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
    return "removed _build, except _build/venv"

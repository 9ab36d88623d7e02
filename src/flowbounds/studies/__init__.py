"""Studies: runs too long for a page. Each module defines one ``STUDY``; records stand in ``studies/``."""

import importlib
import pkgutil

from flowbounds.dynamics.sweep import Study


def all_studies() -> dict[str, Study]:
    """Every study of the package by name, sorted."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    studies = {module.STUDY.name: module.STUDY for module in modules}
    if len(studies) != len(modules):
        raise ValueError("two studies have the same name")
    return dict(sorted(studies.items()))

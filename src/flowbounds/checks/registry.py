"""Which check settles which statement. One decorator, one table, filled when a check module loads."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from flowbounds.evidence import KINDS, Evidence

P = ParamSpec("P")


@dataclass(frozen=True)
class Check:
    """A registered check: the statement's id and kind, and the function that settles it."""

    statement: str
    kind: str
    function: Callable[..., Evidence]

    @property
    def summary(self) -> str:
        """First line of the check's docstring."""
        return (inspect.getdoc(self.function) or "").split("\n", 1)[0]


_TABLE: dict[str, Check] = {}


def settles(statement: str, *, kind: str) -> Callable[[Callable[P, Evidence]], Callable[P, Evidence]]:
    """Register a check and stamp its evidence with the statement's kind.

    The kind is repeated here so that a check run from a shell knows its status without the book; a
    test holds it against the book's list of statements.
    """
    if kind not in KINDS:
        raise ValueError(f"{statement}: kind must be one of {', '.join(KINDS)}, got {kind!r}")

    def register(function: Callable[P, Evidence]) -> Callable[P, Evidence]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Evidence:
            evidence = function(*args, **kwargs)
            if evidence.statement != statement:
                raise ValueError(f"the check of {statement} returned evidence for {evidence.statement}")
            return dataclasses.replace(evidence, kind=kind)

        if statement in _TABLE:
            raise ValueError(f"{statement} has two checks, one in {_TABLE[statement].function.__module__}")
        _TABLE[statement] = Check(statement, kind, run)
        return run

    return register


def all_checks() -> dict[str, Check]:
    """Every check of the package by statement id, sorted."""
    package = importlib.import_module("flowbounds.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"flowbounds.checks.{module.name}")
    return dict(sorted(_TABLE.items()))

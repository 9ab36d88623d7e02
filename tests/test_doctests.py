"""The examples in docstrings are run, and say what comes out."""

import doctest
import importlib
import pkgutil
import sys
from types import ModuleType

import pytest

import flowbounds

MODULES = [
    one.name
    for one in pkgutil.walk_packages(flowbounds.__path__, "flowbounds.")
    if not one.name.endswith("__main__")
]


def run_examples(module: ModuleType) -> tuple[int, str]:
    """How many examples a module has, and what doctest says of those that fail."""
    told: list[str] = []
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module, module.__name__):
        runner.run(test, out=told.append)
    return runner.tries, "".join(told)


@pytest.mark.parametrize("name", MODULES)
def test_examples_come_out_as_printed(name):
    _, told = run_examples(importlib.import_module(name))
    assert told == ""


def test_there_are_examples():
    assert run_examples(importlib.import_module("flowbounds.dynamics.tensor_power"))[0] >= 4


PLANTED = '''
"""Two examples, one of them wrong, in a function with a decorator from elsewhere, as checks have."""
import contextlib


@contextlib.contextmanager
def one():
    """
    >>> 1 + 1
    2
    >>> 1 + 2
    2
    """
    yield
'''


def test_a_planted_wrong_example_is_seen(tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    tries, told = run_examples(importlib.import_module("planted"))
    monkeypatch.delitem(sys.modules, "planted")
    assert tries == 2
    assert "Expected:\n    2\nGot:\n    3" in told

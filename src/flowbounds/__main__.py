"""``python -m flowbounds list`` and ``python -m flowbounds check STATEMENT [--set name=value ...]``."""

import argparse
import ast
import difflib
import inspect
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from flowbounds import evidence_table
from flowbounds.checks.registry import Check, all_checks
from flowbounds.validation import HypothesisError

DEFAULT_SEED = 0


class UsageError(ValueError):
    """The command line asks for something that does not exist; the message names what does."""


def _value(text: str) -> Any:
    """A number, a tuple or whatever Python literal was typed; else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def arguments(check: Check, settings: Sequence[str]) -> dict[str, Any]:
    """Keyword arguments for a check from ``name=value`` settings; ``seed`` feeds its generator."""
    parameters = inspect.signature(check.function).parameters
    wants_rng = "rng" in parameters
    known = [name for name in parameters if name != "rng"] + (["seed"] if wants_rng else [])
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            raise UsageError(f"--set {setting}: {check.statement} takes {', '.join(known)}, as name=value")
        chosen[name] = _value(text)
    if wants_rng:
        chosen["rng"] = np.random.default_rng(chosen.pop("seed", DEFAULT_SEED))
    return chosen


def _find(statement: str) -> Check:
    checks = all_checks()
    if statement not in checks:
        near = difflib.get_close_matches(statement, checks, n=3, cutoff=0.5)
        cure = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"no check settles {statement!r}; {cure}python -m flowbounds list names them all")
    return checks[statement]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when well, 1 when a check fails, 2 when the call is off."""
    parser = argparse.ArgumentParser(prog="python -m flowbounds", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="statements that can be checked from a shell")
    run = commands.add_parser("check", help="run one statement's check and print its evidence and status")
    run.add_argument("statement", help="public id, for example ge2021.staircase")
    run.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="parameters of the check"
    )
    run.add_argument("--json", action="store_true", help="print the published form as JSON")
    options = parser.parse_args(argv)

    if options.command == "list":
        for statement, check in all_checks().items():
            names = ", ".join(name for name in inspect.signature(check.function).parameters if name != "rng")
            print(f"{statement:<22} {check.kind:<12} {check.summary}  [{names}]")
        return 0
    try:
        check = _find(options.statement)
        evidence = check.function(**arguments(check, options.set))
    except (UsageError, HypothesisError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    form = evidence.published()
    print(json.dumps(form, indent=2) if options.json else evidence_table.text(form))
    uncontrolled = [name for name, result in evidence.all_controls if not evidence.violates(result)]
    for name in uncontrolled:
        print(f"error: the control {name!r} does not violate", file=sys.stderr)
    return 1 if form["status"].startswith(("fails", "inconclusive")) or uncontrolled else 0


if __name__ == "__main__":
    raise SystemExit(main())

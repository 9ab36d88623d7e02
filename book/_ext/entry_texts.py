"""The texts of a ledger row, made from an entry of `ledger.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def instances_text(entry: Mapping[str, Any]) -> str:
    """How many instances were tried, and how many of them had an empty bound."""
    vacuous = entry.get("vacuous", 0)
    return f"{entry['instances']} ({vacuous} vacuous)" if vacuous else str(entry["instances"])


def control_lines(entry: Mapping[str, Any]) -> list[str]:
    """The controls that violated, one line each, and those that were tried and did not."""
    violating = [f"{c['name']}: {c['result']}" for c in entry.get("controls", ())]
    tried = [f"tried, no violation: {c['name']}: {c['result']}" for c in entry.get("tried", ())]
    return violating + tried


def constant_lines(entry: Mapping[str, Any]) -> list[str]:
    """The constants behind the statement's O(.), as they were measured."""
    return [f"{name}: {value}" for name, value in entry.get("constants", {}).items()]


def remark_lines(entry: Mapping[str, Any]) -> list[str]:
    """What qualifies a status: the printed form's margin, the size it asks for, the size it holds from."""
    lines = []
    if entry.get("printed"):
        verdict = "fails" if entry["printed"]["fails"] else "holds"
        lines.append(f"as printed: {verdict} ({entry['printed']['result']})")
    if entry.get("required"):
        lines.append(f"asks for {entry['required']}")
    if entry.get("reachable"):
        lines.append(f"within reach: {entry['reachable']}")
    if entry.get("holds_from"):
        lines.append(f"holds from {entry['holds_from']}")
    return lines

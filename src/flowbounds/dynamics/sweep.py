"""Sweeps: one pure function over many parameter sets, one small record each, restartable.

A cell is a pure function of its parameters that returns a JSON-able dictionary. Its record is written
by the worker itself, under a temporary name and then renamed, so that a killed sweep has lost at most
the cells that were running; records that are present under the same key are not computed again. joblib
runs the cells and no backend is named: the caller may choose one with ``joblib.parallel_config``.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

Parameters = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Study:
    """A cell, the parameter sets it is run on, and how exactly it repeats.

    Attributes
    ----------
    name : str
        Folder of the records.
    cell : callable
        ``cell(**parameters) -> dict`` of numbers and lists of numbers; infinities are allowed. A
        module-level function, so that workers can import it.
    grid : sequence of dict
        Parameter sets, all with the same names.
    rtol : float
        Relative difference allowed between a record and its repetition on another machine.
    """

    name: str
    cell: Callable[..., dict[str, Any]]
    grid: Sequence[Parameters]
    rtol: float


class StaleRecord(ValueError):
    """A record was made under another key, or for other parameters, than asked for."""


def cell_name(parameters: Parameters) -> str:
    """File name of a cell's record: ``d=10,m=50,seed=0.json``."""
    return ",".join(f"{name}={value}" for name, value in parameters.items()) + ".json"


def _to_json(value: Any) -> Any:
    """Infinities and nan as text, arrays as lists; JSON has neither."""
    if isinstance(value, Mapping):
        return {name: _to_json(entry) for name, entry in value.items()}
    if hasattr(value, "tolist"):
        return _to_json(value.tolist())
    if isinstance(value, list | tuple):
        return [_to_json(entry) for entry in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _from_json(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_from_json(entry) for entry in value]
    return float(value) if value in ("inf", "-inf", "nan") else value


def write_record(folder: Path, parameters: Parameters, result: Mapping[str, Any], key: str) -> None:
    """Write one record whole or not at all."""
    path = folder / cell_name(parameters)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    record = {"key": key, "parameters": dict(parameters), "result": _to_json(result)}
    partial.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_record(folder: Path, parameters: Parameters, key: str | None = None) -> dict[str, Any] | None:
    """Result of one cell; None when it has no (whole) record, :class:`StaleRecord` under another key."""
    path = folder / cell_name(parameters)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found_key, found, result = record["key"], record["parameters"], record["result"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None
    if found != dict(parameters) or (key is not None and found_key != key):
        raise StaleRecord(f"{folder.name}/{path.name} was made by other code or for other parameters")
    return dict(_from_json(result))


def missing(study: Study, folder: Path, key: str) -> list[Parameters]:
    """Cells without a record under this key."""

    def present(parameters: Parameters) -> bool:
        try:
            return read_record(folder, parameters, key) is not None
        except StaleRecord:
            return False

    return [parameters for parameters in study.grid if not present(parameters)]


def run(
    study: Study, folder: Path, key: str, *, jobs: int = 1, cells: Sequence[Parameters] | None = None
) -> Iterator[Parameters]:
    """Compute what is missing (or the given cells) into ``folder``; yields each cell as it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.partial"):
        leftover.unlink()
    todo = missing(study, folder, key) if cells is None else list(cells)
    tasks = (joblib.delayed(_one)(study, folder, key, parameters) for parameters in todo)
    yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)


def _one(study: Study, folder: Path, key: str, parameters: Parameters) -> Parameters:
    write_record(folder, parameters, study.cell(**parameters), key)
    return parameters


def find_folder(study: Study, start: Path | None = None) -> Path:
    """``studies/NAME`` in the working folder or the nearest folder above it that has one."""
    here = (start or Path.cwd()).resolve()
    for place in (here, *here.parents):
        if (place / "studies" / study.name).is_dir():
            return place / "studies" / study.name
    raise FileNotFoundError(
        f"no folder studies/{study.name} here or above; run this inside the project, or run make studies"
    )


def load(study: Study, folder: Path | None = None) -> list[dict[str, Any]]:
    """Parameters and result of every cell, flat, in the order of the grid; for pages.

    ``folder`` is found by :func:`find_folder` when not given. Raises FileNotFoundError that names the
    cell and the cure when a record is missing.
    """
    folder = folder or find_folder(study)
    rows = []
    for parameters in study.grid:
        result = read_record(folder, parameters)
        if result is None:
            raise FileNotFoundError(f"{folder / cell_name(parameters)}: no such record; run make studies")
        rows.append({**parameters, **result})
    return rows


def agree(first: Any, second: Any, rtol: float) -> bool:
    """Whether two results are equal up to ``rtol``, entry by entry."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(agree(first[k], second[k], rtol) for k in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(lambda x, y: agree(x, y, rtol), first, second))
    if isinstance(first, float | int) and isinstance(second, float | int):
        same = first == second or (math.isnan(first) and math.isnan(second))
        return same or math.isclose(first, second, rel_tol=rtol)
    return bool(first == second)

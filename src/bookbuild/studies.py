"""Studies: records of runs too long for a page, made by `make studies` and doubted at every build."""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from bookbuild.project import BuildError, Project
from bookbuild.study_key import study_key
from flowbounds.dynamics import sweep
from flowbounds.dynamics.sweep import Parameters, Study
from flowbounds.studies import all_studies

REPEATED_CELLS = 2  # of a study,
REPEATED_SHARE = 5  # but no more than one in so many: a study of few cells has long ones
SIZE_LIMIT = 200_000  # bytes of committed records per study
CURE = "make studies   (it computes what is missing or stale)"


@dataclass(frozen=True)
class Located:
    """A study, where its records are, and the key that they must carry."""

    study: Study
    folder: Path
    key: str


def located(project: Project, only: str | None = None) -> list[Located]:
    """Every study of the library; `only` picks one by name."""
    # A project whose library defines no study (a toy of the tests) has none to keep.
    studies = all_studies() if (project.library / "studies").is_dir() else {}
    if only and only not in studies:
        names = ", ".join(studies) or "none"
        raise BuildError(f"no study is called {only!r}; there are: {names}", "make studies ONLY=NAME")
    return [
        Located(study, project.studies / name, study_key(project.library, study.cell.__module__))
        for name, study in studies.items()
        if only in (None, "", name)
    ]


def compute(project: Project, *, only: str | None, jobs: int) -> str:
    """Bring the records up to date; cells that are present under the current key are not computed again."""
    lines = []
    for one in located(project, only):
        todo = sweep.missing(one.study, one.folder, one.key)
        bar = tqdm(total=len(todo), unit="cell", desc=one.study.name, file=sys.stderr, dynamic_ncols=True)
        with bar:
            for _ in sweep.run(one.study, one.folder, one.key, jobs=jobs):
                bar.update()
        for name in sorted(strangers(one)):
            (one.folder / name).unlink()
        lines.append(f"{one.study.name}: {len(one.study.grid)} records, {len(todo)} computed now")
    return "\n".join(lines) or "no study"


def strangers(one: Located) -> set[str]:
    """Records of cells that the study no longer has."""
    present = {path.name for path in one.folder.glob("*.json")}
    return present - {sweep.cell_name(parameters) for parameters in one.study.grid}


def record_problems(one: Located) -> list[BuildError]:
    """Missing, stale or foreign records, and a study that has grown too large to be committed."""
    place = f"studies/{one.study.name}"
    problems = []
    if todo := sweep.missing(one.study, one.folder, one.key):
        first = sweep.cell_name(todo[0])
        said = f"{place}: {len(todo)} of {len(one.study.grid)} records are missing or made by older code"
        problems.append(BuildError(f"{said}, first {first}", CURE))
    if foreign := sorted(strangers(one)):
        problems.append(BuildError(f"{place}: {foreign[0]} belongs to no cell of the study", CURE))
    size = sum(path.stat().st_size for path in one.folder.glob("*.json"))
    if size > SIZE_LIMIT:
        said = f"{place}: {size} bytes of records, more than {SIZE_LIMIT}"
        problems.append(BuildError(said, "let the cell return less, or take fewer cells"))
    return problems


def chosen(one: Located) -> list[Parameters]:
    """The cells to compute again: by the key, so that nobody picks them and new code moves them."""
    count = max(1, min(REPEATED_CELLS, len(one.study.grid) // REPEATED_SHARE))
    start = int(one.key[:12], 16) % len(one.study.grid)
    stride = max(1, len(one.study.grid) // count)
    return [one.study.grid[(start + k * stride) % len(one.study.grid)] for k in range(count)]


def repetition_problems(one: Located, *, jobs: int) -> list[BuildError]:
    """Compute the chosen cells again and compare them with their records."""
    cells = chosen(one)
    with tempfile.TemporaryDirectory() as folder:
        for _ in sweep.run(one.study, Path(folder), one.key, jobs=jobs, cells=cells):
            pass
        fresh = [sweep.read_record(Path(folder), parameters) for parameters in cells]
    return [
        BuildError(
            f"{one.study.name}: computed again, {sweep.cell_name(parameters)} differs from its record",
            f"delete studies/{one.study.name} and run make studies; if it differs again, correct the cell",
        )
        for parameters, result in zip(cells, fresh, strict=True)
        if not sweep.agree(result, sweep.read_record(one.folder, parameters), one.study.rtol)
    ]


def verify(project: Project, *, jobs: int) -> list[BuildError]:
    """All problems of all studies. What was repeated under a key is not repeated under the same key."""
    problems: list[BuildError] = []
    for one in located(project):
        found = record_problems(one)
        passed = project.build / "studies" / f"{one.study.name}.json"
        if not found and not repeated_already(passed, one):
            found = repetition_problems(one, jobs=jobs)
            if not found:
                passed.parent.mkdir(parents=True, exist_ok=True)
                passed.write_text(json.dumps(state(one)), encoding="utf-8")
        problems += found
    return problems


def state(one: Located) -> dict[str, object]:
    """What a passed repetition vouches for: the key and the records of the repeated cells."""
    cells = chosen(one)
    records = [(one.folder / sweep.cell_name(parameters)).read_text(encoding="utf-8") for parameters in cells]
    return {"key": one.key, "records": records}


def repeated_already(passed: Path, one: Located) -> bool:
    try:
        return bool(json.loads(passed.read_text(encoding="utf-8")) == state(one))
    except (OSError, ValueError):
        return False

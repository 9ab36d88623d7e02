"""`book/costs.json`: about how long each page runs and how much memory it takes.

The numbers are those of the machine that last wrote them, on one thread. They are rounded to what they
deserve and replaced only when they have moved, so that the file does not change at every run.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.project import BuildError, Page, Project

FILE = "book/costs.json"
MOVED = 0.5  # of the recorded number: what differs by less may be the machine's mood
SECONDS, MEGABYTES = 1, 10  # to which they are rounded; times from ten seconds on to five of them


@dataclass(frozen=True)
class Cost:
    """What one page takes; memory is None where no machine could tell."""

    seconds: int
    megabytes: int | None


def read(path: Path) -> dict[str, Cost]:
    """The recorded costs by page; none where there is no such file."""
    if not path.exists():
        return {}
    try:
        return {page: Cost(**given) for page, given in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BuildError(
            f"{FILE} cannot be read: {error}", f"git checkout {FILE}, then make notebooks"
        ) from None


def as_text(costs: Mapping[str, Cost]) -> str:
    lines = [f"  {json.dumps(page)}: {json.dumps(asdict(cost))}" for page, cost in sorted(costs.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def measured(notebook: NotebookNode) -> Cost | None:
    """Of an executed page, rounded; None when nothing was recorded."""
    record = notebook.metadata.get("bookbuild", {})
    if "seconds" not in record:
        return None
    seconds, megabytes = float(record["seconds"]), record.get("megabytes")
    unit = 5 * SECONDS if seconds >= 10 else SECONDS
    return Cost(
        max(SECONDS, round(seconds / unit) * unit),
        None if megabytes is None else max(MEGABYTES, round(megabytes / MEGABYTES) * MEGABYTES),
    )


def updated(
    recorded: Mapping[str, Cost], executed: Mapping[Page, NotebookNode], names: set[str]
) -> dict[str, Cost]:
    """The record after this execution: pages that are gone left out, numbers that have moved replaced."""
    result = {name: cost for name, cost in recorded.items() if name in names}
    for page, notebook in executed.items():
        new, old = measured(notebook), result.get(page.name)
        if new is None:
            continue
        result[page.name] = (
            new
            if old is None
            else Cost(
                new.seconds if moved(old.seconds, new.seconds, SECONDS) else old.seconds,
                new.megabytes if moved(old.megabytes, new.megabytes, MEGABYTES) else old.megabytes,
            )
        )
    return result


def moved(old: int | None, new: int | None, unit: int) -> bool:
    """Whether a number differs by more than a half of the recorded one, and not by its rounding alone."""
    if old is None or new is None:
        return new is not None
    return abs(new - old) > max(MOVED * old, unit)


def write(project: Project, executed: Mapping[Page, NotebookNode]) -> list[str]:
    """Bring the file up to date; its name when it was written."""
    recorded = read(project.costs)
    new = updated(recorded, executed, {page.name for page in project.pages()})
    if new == recorded and project.costs.exists():
        return []
    project.costs.write_text(as_text(new), encoding="utf-8")
    return [FILE]


def faults(project: Project) -> list[BuildError]:
    """Pages without an entry, and entries without a page."""
    recorded, names = set(read(project.costs)), {page.name for page in project.pages()}
    lacking = [f"has no entry for notebooks/{name}.md" for name in sorted(names - recorded)]
    idle = [f"has an entry for notebooks/{name}.md, which is gone" for name in sorted(recorded - names)]
    return [BuildError(f"{FILE} {what}", "make notebooks") for what in [*lacking, *idle]]

"""How much memory a page took: after each cell the kernel writes the peak of its own process to a file."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "BOOKBUILD_PEAK_FILE"
STATUS = Path("/proc/self/status")


def peak_megabytes() -> int | None:
    """The most memory that this process ever held; None where the system does not say."""
    # Linux hands ru_maxrss on from the parent to what it starts, so a kernel would count the press, too.
    if STATUS.exists():
        found = re.search(r"^VmHWM:\s*(\d+) kB", STATUS.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if found:
            return round(int(found[1]) * 1024 / 1e6)
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def write_after_cells(shell: Any) -> None:
    """Called in each kernel of the press; does nothing in a kernel of which nobody asked it.

    Not when the kernel ends: a busy machine kills it before it has said anything.
    """
    if path := os.environ.get(VARIABLE):
        shell.events.register("post_run_cell", lambda _result: write_peak(Path(path)))


def write_peak(path: Path) -> None:
    peak = peak_megabytes()
    if peak is not None and path.parent.exists():
        path.write_text(str(peak), encoding="utf-8")


@contextmanager
def recorded(path: Path) -> Iterator[None]:
    """Kernels that are started meanwhile write to `path`."""
    os.environ[VARIABLE] = str(path)
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def read(path: Path) -> int | None:
    """What the kernel wrote; None for one that was killed or could not tell."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

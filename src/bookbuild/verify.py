"""`check`, the fast tier, and `test`: everything, ending with the notebooks under another arithmetic."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bookbuild import browser, build, environment
from bookbuild.beside import beside
from bookbuild.execute import execute
from bookbuild.project import BuildError, Project
from bookbuild.run_page import CELL_SECONDS

X86 = frozenset({"x86_64", "amd64", "i386", "i686"})
# The oldest kernels OpenBLAS has on x86: other block sizes and no fused operations, so other last digits.
OTHER_BLAS = "Prescott"
ASK_FEATURES = """
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
print(*(name for name in __cpu_dispatch__ if __cpu_features__.get(name)))
"""


def run(project: Project, command: list[str], added: dict[str, str]) -> int:
    print(title(command), flush=True)
    variables = {**os.environ, **added}
    return subprocess.run(command, cwd=project.root, env=variables, check=False).returncode


def title(command: list[str]) -> str:
    return f"\n== {' '.join(command[2:4])} =="


def check(project: Project, *, jobs: int, press: bool = False) -> None:
    """Lint, types and tests; all three run, so that one look shows what is wrong.

    Tests marked ``press`` render sites and kill builds, which takes seconds each; `test` asks for them.
    """
    environment.prepare(project)  # tests start kernels, which look for their configuration
    python = [sys.executable, "-m"]
    folders = ("src", "tests", "notebooks", "book", "benchmarks")
    sources = [name for name in folders if any((project.root / name).glob("**/*.*"))]
    chosen = [] if press else ["-m", "not press"]
    failed = [
        name
        for name, command in (
            ("ruff", [*python, "ruff", "check", "--cache-dir", str(project.build / "ruff"), *sources]),
            ("mypy", [*python, "mypy", "--cache-dir", str(project.build / "mypy")]),
            ("pytest", [*python, "pytest", "tests", *chosen, *side_by_side(project, jobs)]),
        )
        # Tests draw no windows; pages keep the notebook's own backend.
        if run(project, command, {"MPLBACKEND": "Agg"})
    ]
    if failed:
        raise BuildError(f"failed: {', '.join(failed)} (see above)", "correct it, then make check")


def side_by_side(project: Project, jobs: int) -> list[str]:
    """Tests of one file stay together, so that what they share is made once; the cache is below _build."""
    return ["-n", str(jobs), "--dist", "loadfile", "-o", f"cache_dir={project.build / 'pytest'}"]


def test(project: Project, *, jobs: int) -> None:
    """check, the book, its pages in a browser, every committed output once more; pytest's summary ends it.

    The pages are executed first, with all cores for themselves, since their seconds are recorded. Rendering
    then takes one core alone, so the committed notebooks, which need nothing of it, are computed beside it.
    """
    check(project, jobs=jobs, press=True)
    print("\n== pages ==", flush=True)
    with build.one_at_a_time(project):
        execute(project, project.pages(), jobs)
    with recomputing(project, jobs=jobs) as verdict:
        print("\n== book ==", flush=True)
        print(build.book(project, only=None, jobs=jobs), flush=True)
        print("\n== browser ==", flush=True)
        print(browser.browse(project, required=False, jobs=jobs), flush=True)
        verdict()


@contextmanager
def recomputing(project: Project, *, jobs: int) -> Iterator[Callable[[], None]]:
    """Execute the committed notebooks by nbval, with other BLAS and SIMD kernels where there are some.

    They run while the block does; what is yielded waits for them, prints what they said, and raises on a
    difference. Without pages there is nothing to do.
    """
    if not project.pages():
        yield lambda: None
        return
    other = other_arithmetic()
    environment.prepare(project)
    command = nbval(project, sys.executable, jobs=jobs)
    with beside(command, project.root, {**os.environ, **other}) as finish:

        def verdict() -> None:
            code, said = finish()
            print(title(command), told(other), said, sep="\n", flush=True)
            if code:
                raise BuildError(
                    "the committed outputs are not those of another arithmetic (see above)",
                    "print fewer digits than the error allows, then make notebooks",
                )

        yield verdict


def told(other: dict[str, str]) -> str:
    if other:
        return "nbval runs with " + " ".join(f"{name}={value!r}" for name, value in other.items())
    return f"nbval runs with the usual arithmetic: no other kernels to choose on {platform.machine()}"


def nbval(project: Project, python: str, *, jobs: int) -> list[str]:
    """The command that compares every committed output with what `python` computes."""
    return [
        *(python, "-m", "pytest", "notebooks"),
        *side_by_side(project, jobs),
        *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", str(CELL_SECONDS)),
        # Warnings of nbval itself only; a page's own are found in its outputs.
        *("-o", "filterwarnings=default"),
    ]


def other_arithmetic() -> dict[str, str]:
    """Variables that make OpenBLAS and NumPy take other kernels; empty where there are none to choose."""
    if platform.machine().lower() not in X86:
        return {}
    variables = {"OPENBLAS_CORETYPE": OTHER_BLAS}
    ask = [sys.executable, "-c", ASK_FEATURES]
    features = subprocess.run(ask, capture_output=True, text=True, check=False)
    accepted = [name for name in features.stdout.split() if numpy_accepts(name)]
    if accepted:
        variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(accepted)
    return variables


def numpy_accepts(feature: str) -> bool:
    """NumPy warns, or refuses to start, when a feature cannot be switched off."""
    variables = {**os.environ, "NPY_DISABLE_CPU_FEATURES": feature}
    command = [sys.executable, "-W", "error", "-c", "import numpy"]
    done = subprocess.run(command, env=variables, capture_output=True, check=False)
    return done.returncode == 0 and not done.stderr

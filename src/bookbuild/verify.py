"""`check`, the fast tier, and `test`: everything, ending with the notebooks under another arithmetic."""

import os
import platform
import subprocess
import sys

from bookbuild import build, environment
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
    print(f"\n== {' '.join(command[2:4])} ==", flush=True)
    variables = {**os.environ, **added}
    return subprocess.run(command, cwd=project.root, env=variables, check=False).returncode


def check(project: Project, *, jobs: int) -> None:
    """Lint, types and tests; all three run, so that one look shows what is wrong."""
    environment.prepare(project)  # tests start kernels, which look for their configuration
    python = [sys.executable, "-m"]
    sources = [name for name in ("src", "tests", "notebooks") if any((project.root / name).glob("**/*.*"))]
    failed = [
        name
        for name, command in (
            ("ruff", [*python, "ruff", "check", "--cache-dir", str(project.build / "ruff"), *sources]),
            ("mypy", [*python, "mypy", "--cache-dir", str(project.build / "mypy")]),
            ("pytest", [*python, "pytest", "tests", "-n", str(jobs), "-o", f"cache_dir={cache(project)}"]),
        )
        # Tests draw no windows; pages keep the notebook's own backend.
        if run(project, command, {"MPLBACKEND": "Agg"})
    ]
    if failed:
        raise BuildError(f"failed: {', '.join(failed)} (see above)", "correct it, then make check")


def cache(project: Project) -> str:
    return str(project.build / "pytest")


def test(project: Project, *, jobs: int) -> None:
    """check, then the book, then every committed output once more; pytest's summary is the last line."""
    check(project, jobs=jobs)
    print("\n== book ==", flush=True)
    print(build.book(project, only=None, jobs=jobs), flush=True)
    if project.pages():
        recompute(project, jobs=jobs)


def recompute(project: Project, *, jobs: int) -> None:
    """Execute the committed notebooks by nbval, with other BLAS and SIMD kernels where there are some."""
    other = other_arithmetic()
    if other:
        print("nbval runs with " + " ".join(f"{name}={value!r}" for name, value in other.items()))
    else:
        print(f"nbval runs with the usual arithmetic: no other kernels to choose on {platform.machine()}")
    environment.prepare(project)
    command = [
        *(sys.executable, "-m", "pytest", "notebooks"),
        *("-n", str(jobs), "--dist", "loadfile", "-o", f"cache_dir={cache(project)}"),
        *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", str(CELL_SECONDS)),
        # Warnings of nbval itself only; a page's own are found in its outputs.
        *("-o", "filterwarnings=default"),
    ]
    if run(project, command, other):
        raise BuildError(
            "the committed outputs are not those of another arithmetic (see above)",
            "print fewer digits than the error allows, then make notebooks",
        )


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

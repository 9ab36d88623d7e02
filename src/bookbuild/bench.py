"""`bench`: the table of ratios that benchmarks/ computes, in a process of its own."""

import subprocess
import sys

from bookbuild.project import BuildError, Project


def bench(project: Project) -> None:
    """Run benchmarks/run.py, which prints; it knows the mathematics, the press does not.

    As in every process of the press, NumPy has one thread: more would measure the machine's load.
    """
    script = project.root / "benchmarks" / "run.py"
    if not script.exists():
        raise BuildError("there is no benchmarks/run.py", "restore it")
    done = subprocess.run([sys.executable, str(script)], cwd=project.root, check=False)
    if done.returncode:
        raise BuildError("the benchmarks failed (see above)", "correct it, then make bench")

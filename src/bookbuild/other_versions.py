"""The tests under other versions than the locked ones: the oldest that pyproject.toml allows, and the newest.

Each has an environment of its own, `_build/venv-lower` or `_build/venv-newest`, made again every time.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bookbuild import environment, verify
from bookbuild.bootstrap import python_of
from bookbuild.project import BuildError, Project

RESOLUTION = {"lower": "lowest-direct", "newest": "highest"}
# Warnings are errors against the lock only: old versions use what is deprecated, new ones deprecate.
WARNINGS = ("-o", "filterwarnings=default")
# It compares what is installed with the lock, which is not installed here.
LOCKED_ONLY = "tests/test_environment.py"
LIST = """
import importlib.metadata, json
print(json.dumps([(one.metadata["Name"], one.version) for one in importlib.metadata.distributions()]))
"""
CURES = {
    "lower": "raise the bound in pyproject.toml to the first version that passes, then make lock",
    "newest": "support the new version, or bound it in pyproject.toml and requirements.in, then make lock",
}


def other_versions(project: Project, which: str, *, jobs: int) -> str:
    """Install, then run the tests and the committed pages; every failure is told, not only the first."""
    environment.prepare(project)
    python = str(install(project, which))
    if which == "lower":
        pyproject = (project.root / "pyproject.toml").read_text(encoding="utf-8")
        if wrong := not_at_bound(pyproject, installed(python)):
            raise BuildError(
                f"these lower bounds are out of reach, so nothing tests them: {', '.join(wrong)}",
                "raise them to the versions that are installed, then make lock",
            )
    tests = [python, "-m", "pytest", "tests", "--ignore", LOCKED_ONLY, *WARNINGS]
    sources = {"PYTHONPATH": str(project.root / "src")}
    runs = [([*tests, *verify.side_by_side(project, jobs)], {**sources, "MPLBACKEND": "Agg"})]
    if project.pages():
        runs.append((verify.nbval(project, python, jobs=jobs), sources))
    failed = [command[3] for command, added in runs if verify.run(project, command, added)]
    if failed:
        raise BuildError(f"failed under the {which} versions: {', '.join(failed)} (see above)", CURES[which])
    return f"passed under the {which} versions"


def install(project: Project, which: str) -> Path:
    """Make the environment from the bounds in pyproject.toml; the path of its Python."""
    venv = project.build / f"venv-{which}"
    python = python_of(venv)
    request = ["-r", str(project.root / "pyproject.toml"), "--extra", "book", "--extra", "test"]
    for arguments in (
        ["venv", "--clear", "--python", sys.executable, str(venv)],
        # --upgrade asks for versions anew, whatever was chosen before.
        ["pip", "install", "--python", str(python), "--upgrade", "--resolution", RESOLUTION[which], *request],
    ):
        done = uv(arguments)
        if done.returncode:
            raise BuildError(
                f"uv could not install the {which} versions:\n{done.stderr.strip()}",
                f"make {which} with a network; the oldest versions have wheels for the oldest Python only",
            )
    return python


def uv(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", "-q", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def installed(python: str) -> dict[str, str]:
    """Versions by canonical name."""
    listed = subprocess.run([python, "-c", LIST], capture_output=True, text=True, check=True).stdout
    return {canonicalize_name(name): version for name, version in json.loads(listed)}


def not_at_bound(pyproject: str, found: dict[str, str]) -> list[str]:
    """Direct requirements of which something newer than the stated lower bound is installed."""
    project = tomllib.loads(pyproject)["project"]
    texts = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    return [
        f"{one.name}>={bound.version} ({found.get(canonicalize_name(one.name), 'missing')})"
        for one in (Requirement(text) for some in texts for text in some)
        for bound in one.specifier
        if bound.operator == ">="
        # 7 is met by 7.0.1 where 7.0.0 is withdrawn, and a post-release is the release.
        and not SpecifierSet(f"=={bound.version}.*").contains(found.get(canonicalize_name(one.name), "0"))
    ]

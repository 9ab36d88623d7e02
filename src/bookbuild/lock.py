"""`lock`: requirements.in to requirements.lock, with hashes for every platform and no address in it."""

import shutil
import subprocess
import sys

from bookbuild.project import BuildError, Project

OPTIONS = (
    *("--python-version", "3.11", "--universal", "--generate-hashes"),
    *("--no-header", "--no-annotate"),  # the header would repeat this command line
    *("--no-emit-index-url", "--no-emit-find-links", "-q"),
)
ADDRESS_MARKS = ("://", "--index", "--find-links", "file:")


def lock(project: Project, *, upgrade: bool) -> str:
    """Resolve again; versions that are locked stay unless `upgrade` or requirements.in say otherwise."""
    fresh = project.build / "requirements.lock"
    fresh.unlink(missing_ok=True)
    if project.lock.exists() and not upgrade:
        shutil.copyfile(project.lock, fresh)
    command = [sys.executable, "-m", "uv", "pip", "compile", str(project.requirements), *OPTIONS]
    done = subprocess.run([*command, "-o", str(fresh)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(
            f"uv could not resolve requirements.in:\n{done.stderr.strip()}", "correct requirements.in"
        )
    text = fresh.read_text(encoding="utf-8")
    if marks := [mark for mark in ADDRESS_MARKS if mark in text]:
        raise BuildError(
            f"the lock would hold an address ({', '.join(marks)})", "remove it from requirements.in"
        )
    if project.lock.exists() and project.lock.read_text(encoding="utf-8") == text:
        return "requirements.lock is up to date"
    fresh.replace(project.lock)
    return "requirements.lock is written; the next command makes the environment again"

"""What is done with the tree that `make book` left: the same site by plain Sphinx, and its outside links."""

import json
import shutil
import subprocess
import sys

from bookbuild import plain_sphinx, same_site
from bookbuild.build import one_at_a_time
from bookbuild.project import BuildError, BuildErrors, Project
from bookbuild.render import SPHINX, STAMP, complaints, fingerprint, render


def plain(project: Project) -> str:
    """Build `_build/plain` without Jupyter Book, and compare it with `_build/html`, page by page."""
    with one_at_a_time(project):
        stamp = project.html / STAMP
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != fingerprint(project):
            raise BuildError("_build/html is not the site of the staged book", "make book, then make plain")
        render(project, engine=SPHINX)
        found = same_site.differences(project.html, project.build / SPHINX.published)
    if found:
        raise BuildErrors(
            [BuildError(f"plain Sphinx: {one}", "correct bookbuild/plain_sphinx.py") for one in found]
        )
    shown = project.build / SPHINX.published / "index.html"
    return f"pages: {len(same_site.pages(project.html))}, the same by plain Sphinx\n{shown}"


def links(project: Project) -> str:
    """Ask every outside address of the book whether it is there; the one command that asks other sites."""
    with one_at_a_time(project):
        if not project.stage.exists():
            raise BuildError("there is no staged book yet", "make book, then make links")
        out = project.build / "links"
        shutil.rmtree(out, ignore_errors=True)
        plain_sphinx.write_conf(project)
        command = [sys.executable, "-m", "sphinx", "-b", "linkcheck", "-q"]
        done = subprocess.run(
            [*command, "-d", str(out / "doctrees"), str(project.stage), str(out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=project.root,
            check=False,
        )
        report = out / "output.json"
        if not report.exists():
            said = complaints(done.stdout, project.stage)
            raise BuildError(f"the links could not be checked:\n{said}", "make book shows why")
        return verdict(report.read_text(encoding="utf-8"))


def verdict(report: str) -> str:
    """Sphinx's list of links, one JSON object a line, as a summary; the broken ones are raised."""
    checked = [json.loads(line) for line in report.splitlines()]
    checked = [one for one in checked if one["status"] in ("working", "redirected", "broken", "timeout")]
    lost = [one for one in checked if one["status"] in ("broken", "timeout")]
    if lost:
        raise BuildErrors(
            [
                BuildError(
                    f"{one['filename']}:{one['lineno']}: {one['uri']}: {one['info']}",
                    "correct the address, or make links again when its server is back",
                )
                for one in lost
            ]
        )
    return f"outside links: {len({one['uri'] for one in checked})}, none broken"

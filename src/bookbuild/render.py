"""From the staged tree to the published site, by jupyter-book with execution off and warnings as errors."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from bookbuild.notebook_text import without_colour
from bookbuild.project import BuildError, Project

STAMP = ".rendered-from"
SHOWN_LINES = 20
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"  # it cannot be run with -m


def render(project: Project, *, base_url: str | None = None) -> bool:
    """Render `_build/stage` into `_build/html`; False when what is published there is already it.

    The site appears as a whole or not at all. `base_url`, the address at which it will be served, switches
    on the links that need one.
    """
    if base_url:
        write_address(project.stage / "_config.yml", base_url)
    wanted = fingerprint(project)
    stamp = project.html / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    # Always from nothing: an incremental build repeats no warning of a page that it does not read again.
    shutil.rmtree(project.render, ignore_errors=True)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(project.stage)]
    options = ["--path-output", str(project.render), "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(
        command + options,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=project.root,
        check=False,
    )
    built = project.render / "_build" / "html"
    if done.returncode or not (built / "index.html").exists():
        raise BuildError(
            f"jupyter-book could not render the book:\n{complaints(done.stdout, project.stage)}",
            "correct the named file (paths are those of the repository), then make book",
        )
    (built / STAMP).write_text(wanted, encoding="utf-8")
    publish(built, project.html)
    return True


def fingerprint(project: Project) -> str:
    """Hash of the staged tree, the lock and this module."""
    total = hashlib.sha256(project.lock.read_bytes() + Path(__file__).read_bytes())
    for path in sorted(project.stage.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            total.update(f"{path.relative_to(project.stage).as_posix()} {len(data)}\n".encode())
            total.update(data)
    return total.hexdigest()


def complaints(said: str, stage: Path) -> str:
    """The warnings and errors of a failed rendering, with paths as in the repository."""
    lines = without_colour(said).replace(f"{stage}/", "").splitlines()
    telling = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b|Error:", line)]
    shown = list(dict.fromkeys(telling)) or lines[-SHOWN_LINES:]
    more = [f"... {len(shown) - SHOWN_LINES} more"] if len(shown) > SHOWN_LINES else []
    return "\n".join(f"    {line[:400]}" for line in shown[:SHOWN_LINES] + more)


def publish(built: Path, html: Path) -> None:
    """Put the new site in the place of the old one by renaming."""
    old = html.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if html.exists():
        html.rename(old)
    built.rename(html)
    shutil.rmtree(old, ignore_errors=True)


def write_address(config: Path, base_url: str) -> None:
    """Put the public address into the staged configuration; a site of a repository also links back to it."""
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    html = settings.setdefault("html", {})
    html["baseurl"] = base_url
    repository = repository_of(base_url)
    if repository:
        settings["repository"] = {"url": repository, "branch": "main", "path_to_book": ""}
        settings["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
        }
        html["use_repository_button"] = True
    config.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")


def repository_of(base_url: str) -> str | None:
    """The repository behind OWNER.github.io/NAME or OWNER.gitlab.io/NAME; None for any other address."""
    parts = urlsplit(base_url)
    found = re.fullmatch(r"([\w-]+)\.(github|gitlab)\.io", parts.netloc)
    name = parts.path.strip("/")
    return f"https://{found[2]}.com/{found[1]}/{name}" if found and name else None

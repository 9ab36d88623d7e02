"""From the staged tree to the published site, with execution off and warnings as errors.

Jupyter Book publishes; plain Sphinx can build the same site, should Jupyter Book 1 cease to install.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from bookbuild import given_values, parameters, plain_sphinx, security_policy
from bookbuild.notebook_text import without_colour
from bookbuild.project import BuildError, Project

STAMP = ".rendered-from"
SHOWN_LINES = 20
REDIRECT = '<meta http-equiv="Refresh" content="0; url={page}" />\n'
STRICT = ("-W", "-n", "--keep-going", "-q")


@dataclass(frozen=True)
class Engine:
    """One way to render: the command, where it puts the site, and where the site is published in `_build`."""

    name: str
    command: Callable[[Project, Path], list[str]]
    built: str
    published: str


def by_jupyter_book(project: Project, out: Path) -> list[str]:
    program = "from jupyter_book.cli.main import main; main()"  # it cannot be run with -m
    return ["-c", program, "build", str(project.stage), "--path-output", str(out), *STRICT]


def by_sphinx(project: Project, out: Path) -> list[str]:
    plain_sphinx.write_conf(project)
    doctrees = ["-d", str(out / "doctrees")]
    return ["-m", "sphinx", "-b", "html", *STRICT, *doctrees, str(project.stage), str(out / "html")]


JUPYTER_BOOK = Engine("jupyter-book", by_jupyter_book, built="_build/html", published="html")
SPHINX = Engine("sphinx-build", by_sphinx, built="html", published="plain")


def render(project: Project, *, base_url: str | None = None, engine: Engine = JUPYTER_BOOK) -> bool:
    """Render `_build/stage` into `_build/html`; False when what is published there is already it.

    The site appears as a whole or not at all. `base_url`, the address at which it will be served, switches
    on the links that need one. Plain Sphinx publishes into `_build/plain`.
    """
    if base_url:
        write_address(project.stage / "_config.yml", base_url)
    published = project.build / engine.published
    wanted = fingerprint(project)
    stamp = published / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    # Always from nothing: an incremental build repeats no warning of a page that it does not read again.
    shutil.rmtree(project.render, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, *engine.command(project, project.render)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=project.root,
        check=False,
    )
    built = project.render / engine.built
    write_redirect(built, project)
    if done.returncode or not (built / "index.html").exists():
        raise BuildError(
            f"{engine.name} could not render the book:\n{complaints(done.stdout, project.stage)}",
            "correct the named file (paths are those of the repository), then make book",
        )
    security_policy.protect(built)
    (built / STAMP).write_text(wanted, encoding="utf-8")
    publish(built, published)
    return True


def fingerprint(project: Project) -> str:
    """Hash of the staged tree, the library (its docstrings are pages), the lock and what renders."""
    total = hashlib.sha256(project.lock.read_bytes() + Path(__file__).read_bytes())
    for module in (plain_sphinx, security_policy, parameters, given_values):  # extensions use the last two
        total.update(Path(module.__file__).read_bytes())
    for path in sorted(project.library.rglob("*.py")):
        total.update(f"{path.relative_to(project.root).as_posix()} ".encode() + path.read_bytes())
    for path in sorted(project.stage.rglob("*")):
        if path.is_file() and path.name != plain_sphinx.CONF:  # made from _config.yml, which is counted
            data = path.read_bytes()
            total.update(f"{path.relative_to(project.stage).as_posix()} {len(data)}\n".encode())
            total.update(data)
    return total.hexdigest()


def write_redirect(built: Path, project: Project) -> None:
    """Let the site's address lead to its front page; Jupyter Book writes this file, Sphinx does not."""
    root = yaml.safe_load((project.stage / "_toc.yml").read_text(encoding="utf-8"))["root"]
    if (built / f"{root}.html").exists() and not (built / "index.html").exists():
        (built / "index.html").write_text(REDIRECT.format(page=f"{root}.html"), encoding="utf-8")


def complaints(said: str, stage: Path) -> str:
    """The warnings and errors of a failed rendering, with paths as in the repository."""
    root = stage.parents[1]  # docstrings are read where they are, all else is read from the stage
    lines = without_colour(said).replace(f"{stage}/", "").replace(f"{root}/", "").splitlines()
    telling = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b|Error:", line)]
    shown = list(dict.fromkeys(telling)) or lines[-SHOWN_LINES:]
    more = [f"... {len(shown) - SHOWN_LINES} more"] if len(shown) > SHOWN_LINES else []
    return "\n".join(f"    {line[:400]}" for line in shown[:SHOWN_LINES] + more)


def publish(built: Path, html: Path) -> None:
    """Put the new site in the place of the old one by renaming."""
    old = html.with_name(f"{html.name}.old")
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
        if urlsplit(repository).netloc == "github.com":  # the only host from which Colab takes notebooks
            settings["launch_buttons"]["colab_url"] = "https://colab.research.google.com"
        html["use_repository_button"] = True
    config.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")


def repository_of(base_url: str) -> str | None:
    """The repository behind OWNER.github.io/NAME or OWNER.gitlab.io/NAME; None for any other address."""
    parts = urlsplit(base_url)
    found = re.fullmatch(r"([\w-]+)\.(github|gitlab)\.io", parts.netloc)
    name = parts.path.strip("/")
    return f"https://{found[2]}.com/{found[1]}/{name}" if found and name else None

"""From a bare machine to a running build: `python3 src/bookbuild/bootstrap.py COMMAND ...`.

Only the standard library is used. The first run makes `_build/venv` from requirements.lock, later runs find
its stamp and go straight on. Where an environment exists already (conda, Binder), `python -m bookbuild` does.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this file is what an older Python gets to read)
    sys.exit(
        "This book needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031
        "  cure: make book PYTHON=python3.11   (or the name of any newer one)" % sys.version_info[:2]
    )

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# These need nothing but the standard library, so no environment is made for them.
BARE_COMMANDS = ("clean", "serve")

CURE = """\
  cure: the same command again, with a network; where `python3 -m venv` itself fails, install the system's
        python3-venv, or `conda env create -f environment.yml`, activate it, and then
        `PYTHONPATH=src python -m bookbuild book`"""


class BootstrapError(Exception):
    """The environment could not be made."""


def locked_block(lock_text: str, name: str) -> str:
    """The lock's lines (version and hashes) of one package."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", lock_text, flags=re.MULTILINE)
    if not found:
        raise BootstrapError(f"requirements.lock has no entry for {name}")
    return found.group(0)


def stamp_of(root: Path) -> str:
    """Changes when the lock, the Python or the folder does; a virtual environment cannot be moved."""
    lock = hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest()
    return f"{lock} {platform.python_version()} {root}\n"


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_ready(root: Path) -> bool:
    venv = root / "_build" / "venv"
    stamp = venv / "stamp"
    return python_of(venv).exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == stamp_of(root)


def run_quietly(command: "list[str]") -> None:
    """Run; show what it said only when it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        # pip may mention ignored locations of the machine's own configuration once per package: harmless.
        said = [line for line in done.stdout.splitlines() if "is ignored" not in line]
        raise BootstrapError(f"{Path(command[0]).name} failed:\n" + "\n".join(said[-15:]))


def install_locked(root: Path, python: Path) -> None:
    """Install the lock with every hash checked: by uv, itself from the lock, or else by pip (slower)."""
    lock = root / "requirements.lock"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder) / "uv.lock.txt"
        only_uv.write_text(locked_block(lock.read_text(encoding="utf-8"), "uv"), encoding="utf-8")
        try:
            run_quietly([*pip, str(only_uv)])
            uv = [str(python), "-m", "uv", "pip", "install", "-q", "--python", str(python)]
            run_quietly([*uv, "--require-hashes", "-r", str(lock)])
        except BootstrapError as error:
            print(f"{error}\nGoing on with pip alone, which takes about a minute ...", file=sys.stderr)
            run_quietly([*pip, str(lock)])


def make_venv(root: Path) -> None:
    """Make `_build/venv` afresh; the stamp comes last, so a half-made one is never taken for a whole one."""
    venv = root / "_build" / "venv"
    print("Making _build/venv (once, from requirements.lock) ...", file=sys.stderr, flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    venv.parent.mkdir(exist_ok=True)
    run_quietly([sys.executable, "-m", "venv", str(venv)])
    python = python_of(venv)
    install_locked(root, python)
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    # A path file instead of an editable install: the source tree stays clean.
    (packages / "flowbounds-project.pth").write_text(f"{root / 'src'}\n", encoding="utf-8")
    unfinished = venv / "stamp.unfinished"
    unfinished.write_text(stamp_of(root), encoding="utf-8")
    unfinished.replace(venv / "stamp")


def main(arguments: "list[str]", root: Path = ROOT) -> int:
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=str(root / "_build" / "pycache"))
    if arguments and arguments[0] in BARE_COMMANDS:
        python = Path(sys.executable)
        environment["PYTHONPATH"] = str(root / "src")
    else:
        python = python_of(root / "_build" / "venv")
        if not is_ready(root):
            try:
                make_venv(root)
            except (BootstrapError, OSError, subprocess.CalledProcessError) as error:
                print(f"{error}\nThe environment could not be made.\n{CURE}", file=sys.stderr)
                return 1
    sys.stderr.flush()
    command = [str(python), "-m", "bookbuild", *arguments]
    if os.name == "nt":
        return subprocess.run(command, env=environment, cwd=root, check=False).returncode
    os.chdir(root)
    os.execve(command[0], command, environment)  # replaced, so that Ctrl-C reaches the build itself


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

"""The way from a bare machine: what is installed, in which order, and when it is done again."""

import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild import bootstrap

LOCK = """\
typing-extensions==4.0 \\
    --hash=sha256:aa
uv==0.1.2 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
uvloop==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:dd
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requirements.lock").write_text(LOCK, encoding="utf-8")
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """Commands are recorded instead of run; `venv` makes the file that stands for a Python."""
    ran: list[list[str]] = []

    def record(command):
        ran.append(command)
        if "venv" in command:
            python = bootstrap.python_of(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)

    def answer(command, **_):
        packages = Path(command[0]).parents[1] / "packages"
        packages.mkdir()
        return subprocess.CompletedProcess(command, 0, stdout=f"{packages}\n")

    monkeypatch.setattr(bootstrap, "run_quietly", record)
    monkeypatch.setattr(bootstrap.subprocess, "run", answer)
    return ran


def test_the_block_of_one_package():
    assert bootstrap.locked_block(LOCK, "uv") == (
        "uv==0.1.2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )
    with pytest.raises(bootstrap.BootstrapError, match="no entry for pip"):
        bootstrap.locked_block(LOCK, "pip")


def test_made_once_with_hashes_and_stamped_last(root, commands):
    assert not bootstrap.is_ready(root)
    bootstrap.make_venv(root)
    assert bootstrap.is_ready(root)
    assert [command[2] for command in commands] == ["venv", "pip", "uv"]
    assert all("--require-hashes" in command for command in commands[1:])
    (path_file,) = (root / "_build" / "venv" / "packages").glob("*.pth")
    assert path_file.read_text(encoding="utf-8") == f"{root / 'src'}\n"
    (root / "requirements.lock").write_text(LOCK.replace("4.0", "4.1"), encoding="utf-8")
    assert not bootstrap.is_ready(root), "a changed lock makes it stale"


def test_a_half_made_environment_is_made_again(root, commands, monkeypatch):
    monkeypatch.setattr(bootstrap, "install_locked", lambda root, python: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bootstrap.make_venv(root)
    assert bootstrap.python_of(root / "_build" / "venv").exists()
    assert not bootstrap.is_ready(root)
    monkeypatch.undo()


def test_pip_takes_over_when_uv_fails(root, monkeypatch, capsys):
    ran = []

    def run(command):
        ran.append(command)
        if "uv" in command:
            raise bootstrap.BootstrapError("uv failed")

    monkeypatch.setattr(bootstrap, "run_quietly", run)
    bootstrap.install_locked(root, Path("python"))
    assert [command[2] for command in ran] == ["pip", "uv", "pip"]
    assert ran[2][-1] == str(root / "requirements.lock")
    assert "Going on with pip alone" in capsys.readouterr().err


def test_a_failing_command_shows_what_it_said():
    with pytest.raises(bootstrap.BootstrapError, match="it is broken"):
        bootstrap.run_quietly([sys.executable, "-c", "print('it is broken'); raise SystemExit(1)"])


def test_a_failure_is_told_with_a_cure(root, monkeypatch, capsys):
    def fail(root):
        raise bootstrap.BootstrapError("no network")

    monkeypatch.setattr(bootstrap, "make_venv", fail)
    assert bootstrap.main(["book"], root) == 1
    told = capsys.readouterr().err
    assert "no network" in told
    assert "cure:" in told


def test_only_the_standard_library_is_imported():
    source = Path(bootstrap.__file__).read_text(encoding="utf-8")
    imported = {
        line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names

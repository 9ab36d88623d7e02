"""A command beside other work: told when asked, ended when nobody asks."""

import os
import sys
import time

import pytest

from bookbuild.beside import beside

PYTHON = [sys.executable, "-c"]


def test_its_code_and_all_that_it_said_are_told(tmp_path):
    script = (
        "import os, sys; print(os.environ['LAW'], os.getcwd()); print('aside', file=sys.stderr); sys.exit(3)"
    )
    with beside([*PYTHON, script], tmp_path, {**os.environ, "LAW": "held"}) as finish:
        code, said = finish()
    assert code == 3
    assert sorted(said.splitlines()) == ["aside", f"held {tmp_path.resolve()}"]


def test_it_runs_while_the_block_does(tmp_path):
    with beside([*PYTHON, "open('begun', 'w').close()"], tmp_path, os.environ) as finish:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        assert finish() == (0, "")


def test_a_block_that_fails_ends_it(tmp_path):
    script = (
        "import os, time; open('pid', 'w').write(str(os.getpid())); os.rename('pid', 'is'); time.sleep(600)"
    )

    def fail_once_it_runs():
        with beside([*PYTHON, script], tmp_path, os.environ):
            while not (tmp_path / "is").exists():
                time.sleep(0.01)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_once_it_runs()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "is").read_text()), 0)

"""`.ci/run`: it may install a browser first, and then it is `make test` and its result."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash")


@pytest.fixture
def run(tmp_path):
    """Run it where only the given programs exist; each writes down how it was called."""

    def with_programs(**programs):
        (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
        for name, text in {"make": "exit 0", "id": "echo 0", **programs}.items():
            stub = f'#!{BASH}\n[ {name} = id ] || echo "{name} $*" >> "{tmp_path}/calls"\n{text}\n'
            (tmp_path / name.replace("_", "-")).write_text(stub, encoding="utf-8")
            (tmp_path / name.replace("_", "-")).chmod(0o755)
        done = subprocess.run(
            [BASH, str(RUN)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
        )
        return done, (tmp_path / "calls").read_text(encoding="utf-8").splitlines()

    return with_programs


def test_with_a_browser_it_is_make_test(run):
    done, calls = run(chromium="")
    assert (done.returncode, done.stderr, calls) == (0, "", ["make test"])


def test_a_failure_is_passed_on(run):
    assert run(chromium="", make="exit 3")[0].returncode == 3


def test_a_missing_browser_is_installed_where_that_is_allowed(run):
    done, calls = run(apt_get="")
    assert [call.split()[1] for call in calls] == ["update", "install", "test"]
    assert calls[1].endswith("chromium")
    assert done.stderr == ""


@pytest.mark.parametrize("programs", [{"apt_get": "exit 100"}, {"apt_get": "", "id": "echo 1000"}, {}])
def test_without_one_it_says_so_and_goes_on(run, programs):
    done, calls = run(**programs)
    assert calls[-1] == "make test"
    assert "browser check will be skipped" in done.stderr
    assert done.returncode == 0

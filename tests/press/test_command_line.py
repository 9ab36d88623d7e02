"""The commands as typed: failures are two lines and an exit code, never a traceback."""

import sys
import time
from contextlib import contextmanager

import pytest

from bookbuild import __main__ as command_line
from bookbuild import environment, lock, verify
from bookbuild.project import BuildError


@pytest.fixture
def main(make_project, monkeypatch, capsys):
    """Run a command on a toy project; returns exit code, stdout and stderr."""
    project = make_project(**{"01_toy": "# One\n", "05_other": "# Five\n"})
    for name in environment.variables(project):  # set by `enter`, restored after the test
        monkeypatch.setenv(name, "")
    for name in ("ONLY", "JOBS", "PORT"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        code = command_line.main(list(arguments), project.root)
        said = capsys.readouterr()
        return code, said.out, said.err

    run.project = project
    return run


@pytest.mark.parametrize("command", ["book", "notebooks"])
def test_an_unknown_page_lists_those_there_are(main, command):
    code, _, told = main(command, "--only", "07")
    assert code == 1
    assert "there are: 01_toy, 05_other" in told
    assert "cure: make book ONLY=01" in told


def test_variables_of_make_are_defaults(monkeypatch):
    monkeypatch.setenv("ONLY", "05")
    monkeypatch.setenv("JOBS", "4")
    options = command_line.parser().parse_args(["book"])
    assert (options.only, options.jobs) == ("05", 4)
    assert command_line.parser().parse_args(["browser"]).jobs == 4
    monkeypatch.setenv("ONLY", "")
    monkeypatch.setenv("JOBS", "")
    options = command_line.parser().parse_args(["book"])
    assert (options.only, options.jobs) == (None, 2)


@pytest.mark.parametrize("arguments", [["book", "--jobs", "0"], ["bake"], []])
def test_wrong_arguments_are_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit):
        command_line.parser().parse_args(arguments)
    assert "usage: bookbuild" in capsys.readouterr().err


def test_a_page_without_a_number_is_told(main):
    (main.project.notebooks / "draft.md").write_text("# Draft\n", encoding="utf-8")
    code, _, told = main("book")
    assert code == 1
    assert "notebooks/draft.md: a page is named NN_slug.md" in told


def test_serve_needs_a_site(main):
    code, _, told = main("serve")
    assert (code, "cure: make book" in told) == (1, True)


def test_clean_keeps_the_environment(main):
    for name in ("venv", "html", "executed"):
        (main.project.build / name).mkdir(parents=True)
    assert main("clean")[0] == 0
    assert [path.name for path in main.project.build.iterdir()] == ["venv"]
    assert main("clean", "--all")[0] == 0
    assert not main.project.build.exists()


def test_a_lock_with_an_address_is_refused(main, monkeypatch):
    def compile_with_address(command, **_):
        (main.project.build / "requirements.lock").write_text("--index-url https://x\n", encoding="utf-8")
        return type("Done", (), {"returncode": 0})

    main.project.build.mkdir()
    before = main.project.lock.read_text(encoding="utf-8")
    monkeypatch.setattr(lock.subprocess, "run", compile_with_address)
    code, _, told = main("lock")
    assert code == 1
    assert "the lock would hold an address" in told
    assert main.project.lock.read_text(encoding="utf-8") == before


def test_personal_settings_have_no_influence(main, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    main("serve")
    assert "MPLBACKEND" not in command_line.os.environ
    assert command_line.os.environ["OPENBLAS_NUM_THREADS"] == "1"
    written = [value for value in environment.variables(main.project).values() if "/" in value]
    assert all(value.startswith(str(main.project.build)) for value in written)


def test_check_runs_all_three_and_names_what_failed(main, monkeypatch):
    ran = []

    def run(project, command, variables):
        ran.append(command[2])
        return command[2] in ("ruff", "pytest")

    monkeypatch.setattr(verify, "run", run)
    with pytest.raises(BuildError, match="failed: ruff, pytest"):
        verify.check(main.project, jobs=1)
    assert ran == ["ruff", "mypy", "pytest"]


@pytest.mark.parametrize("press", [False, True])
def test_only_the_fast_tier_leaves_out_what_is_slow(main, monkeypatch, press):
    ran = []
    monkeypatch.setattr(verify, "run", lambda project, command, variables: ran.append(command))
    verify.check(main.project, jobs=1, press=press)
    assert ("not press" in ran[-1]) is not press


@pytest.mark.parametrize("said", ["browser: 2 pages without fault", "browser check skipped: no Chromium"])
def test_everything_is_checked_in_order_and_nbval_ends_it(main, monkeypatch, said):
    done = []
    monkeypatch.setattr(verify, "check", lambda project, jobs, press: done.append(f"check, {press}"))
    monkeypatch.setattr(verify, "execute", lambda project, pages, jobs: done.append(len(pages)))
    monkeypatch.setattr(verify.build, "book", lambda project, only, jobs: done.append("book") or "built")
    monkeypatch.setattr(
        verify.browser, "browse", lambda project, required, jobs: done.append(required) or said
    )
    monkeypatch.setattr(verify, "recomputing", beside_it(done))
    sections = f"\n== pages ==\n\n== book ==\nbuilt\n\n== browser ==\n{said}\n"
    assert main("test")[:2] == (0, sections)
    in_order = ["check, True", 2, "nbval starts", "book", False, "nbval is told"]
    assert done == in_order, "pages are executed alone, and a missing browser is not required here"


def beside_it(done):
    @contextmanager
    def recomputing(project, *, jobs):
        done.append("nbval starts")
        yield lambda: done.append("nbval is told")

    return recomputing


@pytest.mark.parametrize(("code", "exit_code"), [(0, 0), (1, 1)])
def test_what_nbval_says_is_told_last_and_its_failure_is_red(main, monkeypatch, code, exit_code):
    monkeypatch.setattr(verify, "check", lambda project, jobs, press: None)
    monkeypatch.setattr(verify, "execute", lambda *_: None)
    monkeypatch.setattr(verify.build, "book", lambda project, only, jobs: "built")
    monkeypatch.setattr(verify.browser, "browse", lambda project, required, jobs: "looked")
    monkeypatch.setattr(verify, "other_arithmetic", lambda: {"OPENBLAS_CORETYPE": "Prescott"})
    speak = [sys.executable, "-c", f"print('cells differ'); raise SystemExit({code})", "nbval"]
    monkeypatch.setattr(verify, "nbval", lambda project, python, jobs: speak)
    ended, said, told = main("test")
    assert ended == exit_code
    assert (
        said.index("looked") < said.index("nbval runs with OPENBLAS_CORETYPE") < said.rindex("cells differ\n")
    )
    assert ("cure: print fewer digits than the error allows, then make notebooks" in told) == bool(code)


def test_a_red_book_ends_what_runs_beside_it(main, monkeypatch, tmp_path):
    def book(project, only, jobs):
        raise BuildError("the book is red", "correct it")

    monkeypatch.setattr(verify, "check", lambda project, jobs, press: None)
    monkeypatch.setattr(verify, "execute", lambda *_: None)
    monkeypatch.setattr(verify.build, "book", book)
    monkeypatch.setattr(verify, "other_arithmetic", dict)
    started = time.monotonic()
    late = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(verify, "nbval", lambda project, python, jobs: late)
    code, said, told = main("test")
    assert (code, "the book is red" in told, "nbval" in said) == (1, True, False)
    assert time.monotonic() - started < 300, "nobody waits for what is no longer wanted"


def test_the_browser_check_asked_for_by_name_needs_a_browser(main, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    code, _, told = main("browser")
    assert (code, "cure: apt-get install chromium" in told) == (1, True)


def test_another_arithmetic_exists_on_x86_only(monkeypatch):
    monkeypatch.setattr(verify.platform, "machine", lambda: "arm64")
    assert verify.other_arithmetic() == {}
    monkeypatch.setattr(verify.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(verify, "numpy_accepts", lambda feature: feature != "X86_V4")
    said = type("Done", (), {"stdout": "X86_V3 X86_V4\n"})
    monkeypatch.setattr(verify.subprocess, "run", lambda *_, **__: said)
    assert verify.other_arithmetic() == {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    }

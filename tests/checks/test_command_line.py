"""``python -m flowbounds``: what it prints, and its exit codes."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flowbounds.__main__ import main
from flowbounds.checks import registry
from flowbounds.evidence import Evidence

ROOT = Path(__file__).parents[2]


def test_list_names_every_check(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for statement in ("eq1", "eq1.growth", "tpd_exact", "figure1", "staircase", "fit_time"):
        assert f"ge2021.{statement} " in printed


def test_check_with_settings(capsys):
    assert main(["check", "ge2021.staircase", "--set", "delta0=1e-150", "seeds=(0,)", "--set", "m=50"]) == 0
    printed = capsys.readouterr().out
    assert "log delta0 = -345.4" in printed
    assert "status       holds" in printed


def test_json_is_the_published_form(capsys):
    assert main(["check", "ge2021.eq1", "--set", "trials=2", "--set", "seed=3", "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert form["statement"] == "ge2021.eq1"
    assert form["status"] == "holds"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "ge2021.nothing"], "no check settles 'ge2021.nothing'"),
        (["check", "nothing"], "python -m flowbounds list names them all"),
        (["check", "ge2021.lema7"], "did you mean ge2021.lemma7"),
        (["check", "ge2021.eq1", "--set", "nonsense=1"], "ge2021.eq1 takes sizes, trials, seed"),
        (["check", "ge2021.eq1", "--set", "trials"], "as name=value"),
        (["check", "ge2021.staircase", "--set", "delta0=-1"], "delta0 must be finite and in"),
        (["check", "ge2021.staircase", "--set", "seeds=7"], "error:"),
    ],
)
def test_a_wrong_call_says_what_is_right(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"margin": -1.0}, 1),
        ({"margin": 0.0}, 1),
        ({"margin": -1.0, "holds_from": "d = 100"}, 1),
        ({"control": ("weak", 0.5)}, 1),
    ],
)
def test_exit_code_tells_whether_it_holds(changes, code, monkeypatch, capsys):
    evidence = Evidence(
        "demo.one", margin=1.0, error=0.01, instances=3, control=("none", -1.0), kind="identity"
    )
    check = registry.Check("demo.one", "identity", lambda: dataclasses.replace(evidence, **changes))
    monkeypatch.setattr("flowbounds.__main__.all_checks", lambda: {"demo.one": check})
    assert main(["check", "demo.one"]) == code
    capsys.readouterr()


@pytest.mark.press
def test_it_runs_as_a_module():
    run = subprocess.run(
        [sys.executable, "-m", "flowbounds", "list"], capture_output=True, text=True, check=True
    )
    assert "ge2021.staircase" in run.stdout


def test_registered_kinds_are_those_of_the_books_statements():
    papers = yaml.safe_load((ROOT / "book" / "statements.yml").read_text(encoding="utf-8"))
    for statement, check in registry.all_checks().items():
        paper, key = statement.split(".", 1)
        assert papers[paper][key]["kind"] == check.kind


def test_registration_refuses_what_cannot_be(monkeypatch):
    monkeypatch.setattr(registry, "_TABLE", dict(registry.all_checks()))
    with pytest.raises(ValueError, match="kind must be one of"):
        registry.settles("demo.two", kind="theorem")
    with pytest.raises(ValueError, match=r"ge2021\.eq1 has two checks"):
        registry.settles("ge2021.eq1", kind="identity")(lambda: None)

    @registry.settles("demo.three", kind="identity")
    def other():
        return Evidence("demo.four", margin=1.0, error=0.0, instances=1)

    with pytest.raises(ValueError, match=r"check of demo\.three returned evidence for demo\.four"):
        other()

"""Each rule of the ledger, broken on purpose: the build must turn red and say where and how to mend it."""

import pytest

from bookbuild import evidence as rules
from bookbuild import statements
from bookbuild.project import Page

STATED = "# Page\n\n```{statement} toy.eq1\nOne is one.\n```"
KNOWN = statements.parse(
    """
    toy:
      eq1: {label: "Equation (1)", kind: identity, title: "One is one"}
      thm1: {label: "Theorem 1", kind: inequality, title: "One is less than two", uses: [eq1]}
      fig1: {label: "Figure 1", kind: figure, title: "A line"}
    """
)


def only(problems):
    """The message of the one problem there is."""
    assert len(problems) == 1, [str(one) for one in problems]
    assert problems[0].cure
    return problems[0].message


def test_good_evidence_breaks_no_rule(page, executed, evidence):
    assert rules.violations({page: executed(STATED, [evidence()])}, KNOWN) == []


def test_colon_fences_state_too(page, executed, evidence):
    stated = ":::{statement} toy.eq1\nOne is one.\n:::"
    assert rules.violations({page: executed(stated, [evidence()])}, KNOWN) == []


def test_stated_without_evidence(page, executed):
    message = only(rules.violations({page: executed(STATED, ["nothing"])}, KNOWN))
    assert "notebooks/01_toy.md, cell 1" in message
    assert "toy.eq1 is stated" in message


def test_evidence_without_its_directive(page, executed, evidence):
    message = only(rules.violations({page: executed("# Page", [evidence()])}, KNOWN))
    assert "cell 2" in message
    assert "does not state it" in message


def test_evidence_for_no_statement(page, executed, evidence):
    notebook = executed(STATED, [evidence()], [evidence(statement="toy.eq9")])
    messages = [one.message for one in rules.violations({page: notebook}, KNOWN)]
    assert any("cell 3" in one and "'toy.eq9'" in one and "statements.yml" in one for one in messages)


def test_directive_for_no_statement(page, executed):
    message = only(rules.violations({page: executed("```{statement} toy.eq9\n```")}, KNOWN))
    assert "states 'toy.eq9'" in message


def test_stated_twice_on_one_page(page, executed, evidence):
    message = only(rules.violations({page: executed(STATED, STATED, [evidence()])}, KNOWN))
    assert "states toy.eq1 2 times" in message


@pytest.mark.parametrize("same_page", [True, False])
def test_evidence_twice(page, executed, evidence, same_page):
    if same_page:
        notebooks = {page: executed(STATED, [evidence()], [evidence()])}
    else:
        other = Page(page.root, "02_other")
        notebooks = {page: executed(STATED, [evidence()]), other: executed(STATED, [evidence()])}
    message = only(rules.violations(notebooks, KNOWN))
    assert "evidence for toy.eq1 stands twice" in message
    assert message.count("cell") == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "inconclusive"}, "inconclusive"),
        ({"status": "fine"}, "unknown status 'fine'"),
        ({"kind": "inequality"}, "has kind 'inequality', but 'identity'"),
        ({"controls": []}, "no negative control"),
        ({"extra": 1}, "missing or unknown fields: extra"),
    ],
)
def test_broken_evidence(page, executed, evidence, change, said):
    message = only(rules.violations({page: executed(STATED, [evidence(**change)])}, KNOWN))
    assert said in message
    assert "notebooks/01_toy.md, cell 2" in message


def test_a_control_that_does_not_violate(page, executed, evidence):
    controls = [
        {"name": "a lost factor", "result": "-0.31", "violates": True},
        {"name": "a lost sign", "result": "0.20", "violates": False},
    ]
    message = only(rules.violations({page: executed(STATED, [evidence(controls=controls)])}, KNOWN))
    assert "'a lost sign' of toy.eq1 does not violate it (0.20)" in message


def test_a_listed_control_must_violate_for_every_kind(page, executed, evidence):
    stated = "```{statement} toy.fig1\n```"
    figure = evidence(statement="toy.fig1", kind="figure", status="consistent on the grid", controls=[])
    assert rules.violations({page: executed(stated, [figure])}, KNOWN) == []
    figure["controls"] = [{"name": "noise", "result": "0.1", "violates": False}]
    assert "'noise'" in only(rules.violations({page: executed(stated, [figure])}, KNOWN))

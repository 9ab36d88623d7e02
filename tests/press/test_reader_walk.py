"""The walk from the front page: only links in texts count, and an answer too far away is a fault."""

import pytest

from bookbuild.project import BuildError, Project
from bookbuild.reader_walk import Answer, answers, faults, filled, load, walk

ENTRY = {"margin": "0.50", "status": "corrected", "printed": {"fails": True}, "page": "notebooks/06_page"}
ASKED = {
    "asks": "How much room?",
    "statement": "ge2021.prop1.c",
    "at": "row",
    "says": ["{status}", "{margin}", "as printed: {as_printed}"],
}

ROW = '<p id="row">corrected, as printed: <b>fails</b>, <span>0.</span><span>50</span></p>'


def page(*links, text=""):
    body = "".join(f'<a href="{link}">on</a>' for link in links)
    menu = '<nav><a href="answer.html">menu</a></nav>'
    return f'<html lang="en"><body>{menu}<article class="bd-article">{body}{text}</article></body></html>'


@pytest.fixture
def site(tmp_path):
    """front -> one -> two -> three -> answer, which only the menu reaches sooner; s/short/ leads on."""
    pages = {
        "index.html": '<meta http-equiv="Refresh" content="0; url=front.html" />',
        "front.html": page("one.html", "https://elsewhere.example/", "#here"),
        "one.html": page("two.html", "front.html"),
        "two.html": page("three.html", "s/short/"),
        "three.html": page("answer.html"),
        "answer.html": page(text=ROW),
        "s/short/index.html": '<meta http-equiv="Refresh" content="0; url=../../last.html">',
        "last.html": page(),
    }
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_walk_counts_links_in_texts_alone(site):
    reached = walk(site, "front.html")
    assert reached == {
        "front.html": 0,
        "one.html": 1,
        "two.html": 2,
        "three.html": 3,
        "s/short/index.html": 3,
    }
    assert walk(site, "front.html", links=4)["answer.html"] == 4


def test_an_answer_too_far_away_is_told_with_question_and_cure(site):
    question = filled(ASKED, {"ge2021.prop1.c": ENTRY})
    (fault,) = faults(site, [question])
    assert "within 3 links of the front page no page answers: How much room?" in fault.message
    assert "'0.50'" in fault.message
    assert "link to the answer" in fault.cure
    (site / "two.html").write_text(page("answer.html"), encoding="utf-8")
    assert list(answers(site, [question])) == [Answer(question, "answer.html", 3)]


def test_an_answer_that_says_something_else_is_none(site):
    (site / "two.html").write_text(page("answer.html"), encoding="utf-8")
    for change in ({"margin": "0.51"}, {"printed": {"fails": False}}):
        question = filled(ASKED, {"ge2021.prop1.c": {**ENTRY, **change}})
        assert len(faults(site, [question])) == 1
    on_its_page = filled({**ASKED, "on_its_page": True}, {"ge2021.prop1.c": ENTRY})
    assert len(faults(site, [on_its_page])) == 1, "the page that settles it is another"


def test_questions_of_a_statement_without_entry_are_an_error(tmp_path):
    project = Project(tmp_path)
    assert load(project, {}) == []
    project.book.mkdir()
    (project.book / "questions.yml").write_text(
        '- {asks: "Is it so?", statement: ge2021.none, at: row, says: ["{margin}"]}\n', encoding="utf-8"
    )
    with pytest.raises(BuildError, match=r"book/questions\.yml: ge2021\.none is not in the ledger"):
        load(project, {})

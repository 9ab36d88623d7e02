"""What the ledger page says of changes since the last release."""

import json
import re
from io import StringIO

import pytest
from ledger_changes import Release, changes, last_release, version_of
from record import RecordError, read_statements
from sphinx.errors import ExtensionError
from sphinx.testing.util import SphinxTestApp

PAGE = "# Front\n\n```{ledger-changes}\n```\n"


def read(statements_text, ledger):
    return read_statements(statements_text, json.dumps(ledger))


def test_nothing_changes_by_itself(statements_text, make_entry):
    ledger = {"ge2021.eq1": make_entry()}
    assert changes(Release("0.1.0", ledger), read(statements_text, ledger)) == []


@pytest.mark.parametrize(
    ("now", "rest"),
    [
        ({"status": "tight"}, ""),
        ({"margin": "0.3"}, "margin was 1.7, is 0.3"),
        ({"instances": 500, "vacuous": 2}, "instances was 400, is 500 (2 vacuous)"),
        ({"controls": []}, "controls was three for four, is none"),
        ({"kind": "figure"}, "kind was identity, is figure"),
        (
            {"printed": {"source": "slides", "result": "-1", "fails": True}},
            "printed form was not tested, is fails",
        ),
    ],
)
def test_each_kind_of_change_is_seen(statements_text, make_entry, now, rest):
    found = changes(
        Release("0.1.0", {"ge2021.eq1": make_entry()}),
        read(statements_text, {"ge2021.eq1": make_entry(**now)}),
    )
    assert [(one.statement.id, one.before, one.after, one.rest) for one in found] == [
        ("ge2021.eq1", "holds", now.get("status", "holds"), rest)
    ]


def test_what_is_no_verdict_is_not_compared(statements_text, make_entry):
    """Errors, notes and pages may move; no reader cites them."""
    after = make_entry(error="2e-12", note="n", page="notebooks/two", seeds=[2])
    assert (
        changes(Release("1", {"ge2021.eq1": make_entry()}), read(statements_text, {"ge2021.eq1": after}))
        == []
    )


def test_new_and_withdrawn_statements(statements_text, make_entry):
    found = changes(
        Release("0.1.0", {"ge2021.eq1": make_entry()}),
        read(statements_text, {"ge2021.lemma5.1": make_entry()}),
    )
    assert [(one.statement.id, one.before, one.after) for one in found] == [
        ("ge2021.eq1", "holds", "planned"),
        ("ge2021.lemma5.1", "planned", "holds"),
    ]


def test_a_lost_id_is_refused(statements_text, make_entry):
    with pytest.raises(RecordError, match=r"has lost ge2021\.eq7, which release 0\.1\.0 settles"):
        changes(Release("0.1.0", {"ge2021.eq7": make_entry()}), read(statements_text, {}))


def test_the_highest_version_is_the_last(tmp_path):
    assert last_release(tmp_path / "releases") is None
    for version in ("0.9.0", "0.10.2", "0.2"):
        (tmp_path / f"{version}.json").write_text(json.dumps({"from": version}))
    assert last_release(tmp_path) == Release("0.10.2", {"from": "0.10.2"})
    with pytest.raises(RecordError, match=r"releases/newest\.json: the name is not a version"):
        version_of("newest")


def render(folder, statements_text, now, releases):
    """The page of a small site with these releases."""
    (folder / "book" / "releases").mkdir(parents=True, exist_ok=True)
    (folder / "conf.py").write_text(
        'extensions = ["myst_parser", "statements"]\nroot_doc = "book/index"\nhtml_theme = "basic"\n'
    )
    (folder / "book" / "statements.yml").write_text(statements_text)
    (folder / "book" / "ledger.json").write_text(json.dumps(now))
    (folder / "book" / "index.md").write_text(PAGE)
    for version, ledger in releases.items():
        (folder / "book" / "releases" / f"{version}.json").write_text(json.dumps(ledger))
    app = SphinxTestApp("html", srcdir=folder, freshenv=True, warning=StringIO())
    try:
        app.build()
    finally:
        app.cleanup()
    return (app.outdir / "book" / "index.html").read_text("utf-8")


def test_the_page_says_what_has_changed(tmp_path, statements_text, make_entry):
    now = {"ge2021.eq1": make_entry(status="tight", margin="0.0")}
    assert "There is no release yet" in render(tmp_path, statements_text, now, {})
    assert "Nothing has changed since release 0.1.0." in render(
        tmp_path, statements_text, now, {"0.1.0": now}
    )
    html = render(tmp_path, statements_text, now, {"0.2.0": {"ge2021.eq1": make_entry()}})
    assert "Since release 0.2.0, 1 of 4 statements have changed." in html
    row = re.findall(r"<tr.*?</tr>", html, re.S)[1]
    cells = re.sub(r"<[^>]+>|\s+", " ", row).split()
    assert cells == ["ge2021.eq1", "holds", "tight", "margin", "was", "1.7,", "is", "0.0"]
    with pytest.raises(ExtensionError, match=r"has lost ge2021\.eq9"):
        render(tmp_path, statements_text, now, {"0.3.0": {"ge2021.eq9": make_entry()}})

"""What people meet first: README, citation, change log and issue forms are whole and agree with the rest."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PICTURE_BYTES = 80_000
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def version() -> str:
    return tomllib.loads(text_of("pyproject.toml"))["project"]["version"]


def dead_links(markdown: str) -> list[str]:
    """Links into the repository that lead to nothing."""
    targets = re.findall(r"\]\(([^)#\s]+)\)", markdown)
    return [one for one in targets if "://" not in one and not (ROOT / one).exists()]


def citation_faults(citation: dict[str, Any], bibliography: str) -> list[str]:
    """What a CFF 1.2.0 file must have, and titles and years that are not those of the bibliography."""
    needed = ("message", "title", "authors", "version")
    faults = [f"{key} is missing" for key in needed if not citation.get(key)]
    if citation.get("cff-version") != "1.2.0":
        faults.append("cff-version is not 1.2.0")
    if "doi" in citation or "identifiers" in citation:
        faults.append("there is no DOI to give")
    known = {(re.sub(r"[{}]", "", title), int(year)) for title, year in BIB.findall(bibliography)}
    for one in citation.get("references", []):
        if not {"type", "title", "authors", "year"} <= set(one):
            faults.append(f"{one.get('title')} lacks a field")
        elif (one["title"], one["year"]) not in known:
            faults.append(f"{one['title']} ({one['year']}) is not in the bibliography")
    return faults


BIB = re.compile(r"^  title\s+= \{(.*)\},\n(?:  .*\n)*?  year\s+= \{(\d+)\}", re.M)


def form_faults(form: dict[str, Any], asked: set[str]) -> list[str]:
    """What an issue form lacks to be shown, and fields that are not asked for."""
    faults = [f"{key} is missing" for key in ("name", "description", "body") if not form.get(key)]
    fields = [one for one in form.get("body", []) if one["type"] != "markdown"]
    faults += [f"{one['id']} has no label" for one in fields if not one["attributes"].get("label")]
    required = {one["id"] for one in fields if one.get("validations", {}).get("required")}
    return faults + sorted(f"{name} is not asked for" for name in asked - required)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_into_the_repository_lead_somewhere(name):
    assert dead_links(text_of(name)) == []


def test_a_dead_link_is_seen():
    assert dead_links("[a](LICENSE) [b](NOTHING.md) ![c](book/no.png)") == ["NOTHING.md", "book/no.png"]


def test_the_picture_is_small_and_described():
    (found,) = re.findall(r"!\[([^\]]+)\]\((book/_static/[\w-]+\.png)\)", text_of("README.md"))
    assert len(found[0]) > 40
    assert (ROOT / found[1]).stat().st_size < PICTURE_BYTES


def test_the_citation_is_whole_and_agrees():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation_faults(citation, text_of("book/references.bib")) == []
    assert str(citation["version"]) == version()
    assert citation["authors"] == [{"name": "The flowbounds authors"}]
    assert len(citation["references"]) == 4


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cff-version": "1.1.0"}, "cff-version is not 1.2.0"),
        ({"authors": []}, "authors is missing"),
        ({"doi": "10.0/0"}, "there is no DOI to give"),
        ({"references": [{"type": "book", "title": "T", "year": 1}]}, "T lacks a field"),
        (
            {"references": [{"type": "book", "title": "T", "authors": [], "year": 1}]},
            "T (1) is not in the bibliography",
        ),
    ],
)
def test_a_faulty_citation_is_seen(change, fault):
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation_faults({**citation, **change}, text_of("book/references.bib")) == [fault]


def test_the_change_log_speaks_of_this_version():
    headings = re.findall(r"^## \[(.+?)\]", text_of("CHANGELOG.md"), re.M)
    assert headings[0] == "Unreleased"
    assert version() in text_of("CHANGELOG.md")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("bug.yml", {"happened", "reproduce", "environment"}),
        ("dispute.yml", {"statement", "expected", "reproduce", "environment"}),
    ],
)
def test_issue_forms_ask_for_what_is_needed(name, asked):
    form = yaml.safe_load((FORMS / name).read_text(encoding="utf-8"))
    assert form_faults(form, asked) == []
    assert form_faults({**form, "body": form["body"][-1:]}, asked) == sorted(
        f"{one} is not asked for" for one in asked - {"environment"}
    )
    assert form_faults({**form, "name": ""}, asked) == ["name is missing"]


def test_a_dispute_says_how_to_reproduce():
    text = (FORMS / "dispute.yml").read_text(encoding="utf-8")
    assert "python -m flowbounds check ge2021.staircase --set " in text
    settings = yaml.safe_load((FORMS / "config.yml").read_text(encoding="utf-8"))
    assert settings == {"blank_issues_enabled": True}

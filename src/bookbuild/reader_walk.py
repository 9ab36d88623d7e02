"""What a reader must find from the front page in a few links, found by walking the rendered site.

The questions are in `book/questions.yml`. Only links in the text of pages are followed: the side menu, which
leads everywhere, would make every answer near.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from bookbuild.project import BuildError, Project
from bookbuild.site_check import is_elsewhere, target_of

FILE = "questions.yml"
LINKS = 3


@dataclass(frozen=True)
class Question:
    """What is asked, the page (None: any) and the id of the element that answers, and what it must say."""

    asks: str
    page: str | None
    at: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The page on which a question is answered, and how many links away it is."""

    question: Question
    page: str
    links: int


def load(project: Project, entries: Mapping[str, Mapping[str, Any]]) -> list[Question]:
    """The questions, with what the ledger says of their statement filled in."""
    path = project.book / FILE
    if not path.exists():
        return []
    return [filled(one, entries) for one in yaml.safe_load(path.read_text(encoding="utf-8"))]


def filled(one: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> Question:
    """A question whose texts hold `{margin}`, `{status}` and `{as_printed}` of the ledger's entry."""
    entry = entries.get(one["statement"])
    if entry is None:
        raise BuildError(
            f"book/{FILE}: {one['statement']} is not in the ledger", "correct the id, or make notebooks"
        )
    printed = entry.get("printed") or {}
    fields = {
        "margin": entry["margin"],
        "status": entry["status"],
        "as_printed": "fails" if printed.get("fails") else "holds",
    }
    page = entry["page"] if one.get("on_its_page") else None
    return Question(one["asks"], page, one["at"], tuple(text.format(**fields) for text in one["says"]))


def walk(html: Path, front: str, links: int = LINKS) -> dict[str, int]:
    """Breadth first: every page within so many links of `front`, with their number."""
    found, frontier = {front: 0}, [front]
    for step in range(1, links + 1):
        fresh = [target for name in frontier for target in linked(html, name) if target not in found]
        frontier = list(dict.fromkeys(fresh))
        found |= dict.fromkeys(frontier, step)
    return found


def linked(html: Path, name: str) -> Iterator[str]:
    """Pages to which the text of page `name` leads."""
    for link in text_of(html / name).select("a[href], meta[http-equiv=refresh i]"):
        address = str(link.get("href") or str(link.get("content", "")).partition("url=")[2])
        if not is_elsewhere(address):
            target = target_of(html, name, urlsplit(address).path)
            if (
                target and target.endswith(".html") and not target.startswith("_")
            ):  # source code answers nothing
                yield target


@cache
def text_of(path: Path) -> BeautifulSoup | Tag:
    """The page's text without menus, or all of a page that has no theme around it."""
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return soup.select_one("article.bd-article") or soup


def answers(html: Path, questions: Sequence[Question]) -> Iterator[Answer | Question]:
    """Each question's nearest answer within the links allowed; the question itself where there is none."""
    text_of.cache_clear()  # a new site has other pages under the same names
    index = "index.html"  # the site's address, which leads to the front page
    reached = walk(html, next(linked(html, index), index)) if questions else {}
    for question in questions:
        places = (name for name in reached if question.page in (None, name.removesuffix(".html")))
        page = next((name for name in places if answered(html / name, question)), None)
        yield Answer(question, page, reached[page]) if page else question


def answered(path: Path, question: Question) -> bool:
    element = text_of(path).find(id=question.at)
    said = unspaced(element.get_text()) if isinstance(element, Tag) else ""
    return bool(said) and all(unspaced(text) in said for text in question.says)


def unspaced(text: str) -> str:
    """Without spaces, which depend on how a table or a command is marked up."""
    return "".join(text.split())


def faults(html: Path, questions: Sequence[Question]) -> list[BuildError]:
    """A fault for each question that a reader cannot answer in time."""
    return [
        BuildError(
            f"book/{FILE}: within {LINKS} links of the front page no page answers: {one.asks} "
            f"(an element #{one.at} that says {' and '.join(map(repr, one.says))})",
            "link to the answer, or correct the question, then make book",
        )
        for one in answers(html, questions)
        if isinstance(one, Question)
    ]

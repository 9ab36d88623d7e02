"""No digit typed in prose that a run produces: it is glued from a cell, or there is a reason for it.

Read are the pages, the captions and alternative texts of their figures, and the pages without code. Labels of
the papers' parts, years and the like are known by their form; book/allowed_digits.yml has the others, each
with the reason why no run produces it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bookbuild.project import BuildError, Project
from bookbuild.prose import Passage, passages

FILE = "book/allowed_digits.yml"
ADVICE = "print it in a cell, or glue it and write {glue:text}`NN-what`, or say it without the number"
CURE = f"{ADVICE}; if no run produces it, give the reason in {FILE}"

NUMBER = r"\d+(?:\.\d+)*[a-z]?(?:\([a-z\d]+\))*"
PARTS = (
    "algorithm|chapter|claim|corollary|definition|equation|example|exercise|figure|footnote|layer|lemma|"
    "objective|page|part|phase|proposition|section|table|theorem"
)
JOINED = r"(?:,\s+|\s+(?:and|to|or)\s+|–|-)"
# Why the form alone tells that no run produced the digits.
PATTERNS = {
    "the name of a part of a paper, of a network or of this book": re.compile(
        rf"\b(?:{PARTS})s?\s+(?:{NUMBER}(?:{JOINED}{NUMBER})*|\(\d+\))(?![\d.]*\d)", re.IGNORECASE
    ),
    "a year": re.compile(r"(?<![\d.,$\\])(?:19|20)\d\d(?![\d.,]*\d)(?!\s*(?:%|[a-z]))"),
    "a version or a licence": re.compile(r"\b(?:Python|Attribution|CC BY|version)\s+\d+(?:\.\d+)*\b"),
    "the name of a kind of number": re.compile(r"\b(?:u?int|float|complex)\d+\b|\b\d+-bit\b"),
    "the name of a kind of function": re.compile(r"\b\d-homogeneous\b"),
    "the level of an interval or a quantile, which is chosen": re.compile(
        r"\b9[059](?:\.\d)?\s%\s+(?:interval|confidence|quantile)"
    ),
    "zero, one or minus one, exactly": re.compile(r"\$[-+=]?[01]\$"),
}


@dataclass(frozen=True)
class Allowed:
    """Pieces of one file's prose that hold digits, and why no run produces them."""

    texts: tuple[str, ...]
    reason: str


def faults(project: Project, files: Collection[str] | None = None) -> list[BuildError]:
    """Digits without a reason and reasons without digits, in all texts of the book or in those named."""
    allowed = read_allowed(project)
    texts = {path.relative_to(project.root).as_posix(): path for path in sources(project)}
    problems = [
        BuildError(f"{FILE}: there is no text {file}", "remove its entries, or correct the name")
        for file in sorted(set(allowed) - set(texts))
    ]
    for file, path in texts.items():
        if files is None or file in files:
            prose = passages(path.read_text(encoding="utf-8"))
            problems += digits_of(file, prose, allowed.get(file, ()))
            problems += unused(file, prose, allowed.get(file, ()))
    return problems


def sources(project: Project) -> Iterator[Path]:
    yield from sorted(project.notebooks.glob("*.md"))
    yield from sorted(project.book.rglob("*.md"))


def digits_of(file: str, prose: Collection[Passage], allowed: Collection[Allowed]) -> list[BuildError]:
    """One fault for each word with a digit that neither its form nor an entry explains."""
    texts = [text for one in allowed for text in one.texts]
    return [
        BuildError(f"{file}, line {passage.line_of(start)}: a number typed in prose: {shown}", CURE)
        for passage in prose
        for start, shown in unexplained(passage.text, texts)
    ]


def unexplained(text: str, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    """Place of each word with unexplained digits, and the word among its neighbours."""
    explained = {
        place
        for spans in (
            *(one.finditer(text) for one in PATTERNS.values()),
            *(occurrences(text, a) for a in allowed),
        )
        for span in spans
        for place in range(*span.span())
    }
    for word in re.finditer(r"\S*\d\S*", text):
        if any(text[place].isdigit() and place not in explained for place in range(*word.span())):
            around = text[max(0, word.start() - 30) : word.end() + 20]
            yield word.start(), repr(" ".join(around.split()))


def occurrences(text: str, piece: str) -> Iterator[re.Match[str]]:
    """Where an allowed piece stands, not as a part of a longer number; its spaces may be line breaks."""
    body = r"\s+".join(re.escape(word) for word in piece.split())
    return re.finditer(rf"(?<![\d.]){body}(?!\.?\d)", text)


def unused(file: str, prose: Collection[Passage], allowed: Collection[Allowed]) -> list[BuildError]:
    return [
        BuildError(f"{FILE}: {file} does not say {text!r} any more", "remove the entry")
        for one in allowed
        for text in one.texts
        if not any(any(occurrences(passage.text, text)) for passage in prose)
    ]


def read_allowed(project: Project) -> dict[str, tuple[Allowed, ...]]:
    """The entries by file; no file means no entries."""
    path = project.root / FILE
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise BuildError(f"{FILE} is not valid YAML: {error}", "correct it") from None
    if not isinstance(content, dict):
        raise BuildError(f"{FILE} is no list of entries by file", "begin it with the path of a text")
    return {str(file): tuple(entry(file, one) for one in entries or ()) for file, entries in content.items()}


def entry(file: str, given: object) -> Allowed:
    """One entry; each text holds a digit, and the reason is in words."""
    match given:
        case Mapping() if set(given) == {"texts", "reason"} and isinstance(given["texts"], list):
            texts = tuple(str(text) for text in given["texts"])
            reason = str(given["reason"] or "").strip()
        case _:
            raise BuildError(
                f"{FILE}, {file}: {given!r} is no entry", "give it `texts` (a list) and `reason`"
            )
    if len(reason.split()) < 3:
        raise BuildError(f"{FILE}, {file}: {texts} has no reason", "say in words why no run produces it")
    for text in texts:
        if not re.search(r"\d", text):
            raise BuildError(f"{FILE}, {file}: {text!r} has no digit", "give the exact text with its digits")
    return Allowed(texts, reason)

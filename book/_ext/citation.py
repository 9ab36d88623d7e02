"""How to cite a page: one sentence, and an entry for BibTeX, from CITATION.cff and the page's title."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = "CITATION.cff"


@dataclass(frozen=True)
class Work:
    """The whole of which a page is a part. The year is that of the site's copyright."""

    title: str
    authors: tuple[str, ...]
    version: str
    year: str


def read_work(path: Path, copyright_text: str) -> Work:
    """The work as CITATION.cff names it; its version is the package's, which a test holds."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    years = re.findall(r"\d{4}", copyright_text)
    return Work(
        title=str(given["title"]),
        authors=tuple(author_name(one) for one in given["authors"]),
        version=str(given["version"]),
        year=years[-1] if years else "",
    )


def author_name(given: Mapping[str, Any]) -> str:
    """A person's given names first, or a group's only name."""
    names = [given.get("given-names"), given.get("name-particle"), given.get("family-names")]
    return str(given.get("name") or " ".join(str(name) for name in names if name))


def sentence(work: Work, page: str) -> tuple[str, str, str]:
    """Before the work's title, that title, and after it, so that it can be set in italics."""
    year = f", {work.year}" if work.year else ""
    return f"{', '.join(work.authors)}: “{page}”, in ", work.title, f", version {work.version}{year}."


def bibtex(work: Work, docname: str, page: str, address: str) -> str:
    """An entry of the kind that every style knows; names of groups are not taken apart."""
    authors = " and ".join(f"{{{escaped(name)}}}" for name in work.authors)
    fields = {
        "author": authors,
        "title": escaped(page),
        "howpublished": f"In: {escaped(work.title)}, version {escaped(work.version)}",
        "year": work.year,
        "url": address,
    }
    key = "flowbounds-" + docname.rsplit("/", 1)[-1].replace("_", "-")
    lines = [f"  {name} = {{{text}}}" for name, text in fields.items() if text]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def escaped(text: str) -> str:
    r"""Characters that mean something to TeX.

    >>> print(escaped("50 % of A & B"))
    50 \% of A \& B
    """
    return re.sub(r"([&%$#_])", r"\\\1", text)

"""Whether two renderings of the book say the same: pages, headings, anchors and text."""

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from bs4 import BeautifulSoup

NOT_PAGES = ("_static", "_sources")
SHOWN_LINES = 6


@dataclass(frozen=True)
class Said:
    """What a page says below its theme: the article, or the whole body of a page that has none."""

    headings: tuple[str, ...]
    ids: tuple[str, ...]
    lines: tuple[str, ...]


def said(html: str) -> Said:
    soup = BeautifulSoup(html, "html.parser")
    article = soup.select_one("article") or soup.body or soup
    headings = article.select("h1, h2, h3, h4, h5, h6")
    return Said(
        headings=tuple(f"{tag.name} {words(tag.get_text())}" for tag in headings),
        ids=tuple(str(tag["id"]) for tag in article.select("[id]")),
        lines=tuple(filter(None, map(words, article.get_text("\n").splitlines()))),
    )


def words(text: str) -> str:
    return " ".join(text.split())


def pages(html: Path) -> dict[str, Path]:
    """The pages of a site by their path in it."""
    found = {path.relative_to(html): path for path in sorted(html.rglob("*.html"))}
    return {name.as_posix(): path for name, path in found.items() if name.parts[0] not in NOT_PAGES}


def differences(one: Path, other: Path) -> list[str]:
    """What one site has and the other does not, a few lines for each page; empty when they are the same."""
    here, there = pages(one), pages(other)
    result = [f"{name}: only in {one.name}" for name in here if name not in there]
    result += [f"{name}: only in {other.name}" for name in there if name not in here]
    for name in (name for name in here if name in there):
        first, second = (said(path.read_text(encoding="utf-8")) for path in (here[name], there[name]))
        for what in ("headings", "ids", "lines"):
            given = (getattr(page, what) for page in (first, second))
            diff = list(unified_diff(*given, one.name, other.name, n=0, lineterm=""))[3:]
            if diff:
                shown = "\n".join(f"    {line[:200]}" for line in diff[:SHOWN_LINES])
                result.append(f"{name}: other {what}\n{shown}")
                break
    return result

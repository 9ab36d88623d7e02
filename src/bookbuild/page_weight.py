"""How much a reader's browser fetches for one page, beside what all pages share (theme, fonts, formulas).

A page weighs what travels: its text compressed, as servers send it, and its pictures as they are.
"""

import gzip
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bookbuild.project import BuildError

BUDGET = 600_000  # bytes: two seconds on 2.4 Mbit/s, a slow telephone; the heaviest page of 2026 has 0.43 MB
SHOWN = 3
NOT_PAGES = ("_static", "_sources", "_modules")
SHOWN_PICTURE = re.compile(r"""<img\b[^>]*?\ssrc\s*=\s*["']([^"']+)""", re.IGNORECASE)


def faults(html: Path, docnames: Collection[str] | None = None) -> list[BuildError]:
    """A fault for each page of the site that is over its budget; with `docnames`, of those pages only."""
    every = [path.relative_to(html) for path in sorted(html.rglob("*.html"))]
    pages = [path.as_posix() for path in every if path.parts[0] not in NOT_PAGES]
    names = [name for name in pages if docnames is None or name.removesuffix(".html") in docnames]
    return [too_heavy(name, parts) for name in names if sum((parts := weigh(html, name)).values()) > BUDGET]


def too_heavy(name: str, parts: dict[str, int]) -> BuildError:
    heaviest = sorted(parts.items(), key=lambda one: -one[1])[:SHOWN]
    said = ", ".join(f"{part} {size:,}" for part, size in heaviest)
    return BuildError(
        f"{name}: it weighs {sum(parts.values()):,} bytes, and {BUDGET:,} are its budget (heaviest: {said})",
        "draw fewer points, lower the figure's dpi or split the page, then make book",
    )


def weigh(html: Path, name: str) -> dict[str, int]:
    """Bytes of the page's text, compressed, and of each picture that it shows, by name."""
    path = html / name
    text = path.read_bytes()
    parts = {name: len(gzip.compress(text, mtime=0))}
    for address in dict.fromkeys(SHOWN_PICTURE.findall(text.decode())):
        picture = path.parent / unquote(urlsplit(address).path)
        if not address.startswith("data:") and picture.is_file():
            parts[picture.name] = picture.stat().st_size
    return parts

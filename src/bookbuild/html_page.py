"""One page of the rendered site, read from its file: what it links to, fetches, shows and names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

# Relations of <link> that make a browser fetch or connect; canonical, next and the like only name an address.
FETCHING = {"apple-touch-icon", "dns-prefetch", "icon", "manifest", "mask-icon", "modulepreload"} | {
    *("preconnect", "prefetch", "preload", "stylesheet")
}
# Attributes from which a browser loads something, whatever the tag, except where a link is meant.
LOADING = ("src", "poster", "data", "xlink:href")
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
SCRIPT_ADDRESS = re.compile(r"""(?:\bimport\b|\bfrom\b|\bfetch\b)\s*\(?\s*["']([^"']+)""")


@dataclass(frozen=True)
class HtmlPage:
    """What the checks need to know of a page; addresses are as written."""

    lang: str
    redirect: str  # where a page that shows nothing itself sends its reader, else empty
    ids: tuple[str, ...]
    anchors: frozenset[str]
    links: tuple[str, ...]
    fetched: tuple[str, ...]
    silent_images: tuple[str, ...]  # without an alternative text
    figures_without_caption: tuple[str, ...]


def read_page(path: Path) -> HtmlPage:
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> HtmlPage:
    soup = BeautifulSoup(text, "html.parser")
    # One walk through the tree, and then plain lists: each question to the soup would walk through it again.
    tags = [tag for tag in soup.descendants if isinstance(tag, Tag)]
    ids = tuple(str(tag["id"]) for tag in having(tags, "id"))
    redirect = redirect_of(tags)
    links = [str(tag["href"]) for tag in having(tags, "href", "a", "area")]
    links += [str(tag["action"]) for tag in having(tags, "action", "form")]
    images = [tag for tag in tags if tag.name == "img"]
    return HtmlPage(
        lang=str(soup.html.get("lang", "")) if soup.html else "",
        redirect=redirect,
        ids=ids,
        anchors=frozenset(ids) | {str(tag["name"]) for tag in having(tags, "name", "a")},
        links=tuple(links + ([redirect] if redirect else [])),
        fetched=tuple(fetched(tags)),
        silent_images=tuple(str(tag.get("src")) for tag in images if not says_something(tag)),
        figures_without_caption=tuple(figures_without_caption(tags, images)),
    )


def leads_on(text: str) -> bool:
    """Whether a page only sends its reader elsewhere; only a page that has the word is parsed."""
    return "refresh" in text.lower() and bool(parse(text).redirect)


def having(tags: Iterable[Tag], attribute: str, *names: str) -> list[Tag]:
    """Those of the tags that have the attribute, and one of the names where some are given."""
    return [tag for tag in tags if attribute in tag.attrs and (not names or tag.name in names)]


def redirect_of(tags: Iterable[Tag]) -> str:
    """The target of <meta http-equiv="refresh" content="0; url=...">."""
    for tag in having(tags, "http-equiv", "meta"):
        found = re.search(r"url=(.+)", str(tag.get("content", "")), re.IGNORECASE)
        if str(tag["http-equiv"]).lower() == "refresh" and found:
            return found[1].strip()
    return ""


def fetched(tags: list[Tag]) -> list[str]:
    """Everything that a browser asks for when it opens the page, as far as the file tells."""
    found = [str(tag[name]) for name in LOADING for tag in having(tags, name)]
    found += [str(tag["href"]) for tag in having(tags, "href", "image", "use")]
    for tag in having(tags, "href", "link"):
        if FETCHING.intersection(str(one).lower() for one in tag.get_attribute_list("rel")):
            found.append(str(tag["href"]))
    for tag in having(tags, "srcset"):
        found += [one.split()[0] for one in str(tag["srcset"]).split(",") if one.strip()]
    for tag in tags:
        if tag.name == "style":
            found += css_addresses(tag.get_text())
    for tag in having(tags, "style"):
        found += css_addresses(str(tag["style"]))
    for tag in (tag for tag in tags if tag.name == "script" and "src" not in tag.attrs):
        found += [one for one in SCRIPT_ADDRESS.findall(tag.get_text()) if urlsplit(one).netloc]
    return found


def css_addresses(text: str) -> list[str]:
    return [first or second for first, second in CSS_ADDRESS.findall(text)]


def says_something(image: Tag) -> bool:
    """Whether an image has a text of its own; where none was written, the file's name stands in for it."""
    if image.get("aria-hidden") == "true" or image.get("role") == "presentation":
        return True
    text = str(image.get("alt", "")).strip()
    name = urlsplit(str(image.get("src", ""))).path
    return bool(text) and Path(text).name != Path(name).name


def figures_without_caption(tags: list[Tag], images: list[Tag]) -> list[str]:
    """Figures whose caption is absent or holds a number alone, and pictures of code cells in no figure."""
    silent = []
    for figure in (tag for tag in tags if tag.name == "figure"):
        words = figure.select_one("figcaption .caption-text") or figure.select_one("figcaption")
        if words is None or not words.get_text(strip=True):
            image = figure.select_one("img")
            silent.append(str(figure.get("id") or (image.get("src") if image else "")))
    shown = [image for image in images if image.find_parent(class_="cell_output") is not None]
    loose = [image for image in shown if image.find_parent("figure") is None]
    return silent + [str(image.get("src")) for image in loose]

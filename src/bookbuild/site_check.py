"""Static check of the rendered site: its files alone, without a browser."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bookbuild.html_page import HtmlPage, css_addresses, leads_on, read_page
from bookbuild.project import BuildError

NOT_PAGES = ("_static", "_sources")  # files of the theme, and the pages' sources
MADE_BY_SPHINX = ("genindex.html", "py-modindex.html", "search.html")
# Addresses that are no file and ask nobody for one.
NO_FILE = ("blob", "data", "javascript", "mailto", "tel")

Site = dict[str, HtmlPage]


def faults(html: Path, docnames: Collection[str] | None = None) -> list[BuildError]:
    """Everything wrong with the site in `html`; with `docnames`, only what is wrong with those pages."""
    site = read_site(html)
    problems = [
        BuildError(f"{name}: {what}", f"{cure} in {source_of(name)}, then make book")
        for name, page in site.items()
        if docnames is None or name.removesuffix(".html") in docnames
        for what, cure in [*faults_of(page), *link_faults(html, site, name)]
    ]
    if docnames is None:
        problems += [
            BuildError(f"{name}: {what}", f"{cure} in {name}, then make book")
            for name in stylesheets(html, site)
            for what, cure in style_faults(html, name)
        ]
    return problems


def read_site(html: Path) -> Site:
    """All pages by their path in the site."""
    paths = {path.relative_to(html): path for path in sorted(html.rglob("*.html"))}
    pages = {name: path for name, path in paths.items() if name.parts[0] not in NOT_PAGES}
    return {name.as_posix(): read_page(path) for name, path in pages.items()}


def documents(html: Path) -> list[str]:
    """The pages that people read: not the index of words, the search, or a page that only leads on."""
    paths = {path.relative_to(html).as_posix(): path for path in sorted(html.rglob("*.html"))}
    return [
        name
        for name, path in paths.items()
        if not (name in MADE_BY_SPHINX or name.startswith("_") or leads_on(path.read_text(encoding="utf-8")))
    ]


def source_of(name: str) -> str:
    return name.removesuffix(".html") + ".md"


def faults_of(page: HtmlPage) -> Iterator[tuple[str, str]]:
    """Pairs of fault and cure that the page alone shows."""
    if not page.lang and not page.redirect:  # nobody reads a redirection aloud
        yield "its <html> has no lang", "set sphinx.config.language in _config.yml, or the tag"
    for one, times in Counter(page.ids).items():
        if times > 1:
            yield f"the id {one!r} is given {times} times", "rename one of the labels or headings"
    for image in page.silent_images:
        yield f"the image {image} has no alternative text", "say what one sees with :alt: or mystnb.image.alt"
    for figure in page.figures_without_caption:
        cure = "write its conclusion as the {figure}'s text or as mystnb.figure.caption"
        yield f"the figure {figure} has no caption", cure
    for address in dict.fromkeys(page.fetched):
        if is_outside(address):
            yield f"opening it asks for {address}", "keep a copy in book/_static, or leave it out"


def link_faults(html: Path, site: Site, name: str) -> Iterator[tuple[str, str]]:
    """Links and loaded files that are not in the site, and anchors that no page has."""
    page = site[name]
    for address in dict.fromkeys((*page.links, *page.fetched)):
        parts = urlsplit(address)
        if parts.scheme == "file":
            yield f"the link {address} leads into somebody's machine", "link to a page of the site"
        elif is_elsewhere(address):
            continue
        elif not (target := target_of(html, name, parts.path)):
            yield f"the link {address} leads to no file of the site", "correct the link"
        elif parts.fragment and target in site and unquote(parts.fragment) not in site[target].anchors:
            yield f"the link {address} leads to an anchor that {target} does not have", "correct the link"


def target_of(html: Path, name: str, path: str) -> str | None:
    """The file that a relative path on page `name` means, as a path in the site; None if there is none."""
    if not path:
        return name
    if path.startswith("/"):
        return None  # right for a site at the root of its host only
    file = (html / name).parent / unquote(path)
    if file.is_dir():
        file /= "index.html"
    inside = file.resolve().is_relative_to(html.resolve())
    return file.resolve().relative_to(html.resolve()).as_posix() if inside and file.is_file() else None


def stylesheets(html: Path, site: Site) -> list[str]:
    """Style sheets of the pages, with those that they import."""
    found: list[str] = []
    waiting = [(name, address) for name, page in site.items() for address in page.fetched]
    while waiting:
        name, address = waiting.pop(0)
        target = None if is_elsewhere(address) else target_of(html, name, urlsplit(address).path)
        if target and target.endswith(".css") and target not in found:
            found.append(target)
            waiting += [(target, one) for one in css_addresses((html / target).read_text(encoding="utf-8"))]
    return found


def style_faults(html: Path, name: str) -> Iterator[tuple[str, str]]:
    for address in dict.fromkeys(css_addresses((html / name).read_text(encoding="utf-8"))):
        if is_outside(address):
            yield f"it asks for {address}", "keep a copy beside it, or leave it out"
        elif not is_elsewhere(address) and not target_of(html, name, urlsplit(address).path):
            yield f"it asks for {address}, which is not in the site", "correct the address"


def is_outside(address: str) -> bool:
    """Whether a browser would ask another host for it."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("file", "ftp", "http", "https", "ws", "wss")


def is_elsewhere(address: str) -> bool:
    return is_outside(address) or urlsplit(address).scheme in NO_FILE

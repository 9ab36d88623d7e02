"""A content security policy in every page: the browser itself refuses what the site does not hold.

The policy stands in a <meta> tag, because the book may be opened from disk or served by anything. Scripts
come from the site's files; those that the theme writes into its pages are admitted one by one, by their
hashes, so a script that is added to a page later does not run. Styles may stand in the page: MathJax and the
theme's icons write theirs while it is read, and no hash can name those beforehand.
"""

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

from bookbuild.project import BuildError

NAME = "Content-Security-Policy"
NOT_PAGES = ("_static", "_sources")
# Opened from disk, a page has no host that 'self' could mean; what is served can reach no file all the same.
OWN = "'self' file:"
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
# Blocks of data are no scripts: the browser never runs them.
DATA = re.compile(r"""\btype\s*=\s*["']?(?!text/javascript|application/javascript|module)[\w.+-]+/""", re.I)
LOADED = re.compile(r"\bsrc\s*=", re.IGNORECASE)
TAG = re.compile(r"""<[a-z](?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
HANDLER = re.compile(r"""\son[a-z]+\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
PLACE = re.compile(r"<meta\s+charset[^>]*>|<head\b[^>]*>", re.IGNORECASE)


def protect(site: Path) -> None:
    """Write the policy into every page of a rendered site."""
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] not in NOT_PAGES:
            path.write_bytes(with_policy(path.read_text(encoding="utf-8"), path.name).encode())


def with_policy(page: str, name: str = "page") -> str:
    """The page with its policy, which must stand before the first script.

    A page without a head, which only leads on to another, gets it as its first line.
    """
    tag = f'<meta http-equiv="{NAME}" content="{policy(page)}">'
    places = list(PLACE.finditer(page))
    if not places:
        return f"{tag}\n{page}"
    # The charset comes first in the head, where browsers look for it; the policy is next.
    at = next((one for one in places if "charset" in one[0].lower()), places[0]).end()
    if SCRIPT.search(page, 0, at):
        raise BuildError(
            f"{name}: a script stands before the place of the policy", "move it below <meta charset>"
        )
    return f"{page[:at]}\n    {tag}{page[at:]}"


def policy(page: str) -> str:
    """The policy of one page; its hashes are those of the scripts and handlers written into it."""
    written = [(given, body) for given, body in SCRIPT.findall(page) if not LOADED.search(given)]
    scripts = [body for given, body in written if not DATA.search(given)]
    bare = SCRIPT.sub("", page)
    tags = (tag for tag in TAG.findall(bare) if " on" in tag.lower())
    handlers = [unescape(one or other) for tag in tags for one, other in HANDLER.findall(tag)]
    hashes = dict.fromkeys(map(hash_of, [*scripts, *handlers]))
    # The theme's buttons have handlers as attributes; 'unsafe-hashes' lets a hash name one of those, too.
    extra = ["'unsafe-hashes'"] if handlers else []
    rules = {
        "default-src": [OWN],
        "script-src": [OWN, *extra, *hashes],
        "style-src": [OWN, "'unsafe-inline'"],
        "img-src": [OWN, "data:"],
        "font-src": [OWN, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [OWN],
    }
    return "; ".join(" ".join([rule, *sources]) for rule, sources in rules.items())


def hash_of(script: str) -> str:
    """As the browser computes it, from the text between the tags with its line ends made one character."""
    text = script.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

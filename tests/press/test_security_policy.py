"""The policy of each page: what it admits, where it stands, and that it is there in every page of a site."""

import pytest

from bookbuild.project import BuildError
from bookbuild.security_policy import NAME, hash_of, policy, protect, with_policy

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head>
<meta charset="utf-8" />
<script>let one = 1;</script>
<script type="application/json">{"data": 1}</script>
<script src="own.js"></script>
</head><body><p title="a > b" onclick="say(&quot;one&quot;)">Turn it on="off".</p></body></html>
"""


def test_the_scripts_and_handlers_of_a_page_are_admitted_by_hash():
    given = {rule.split()[0]: rule.split()[1:] for rule in policy(PAGE).split("; ")}
    hashes = [hash_of("let one = 1;"), hash_of('say("one")')]
    assert given["script-src"] == ["'self'", "file:", "'unsafe-hashes'", *hashes]
    assert given["default-src"] == ["'self'", "file:"]
    assert given["object-src"] == given["base-uri"] == ["'none'"]
    assert "'unsafe-inline'" not in given["script-src"]
    assert "//" not in policy(PAGE).replace(" ".join(hashes), ""), "no host is named"


def test_a_page_without_scripts_admits_those_of_the_site_only():
    assert "script-src 'self' file:;" in policy("<p>Words.</p>")


def test_a_hash_is_the_one_that_browsers_compute():
    # The example of the specification (Content Security Policy Level 3, section 8.4).
    assert hash_of("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    assert hash_of("a\r\nb") == hash_of("a\nb"), "the parser of HTML makes line ends one character"


def test_it_follows_the_charset_and_precedes_all_scripts():
    page = with_policy(PAGE)
    assert page.index("charset") < page.index(NAME) < page.index("<script")
    redirect = with_policy('<meta http-equiv="Refresh" content="0; url=book/index.html" />')
    assert redirect.startswith(f'<meta http-equiv="{NAME}"')
    assert f'<head>\n    <meta http-equiv="{NAME}"' in with_policy("<head><script>1</script></head>")


def test_a_script_before_its_place_is_refused():
    with pytest.raises(BuildError, match="a script stands before the place of the policy"):
        with_policy("<head><script>early()</script><meta charset='utf-8'></head>")


def test_every_page_gets_one_and_parts_of_the_theme_none(tmp_path):
    for name in ("index.html", "book/one.html", "_static/frame.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"<head>\r\n</head>")
    protect(tmp_path)
    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    assert {name: text.count(NAME) for name, text in texts.items()} == {
        "index.html": 1,
        "one.html": 1,
        "frame.html": 0,
    }

"""The browser check: small sites with one planted fault each, in one real browser."""

import pytest

from bookbuild import browser
from bookbuild.browser_page import NARROW, VISITS, Mode
from bookbuild.project import BuildError
from bookbuild.security_policy import with_policy
from bookbuild.serve import serving

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>T</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }
</style></head>
<body><main><h1>A law</h1><p>Plain words.</p>BODY</main></body></html>
"""
# Stands for MathJax: whoever waits for its promise finds the formulas set.
SET_FORMULAS = """\
<p><span class="math">\\(x^2\\)</span></p>
<script>window.MathJax = {startup: {promise: new Promise((done) => setTimeout(() => {
  document.querySelector(".math").innerHTML = INNER; done(); }, 50))}}</script>
"""
DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGO4CwAA3wDeKXlwtgAAAABJRU5ErkJggg=="
)
GOOD = (
    SET_FORMULAS.replace("INNER", '"<mjx-container>x</mjx-container>"')
    + f'<img src="{DOT}" alt="A dot." loading="lazy">'
    + '<pre style="overflow-x: auto" tabindex="0">\\('
    + 200 * "x"
    + "\\)</pre>"
)
BAD = "'<mjx-container><mjx-merror>Missing brace</mjx-merror></mjx-container>'"
# What is told, with what causes it. All of these are on one page, so the formula that is set comes first.
FAULTS = {
    "a formula has an error: Missing brace": SET_FORMULAS.replace("INNER", BAD),
    "a formula is not rendered: \\(y^2\\)": '<p><span class="math">\\(y^2\\)</span></p>',
    "TeX is shown as it is written: The law": "<p>The law \\(x^2\\).</p>",
    "the console says (error): broken law": "<script>console.error('broken law')</script>",
    "the console says (warning): old law": "<script>console.warn('old law')</script>",
    "a script failed: no law": "<script>throw new Error('no law')</script>",
    "it asks for http://cdn.example/x.js": "<script src='http://cdn.example/x.js'></script>",
    "it asks for http://cdn.example/later": "<script>fetch('//cdn.example/later').catch(() => 0)</script>",
    "it asks for ws://127.0.0.1:9/": "<script>new WebSocket('ws://127.0.0.1:9/')</script>",
    "/gone.js could not be loaded (404)": "<script src='gone.js'></script>",
    "/good.html could not be loaded (net::ERR_ABORTED)": (
        "<script>{ const stop = new AbortController(); const given = {signal: stop.signal};"
        "fetch('good.html', given).catch(() => 0); setTimeout(() => stop.abort(), 0) }</script>"
    ),
    "the image data:image/png;base64,AA is not shown": "<img src='data:image/png;base64,AA' alt='A dot.'>",
    "it has no content security policy": "",
    "it breaks axe's rule color-contrast (serious) at p": "",
    "it breaks axe's rule button-name (critical) at button": "<button></button>",
    "its text and its ground are too much alike": "<style>body { color: #808080 !important }</style>",
}
# What comes into a page after its policy: a script, a handler and somebody else's picture.
ADDED = (
    "<script>console.error('the added script ran')</script>"
    "<p onclick='console.error(1)'>One.</p><img src='OTHER/dot.png' alt='A dot.' hidden>"
)
ONE_MODE = ((Mode("light", 1280),),)
# These show in some modes only.
NARROW_MODES, DARK_MODES = ("light, 390 px; dark, 390 px", "dark, 390 px; dark, 1280 px")
WHITE = "body { background: white; color: black !important }"
BLACK = "body { background: black; color: white }"
FAULTS_OF_MODES = {
    "wide": (f"<p class='long'>{200 * 'x'}</p>", NARROW_MODES, "on a screen of 390 px (p.long)"),
    "never_dark": (f"<style>{WHITE}</style>", DARK_MODES, "in dark mode its ground is light"),
    "always_dark": (f"<style>{BLACK}</style>", "light, 1280 px; light, 390 px", "its ground is dark"),
}
needs_chromium = pytest.mark.skipif(
    browser.what_is_missing() is not None, reason=f"{browser.what_is_missing()}: {browser.CURE}"
)


@pytest.mark.press
@needs_chromium
def test_planted_faults_are_found_and_a_page_without_fault_passes(tmp_path):
    """One test, because each process that runs a part of it would start a browser of its own."""
    bodies = {"good": GOOD, "ill": "".join(FAULTS.values())}
    bodies |= {name: body for name, (body, *_) in FAULTS_OF_MODES.items()}
    for name, body in bodies.items():
        (tmp_path / f"{name}.html").write_text(with_policy(PAGE.replace("BODY", body)), encoding="utf-8")
    (tmp_path / "intruder.js").write_text("console.error('the intruder ran')", encoding="utf-8")
    with serving(tmp_path) as address, serving(tmp_path) as other, browser.chromium() as running:
        ill = PAGE.replace("BODY", bodies["ill"] + f"<script src='{other}/intruder.js'></script>")
        (tmp_path / "ill.html").write_text(ill, encoding="utf-8")
        problems = browser.look(running, address, ["ill.html"], ONE_MODE)
        added = with_policy(PAGE.replace("BODY", GOOD)).replace("</main>", ADDED + "</main>")
        (tmp_path / "added.html").write_text(added.replace("OTHER", other), encoding="utf-8")
        against_policy = browser.look(running, address, ["added.html"], ONE_MODE)
        every_mode = browser.look(running, address, [f"{name}.html" for name in ("good", *FAULTS_OF_MODES)])
    told = "\n".join(one.message for one in problems)
    assert [said for said in FAULTS if f"ill.html (light, 1280 px): {said}" not in told] == []
    assert f"it asks for {other}/intruder.js" in told
    assert "the intruder ran" not in told, "what is outside must be refused, not only told"
    refused = [one.message for one in against_policy if "px): it breaks its policy: " in one.message]
    assert len(refused) == 3, against_policy  # the script, the handler and the picture
    assert "the added script ran" not in str([one.message for one in against_policy])
    assert all("make book browser" in one.cure for one in problems)
    assert len(every_mode) == len(FAULTS_OF_MODES), every_mode  # and nothing of the page without fault
    for one, (name, (_, modes, said)) in zip(every_mode, FAULTS_OF_MODES.items(), strict=True):
        assert one.message.startswith(f"{name}.html ({modes}): ")
        assert said in one.message


def test_every_mode_is_visited():
    assert {mode for visit in VISITS for mode in visit} == {
        Mode(scheme, width) for scheme in ("light", "dark") for width in (1280, NARROW)
    }


def test_without_a_browser_it_is_skipped_aloud_or_refused(make_project, monkeypatch):
    monkeypatch.setenv(browser.VARIABLE, "no-such-browser")
    project = make_project()
    said = browser.browse(project, required=False)
    assert said.startswith("browser check skipped: ")
    assert "apt-get install chromium" in said
    with pytest.raises(BuildError, match="apt-get install chromium"):
        browser.browse(project)


def test_the_variable_chooses_the_browser(tmp_path, monkeypatch):
    own = tmp_path / "chromium"
    own.write_text("#!/bin/sh\n", encoding="utf-8")
    own.chmod(0o755)
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_chromium() == str(own)
    monkeypatch.setenv(browser.VARIABLE, "another")
    assert browser.find_chromium() is None


@needs_chromium
def test_a_browser_that_does_not_start_is_told(tmp_path, monkeypatch):
    dead = tmp_path / "dead"
    dead.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    dead.chmod(0o755)
    monkeypatch.setenv(browser.VARIABLE, str(dead))
    with pytest.raises(BuildError, match="does not start"), browser.chromium():
        pass

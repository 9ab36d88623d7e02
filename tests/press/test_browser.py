"""The browser check: small sites with one planted fault each, in one real browser."""

import pytest

from bookbuild import browser
from bookbuild.browser_page import NARROW, VISITS, Mode
from bookbuild.project import BuildError, BuildErrors
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
# Texts that cannot be read, each beside one of the same classes that can, is not judged or is judged already:
# axe is asked for one of each look, and must be asked for the right one.
INK = "<style>.ink { color: #777; background: #7a7a7a }</style>"
PALE = INK + (
    "<div hidden><p class='ink'>Not shown.</p></div>"
    "<details><summary>Folded</summary><p class='ink'>Not shown.</p></details>"
    "<p class='ink'>i</p><p class='ink' aria-disabled='true'>Not asked of.</p>"
    "<div style='overflow: hidden; height: 0'><p class='ink'>Cut off.</p></div>"
    "<p class='ink' id='p1'>Words.</p>"
    + 50
    * "<p class='ink'>Words.</p>"
    + "<div style='background: #000; color: #fff'>Good <b style='background: #ddd' id='p2'>bad</b></div>"
    "<p class='ink' style='background: #787878' id='p3'>Another ground.</p>"
)
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
        problems = browser.look(running, address, ["ill.html"], ONE_MODE)["ill.html"]
        added = with_policy(PAGE.replace("BODY", GOOD)).replace("</main>", ADDED + "</main>")
        (tmp_path / "added.html").write_text(added.replace("OTHER", other), encoding="utf-8")
        against_policy = browser.look(running, address, ["added.html"], ONE_MODE)["added.html"]
    told = "\n".join(one.message for one in problems)
    assert [said for said in FAULTS if f"ill.html (light, 1280 px): {said}" not in told] == []
    assert f"it asks for {other}/intruder.js" in told
    assert "the intruder ran" not in told, "what is outside must be refused, not only told"
    refused = [one.message for one in against_policy if "px): it breaks its policy: " in one.message]
    assert len(refused) == 3, against_policy  # the script, the handler and the picture
    assert "the added script ran" not in str([one.message for one in against_policy])
    assert all("make book browser" in one.cure for one in problems)


@pytest.mark.press
@needs_chromium
def test_browsers_side_by_side_find_the_fault_of_each_mode_in_the_order_of_the_pages(make_project):
    project = make_project()
    bodies = {"good": GOOD} | {name: body for name, (body, *_) in FAULTS_OF_MODES.items()} | {"pale": PALE}
    for name, body in bodies.items():
        project.html.mkdir(parents=True, exist_ok=True)
        (project.html / f"{name}.html").write_text(with_policy(PAGE.replace("BODY", body)), encoding="utf-8")
    with pytest.raises(BuildErrors) as caught:
        browser.browse(project, jobs=2)
    by_page = {name: [] for name in sorted(bodies)}
    for one in caught.value.problems:
        by_page[one.message.partition(".html")[0]].append(one.message)
    assert [one.message.partition(".html")[0] for one in caught.value.problems] == [
        name for name, messages in by_page.items() for _ in messages
    ]
    assert by_page.pop("good") == []
    for name, (_, modes, said) in FAULTS_OF_MODES.items():
        assert any(f"{name}.html ({modes}): " in told and said in told for told in by_page[name]), by_page
    (told,) = by_page["pale"]
    assert "(light, 1280 px; dark, 390 px): it breaks axe's rule color-contrast (serious) at" in told
    told_at = told.partition(" at ")[2].split("; ")
    assert told_at == [f"#p{number}" for number in range(1, len(told_at) + 1)]
    assert len(told_at) == 3, "one of each look, and of fifty words of the same look one"


def test_pages_are_dealt_by_size(tmp_path):
    for name, size in {"a": 10, "b": 90, "c": 40, "d": 45}.items():
        (tmp_path / name).write_text(size * "x")
    assert browser.dealt(tmp_path, ["a", "b", "c", "d"], 2) == [["b"], ["d", "c", "a"]]
    assert browser.dealt(tmp_path, ["a", "b"], 4) == [["b"], ["a"]], "no browser without a page"


def test_every_mode_is_visited():
    assert {mode for visit in VISITS for mode in visit} == {
        Mode(scheme, width) for scheme in ("light", "dark") for width in (1280, NARROW)
    }
    asked_by_axe = [visit[0] for visit in VISITS]
    assert {mode.scheme for mode in asked_by_axe} == {"light", "dark"}
    assert {mode.width for mode in asked_by_axe} == {1280, NARROW}


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

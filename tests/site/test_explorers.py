"""The explorers: their functions are the library's, keys and pointer move them, their absence is told."""

from io import StringIO
from pathlib import Path

import explorers
import numpy as np
import pytest
from sphinx.testing.util import SphinxTestApp

from bookbuild import browser, security_policy
from bookbuild.browser_page import NARROW, VISITS
from bookbuild.serve import serving
from flowbounds.bounds import lazy
from flowbounds.bounds.two_layer_rates import two_layer_from_spectrum, two_layer_rate_at_margin
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["descent-imbalance", "lazy-threshold", "staircase", "two-layer-rate"]
CONF = f"""
extensions = ["myst_parser", "explorers"]
html_theme = "basic"
html_static_path = [{str(ROOT / "book" / "_static")!r}, "look"]
html_css_files = ["book.css", "look.css"]
html_js_files = ["look.js"]
html_copy_source = False
nitpicky = True
"""
# The theme of the toy knows no dark mode; the book's says which one it is as here.
SCHEME = """
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
"""
LOOK = """
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }
div.body { min-width: 0; }
div.related { display: none; }
"""
BLOCKS = "".join(f"\n## {name}\n\n```{{explorer}} {name}\n```\n" for name in NAMES)
INDEX = f"# Explorers\n\nPlain words.\n{BLOCKS}\n```{{toctree}}\nplain\n```\n"
PLAIN = "# Plain\n\nNothing to explore.\n"
CALL = "([path, name, all]) => import(path).then((module) => all.map((one) => module[name](...one)))"
needs_chromium = pytest.mark.skipif(
    browser.what_is_missing() is not None, reason=f"{browser.what_is_missing()}: {browser.CURE}"
)


def build(source: Path, index: str) -> tuple[Path, list[str]]:
    """A toy site with one page of explorers and one without; its folder, and the warnings."""
    (source / "look").mkdir()
    (source / "look" / "look.css").write_text(LOOK)
    (source / "look" / "look.js").write_text(SCHEME)
    (source / "conf.py").write_text(CONF)
    (source / "index.md").write_text(index)
    (source / "plain.md").write_text(PLAIN)
    warnings = StringIO()
    app = SphinxTestApp("html", srcdir=source, warning=warnings)
    try:
        app.build()
    finally:
        app.cleanup()
    security_policy.protect(Path(app.outdir))
    return Path(app.outdir), [line for line in warnings.getvalue().splitlines() if line.strip()]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, warnings = build(tmp_path_factory.mktemp("explorers"), INDEX)
    assert warnings == []
    return folder


@pytest.mark.press
def test_only_a_page_with_explorers_loads_them(site):
    with_them, without = ((site / f"{name}.html").read_text("utf-8") for name in ("index", "plain"))
    assert with_them.count('data-explorer="') == with_them.count(explorers.ABSENT) == len(NAMES)
    assert with_them.count('<script type="module"') == 1
    assert "explorers/start.js" in with_them
    assert "explorers/explorers.css" in with_them
    assert "explorers/" not in without


@pytest.mark.press
def test_an_unknown_explorer_is_refused(tmp_path):
    _, warnings = build(tmp_path, "# One\n\n```{explorer} panel\n```\n\n```{toctree}\nplain\n```\n")
    assert len(warnings) == 1
    assert f"no explorer 'panel'; there are: {', '.join(NAMES)}" in warnings[0]


def test_modules_are_small_and_ask_nobody():
    assert explorers.explorers() == NAMES
    for path in explorers.FOLDER.glob("*.js"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 150, path.name
        text = text.replace("http://www.w3.org/2000/svg", "")  # the name of a namespace; nobody loads it
        assert not [word for word in ("http:", "https:", "fetch(", "innerHTML") if word in text]


def agree(page, module, name, arguments, expected):
    """Call a module's function in the browser; every number within 1e-12 of the library's."""
    answers = page.evaluate(CALL, [f"/_static/explorers/{module}.js", name, arguments])
    for given, answer, wanted in zip(arguments, answers, expected, strict=True):
        said = f"{name}{given}"[:300]
        np.testing.assert_allclose(np.array(answer, float), wanted, rtol=1e-12, atol=1e-300, err_msg=said)


def staircase_agrees(page, rng):
    weights = [[int(rng.integers(1, 9)), float(rng.uniform(1, 2))] for _ in range(20)]
    agree(page, "staircase", "geometricWeights", weights, [geometric_weights(*one) for one in weights])
    cases, times = [], []
    for _ in range(60):
        d, m = int(rng.integers(2, 12)), int(rng.integers(1, 40))
        u, rho = uniform_directions(d, m, rng), rng.uniform(-800, -5, m)
        a = rng.uniform(0.1, 1, int(rng.integers(1, d + 1)))
        lam = float(rng.choice([0.0, 0.05, 0.4]))
        cases.append([u.T.tolist(), rho.tolist(), a.tolist(), lam])
        times.append(predicted_fitting_times(u, rho, a, lam=lam))
    assert any(np.isinf(one).any() for one in times)
    assert any(np.isfinite(one).all() for one in times)
    agree(page, "staircase", "predictedFittingTimes", cases, times)


def start_is_that_of_the_page(page):
    """Park and Miller's generator, as on the page; the directions are unit columns."""
    state, uniform = 7, []
    for _ in range(10 + 2 * 5 * 3):
        state = 16807 * state % 2147483647
        uniform.append(state / 2147483647)
    radius, angle = np.reshape(uniform[10:], (3, 5, 2)).T
    normal = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    columns = (normal / np.linalg.norm(normal, axis=0)).T
    agree(page, "staircase", "startDirections", [[7, 5, 3]], [columns])


def rate_agrees(page, rng):
    margins, spectra = [], []
    for _ in range(200):
        h, n, m = (int(k) for k in rng.integers(1, 6, 3))
        values = np.sort(rng.normal(size=h) * 10 ** rng.uniform(-3, 3) + rng.choice([-1.0, 0.0, 2.0]))[::-1]
        sigma, other = (float(rng.choice([0.0, 1.0]) * 10 ** rng.uniform(-4, 3)) for _ in range(2))
        margins.append([values.tolist(), n, m, sigma])
        spectra.append([values.tolist(), n, m, sigma, other, float(rng.choice([0.5, 1.0]))])
    wanted = [two_layer_rate_at_margin(np.diag(v), n, m, s) for v, n, m, s in margins]
    agree(page, "two-layer-rate", "twoLayerRateAtMargin", margins, wanted)
    wanted = [two_layer_from_spectrum(np.array(v), *one, factor=f) for v, *one, f in spectra]
    agree(page, "two-layer-rate", "twoLayerRate", spectra, wanted)


def floor_agrees(page, rng):
    exceptions = [[*case] for case in sorted(lazy.EXCEPTIONS)]
    drawn = [
        [int(rng.integers(3, 7)), int(rng.integers(1, 41)), int(rng.integers(1, 400))] for _ in range(200)
    ]
    cases = exceptions + drawn
    for name, function in [
        ("spectralBound", lazy.spectral_bound),
        ("lowerBound", lazy.lower_bound),
        ("tangentDimension", lazy.tangent_dimension),
    ]:
        agree(page, "lazy-threshold", name, cases, [function(*one) for one in cases])
    pairs = [one[:2] for one in cases]
    agree(page, "lazy-threshold", "threshold", pairs, [lazy.threshold(*one) for one in pairs])


def descent_agrees(page, rng):
    """To the last digit of every step, also where descent bounces, and until it diverges."""

    def slopes(parameters, drawn):
        u, v = parameters
        r = u * v - 1.0
        return 0.5 * float(r[0] * r[0]), [r * v, r * u]

    def imbalance(parameters, _):
        u, v = (float(one[0]) for one in parameters)
        return u * u - v * v

    cases, paths, diverged = [], [], 0
    for _ in range(60):
        u, v, step = rng.uniform(-3, 3), rng.uniform(-3, 3), rng.uniform(0.01, 1)
        decay, momentum = float(rng.choice([0.0, 0.1])), float(rng.choice([0.0, 0.5, 0.9]))
        given = {"u": u, "v": v, "step": step, "decay": decay, "momentum": momentum, "steps": 200}
        cases.append([given])
        run = descend(
            [[u], [v]],
            slopes,
            200,
            step=step,
            weight_decay=decay,
            momentum=momentum,
            record=imbalance,
        )
        diverged += run.diverged
        paths.append(run.observed)
    assert 0 < diverged < 60
    agree(page, "descent-imbalance", "descentImbalance", cases, paths)


@pytest.mark.press
@needs_chromium
def test_the_functions_are_those_of_the_library(site):
    """One browser for all; the planted fault is a number off by twice the tolerance."""
    rng = np.random.default_rng(20261121)
    with serving(site) as address, browser.chromium() as running:
        page = running.new_page()
        page.goto(f"{address}/plain.html")
        staircase_agrees(page, rng)
        start_is_that_of_the_page(page)
        rate_agrees(page, rng)
        floor_agrees(page, rng)
        descent_agrees(page, rng)
        with pytest.raises(AssertionError, match="geometricWeights"):
            agree(page, "staircase", "geometricWeights", [[1, 1.5]], [[1 + 2e-12]])


def every_control_speaks(page, place):
    """By arrow keys and by the pointer each slider changes its value and the result; each has a label."""
    said, sliders = place.locator("[role=status]"), place.locator("input[type=range]")
    assert sliders.count() >= 2
    for slider in sliders.all():
        assert slider.evaluate("(one) => one.labels.length === 1 && one.labels[0].textContent.length > 3")
        value, words, picture = slider.input_value(), said.text_content(), place.locator("svg").inner_html()
        slider.focus()
        page.keyboard.press("ArrowLeft" if value == slider.get_attribute("max") else "ArrowRight")
        assert slider.input_value() != value
        assert (said.text_content(), place.locator("svg").inner_html()) != (words, picture)
        box = slider.bounding_box()
        page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        share = (float(slider.input_value()) - float(slider.get_attribute("min"))) / (
            float(slider.get_attribute("max")) - float(slider.get_attribute("min"))
        )
        assert 0.15 < share < 0.45
        assert slider.get_attribute("aria-valuetext") == slider.locator("~ output").text_content()
        assert not [word for word in ("NaN", "undefined", "Infinity") if word in place.inner_text()]
    for choice in place.locator("select").all():
        assert choice.evaluate("(one) => one.labels.length") == 1
        words = said.text_content()
        choice.focus()
        page.keyboard.press("ArrowDown")
        assert said.text_content() != words


@pytest.mark.press
@needs_chromium
def test_they_work_by_keyboard_and_pointer_and_are_not_missed_without_scripts(site):
    with serving(site) as address, browser.chromium() as running:
        faults = browser.look(running, address, ["index.html"], VISITS)["index.html"]
        assert [str(one) for one in faults] == []
        page = running.new_page(viewport={"width": NARROW, "height": 900})
        page.goto(f"{address}/index.html")
        for name in NAMES:
            place = page.locator(f"[data-explorer={name}]")
            place.locator("svg").wait_for()
            first = place.locator("[role=status]").text_content()
            assert place.locator("svg").get_attribute("aria-label").endswith(first)
            assert place.locator(".fb-explorer-absent").count() == 0
            every_control_speaks(page, place)
            place.get_by_role("button", name="Start again").click()
            place.get_by_text(first, exact=True).wait_for()
        ids = page.eval_on_selector_all("[id]", "(all) => all.map((one) => one.id)")
        assert len(ids) == len(set(ids))
        still = running.new_context(java_script_enabled=False).new_page()
        still.goto(f"{address}/index.html")
        assert still.get_by_text(explorers.ABSENT).count() == len(NAMES)
        assert still.locator("svg").count() == 0
        broken = running.new_page()  # one module that fails takes nothing else with it
        fault = "export function mount() { throw new Error('planted'); }"
        broken.route(
            "**/staircase.js", lambda route: route.fulfill(body=fault, content_type="text/javascript")
        )
        broken.goto(f"{address}/index.html")
        for name in NAMES:
            part = ".fb-explorer-absent" if name == "staircase" else "svg"
            broken.locator(f"[data-explorer={name}] {part}").wait_for()
        assert broken.locator("svg").count() == len(NAMES) - 1

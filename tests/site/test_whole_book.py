"""The real configuration and hand-written pages, rendered once with a toy chapter, warnings being errors."""

import base64
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.press

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "notebooks/01_deflation_in_one_picture"
STATEMENTS = ("ge2021.eq1", "ge2021.eq1.growth", "ge2021.tpd_exact", "ge2021.figure1", "ge2021.staircase")
LAST = "ge2021.fit_time"
MIME = "application/vnd.flowbounds.evidence+json"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="  # one dot
)


def chapter() -> nbformat.NotebookNode:
    """A page with a figure, the six statements, and evidence under its own type."""
    new = nbformat.v4
    shown = new.new_output("display_data", {"image/png": PIXEL, "text/plain": "<figure: a dot>"})
    figure = {"image": {"alt": "A dot."}, "figure": {"name": "fig-staircase", "caption": "A dot, $x^2$."}}
    cells = [
        new.new_markdown_cell("# Deflation in one picture"),
        new.new_code_cell("figure", outputs=[shown], metadata={"mystnb": figure}),
    ]
    for public_id in (*STATEMENTS, LAST):
        data = {MIME: {"statement": public_id}, "text/html": "<table><tr><td>1</td></tr></table>"}
        result = new.new_output("execute_result", data, execution_count=1)
        cells.append(new.new_markdown_cell(f"```{{statement}} {public_id}\nOf $w$.\n```"))
        cells.append(new.new_code_cell("evidence", outputs=[result], execution_count=1))
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new.new_notebook(cells=cells, metadata={"kernelspec": python})


def other_chapter(name: str, public_ids: list[str]) -> nbformat.NotebookNode:
    """A page of statements without evidence, so that references to them lead somewhere."""
    blocks = [f"```{{statement}} {public_id}\nOf $w$.\n```" for public_id in public_ids]
    cells = [nbformat.v4.new_markdown_cell(text) for text in (f"# {name}", *blocks)]
    return nbformat.v4.new_notebook(cells=cells)


def referred() -> list[str]:
    """Statements that the pages without code refer to and the toy chapter does not have."""
    texts = [(ROOT / f"{page}.md").read_text(encoding="utf-8") for page in written()]
    found = re.findall(r"\{ref\}`(?:[^`<]*<)?([a-z]+\d{4}\.[\w.]+)", "\n".join(texts))
    return sorted(set(found) - {*STATEMENTS, LAST})


def written() -> list[str]:
    """The pages without code, by their names in the site."""
    folder = ROOT / "book"
    found = [page.relative_to(ROOT).with_suffix("") for page in folder.rglob("*.md")]
    return [page.as_posix() for page in found if not any(part.startswith("_") for part in page.parts)]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory, make_entry) -> Path:
    """The folder of the rendered site."""
    stage = tmp_path_factory.mktemp("stage")
    for name in ("_config.yml", "_toc.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, stage)
    shutil.copytree(ROOT / "book", stage / "book", ignore=shutil.ignore_patterns("__pycache__"))
    ledger = {one: make_entry(page=CHAPTER) for one in STATEMENTS}  # the last statement stays planned
    (stage / "book" / "ledger.json").write_text(json.dumps(ledger))
    (stage / "book" / "_figures").mkdir(exist_ok=True)
    (stage / "notebooks").mkdir()
    elsewhere = referred()
    for name in re.findall(r"file: (notebooks/\w+)", (stage / "_toc.yml").read_text()):
        page = chapter() if name == CHAPTER else other_chapter(name, elsewhere)
        elsewhere = elsewhere if name == CHAPTER else []
        (stage / f"{name}.ipynb").write_text(nbformat.writes(page))
    picture = stage / "book" / "_figures" / "fig-staircase.png"
    picture.write_bytes(base64.b64decode(PIXEL))
    out = tmp_path_factory.mktemp("render")
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", "-W", "-n", "--keep-going", "-q"]
    run = subprocess.run(
        [*command, "--path-output", str(out), str(stage)], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return out / "_build" / "html"


@pytest.fixture(scope="module")
def pages(rendered) -> dict[str, str]:
    return {
        str(path.relative_to(rendered)): path.read_text("utf-8")
        for path in [*rendered.glob("book/**/*.html"), *rendered.glob("notebooks/*.html")]
    }


def outside(html: str) -> list[str]:
    """Addresses on other hosts that a browser would fetch when it opens the page."""
    tags = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", html)
    return [tag for tag in tags if re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag)]


def test_every_page_is_there(pages):
    chapters = re.findall(r"file: (notebooks/\w+)", (ROOT / "_toc.yml").read_text())
    assert {name.removesuffix(".html") for name in pages} == {*written(), *chapters}


def test_nothing_is_fetched_from_outside(pages):
    assert {name: outside(html) for name, html in pages.items() if outside(html)} == {}


def test_without_an_address_nothing_needs_one(pages):
    for name, html in pages.items():
        assert 'rel="canonical"' not in html, name
        assert "mybinder.org" not in html, name
        assert "btn-source-repository-button" not in html, name


def test_an_outside_address_is_found():
    script = '<script defer src="https://cdn.example/x.js">'
    assert outside(f'{script}</script><a href="https://example.org/">a link is not fetched</a>') == [script]


def test_mathjax_comes_from_the_site(rendered, pages):
    assert (rendered / "_static" / "mathjax" / "tex-chtml.js").exists()
    assert 'src="../_static/mathjax/tex-chtml.js"' in pages["book/notation.html"]


def test_faults_of_the_theme_are_out(pages):
    for name, html in pages.items():
        assert "thebe" not in html.lower(), name
        assert html.count('type="search"') == 1, name  # one search box
        assert 'data-theme="auto"' in html, name


def repeated_ids(html: str) -> list[str]:
    ids = Counter(re.findall(r'\sid="([^"]+)"', html))
    return [one for one, times in ids.items() if times > 1]


def silent_images(html: str) -> list[str]:
    """Images without a text for those who do not see them."""
    return [image for image in re.findall(r"<img\b[^>]*>", html) if not re.search(r'alt="[^"]+"', image)]


def test_ids_are_unique(pages):
    assert {name: repeated_ids(html) for name, html in pages.items() if repeated_ids(html)} == {}


def test_every_image_says_what_one_sees(pages):
    assert {name: silent_images(html) for name, html in pages.items() if silent_images(html)} == {}
    assert 'src="../_images/fig-staircase.png"' in pages["book/index.html"]


def test_planted_faults_are_found():
    assert repeated_ids('<p id="a"></p><b id="a"></b><i id="b"></i>') == ["a"]
    assert silent_images('<img src="x.png" alt=""><img alt="A dot." src="y.png">') == [
        '<img src="x.png" alt="">'
    ]


def test_blocks_and_ledger_lead_to_each_other(pages):
    chapter_html, ledger = pages[f"{CHAPTER}.html"], pages["book/ledger.html"]
    for public_id in STATEMENTS:
        anchor = public_id.replace(".", "-").replace("_", "-")
        assert f'href="../book/ledger.html#ledger-{anchor}"' in chapter_html
        assert f'href="../{CHAPTER}.html#{anchor}"' in ledger
        assert f'href="../../{CHAPTER}.html#{anchor}"' in pages["book/api/checks.html"]
    assert chapter_html.count(">planned<") == 1
    for html, folder in ((chapter_html, "../book/api"), (ledger, "api")):
        assert f'href="{folder}/checks.html#flowbounds.checks.ge2021_power.eq1"' in html
        assert 'href="../_modules/flowbounds/checks/ge2021_power.html#eq1"' in html

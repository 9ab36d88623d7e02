"""The budget of a page: what is counted, and that a picture which is too heavy is told."""

import pytest

from bookbuild import page_weight

PAGE = """<!DOCTYPE html><html lang="en"><head><link rel="stylesheet" href="theme.css"></head><body>
<img src="../_images/a%20line.png" alt="A line."><img src="../_images/a%20line.png" alt="It again.">
<img src="data:image/png;base64,AA" alt="A dot."><script src="theme.js"></script></body></html>"""


@pytest.fixture
def site(tmp_path):
    """One page that shows a picture of 5000 bytes twice, with a theme, which counts for no page."""
    for name, size in {"_images/a line.png": 5000, "book/theme.css": 10**7, "book/theme.js": 10**7}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / "book" / "one.html").write_text(PAGE + 9 * PAGE, encoding="utf-8")
    return tmp_path


def test_text_counts_compressed_and_each_picture_once(site):
    parts = page_weight.weigh(site, "book/one.html")
    assert parts["a line.png"] == 5000
    assert 100 < parts["book/one.html"] < len(PAGE)
    assert len(parts) == 2


def test_a_page_within_its_budget_passes(site):
    assert page_weight.faults(site) == []


def test_a_page_over_its_budget_is_told_with_its_heaviest_part(site):
    (site / "_images" / "a line.png").write_bytes(bytes(page_weight.BUDGET))
    (fault,) = page_weight.faults(site)
    assert fault.message.startswith("book/one.html: it weighs 600,")
    assert f"(heaviest: a line.png {page_weight.BUDGET:,}," in fault.message
    assert "dpi" in fault.cure
    assert page_weight.faults(site, ["book/other"]) == [], "only the pages that are asked for"


def test_without_a_site_there_is_nothing_to_weigh(tmp_path):
    assert page_weight.faults(tmp_path / "html") == []

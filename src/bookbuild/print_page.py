"""One page of the site on paper: what its print shows, or what the paper would cut off."""

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bookbuild.browser_page import WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PREPARE = resources.files("bookbuild").joinpath("print_page.js").read_text(encoding="utf-8")
MARGIN_MM = 16
PAPER_MM = (210, 297)
SCALE = 0.75  # text of 12 points, and 76 characters of code in a line
ROOM = round((PAPER_MM[0] - 2 * MARGIN_MM) / 25.4 * 96 / SCALE)  # pixels between the margins
SMALLEST = 0.5  # formulas and tables are set smaller down to this, which is still a print of 6 points
FOOT = """\
<div style="width: 100%; font-family: sans-serif; font-size: 8px; text-align: center; color: #555">
<span class="title"></span> &middot; <span class="pageNumber"></span></div>
"""


@dataclass(frozen=True)
class Print:
    """A page as a PDF with its outline, its headings as they read, and the beginnings of what is cut off."""

    document: bytes
    headings: tuple[str, ...]
    cut: tuple[str, ...]


def printed(context: "BrowserContext", address: str) -> Print:
    """The page at `address` on paper."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    try:
        page.emulate_media(media="print", color_scheme="light")
        page.set_viewport_size({"width": ROOM, "height": 1000})
        page.goto(address, wait_until="load")
        found = page.evaluate(PREPARE, {"smallest": SMALLEST})
        margin = f"{MARGIN_MM}mm"
        document = page.pdf(
            width=f"{PAPER_MM[0]}mm",
            height=f"{PAPER_MM[1]}mm",
            scale=SCALE,
            margin={"top": margin, "bottom": margin, "left": margin, "right": margin},
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOT,
            print_background=True,  # frames and badges say something by their ground
            outline=True,
            tagged=True,
        )
    finally:
        page.close()
    return Print(document, tuple(found["headings"]), tuple(found["cut"]))

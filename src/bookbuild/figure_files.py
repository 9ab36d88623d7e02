"""The data that a figure carries: `flowbounds.figures.show` puts them into its PNG, the press takes them out.

A figure stays one output of one type, so that pairs and nbval see what they always saw; readers of the site
get a light picture, and the data as a file beside it.
"""

import base64
import struct
import zlib
from collections.abc import Iterator

from nbformat import NotebookNode

from bookbuild.notebook_text import joined

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT = b"iTXt"
# The keyword is flowbounds.figures.CARRIED; then: compressed, by zlib, in no language, not translated.
HEAD = b"data.csv\0\1\0\0\0"
PNG = "image/png"


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Type, content and all bytes of each chunk of a PNG; nothing for other bytes."""
    at = len(SIGNATURE) if png.startswith(SIGNATURE) else len(png)
    while at + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        end = at + 12 + length  # length, type, content, check sum
        yield png[at + 4 : at + 8], png[at + 8 : end - 4], png[at:end]
        at = end


def data_in(png: bytes) -> str | None:
    """The table that the picture carries, as CSV."""
    for kind, content, _ in chunks(png):
        if kind == TEXT and content.startswith(HEAD):
            return zlib.decompress(content.removeprefix(HEAD)).decode()
    return None


def without_data(png: bytes) -> bytes:
    """The same picture, without its table: every other byte is kept, which an image library would not do."""
    if data_in(png) is None:
        return png
    kept = [whole for kind, content, whole in chunks(png) if not (kind == TEXT and content.startswith(HEAD))]
    return SIGNATURE + b"".join(kept)


def lighten(notebook: NotebookNode) -> None:
    """Take the data out of each picture of the notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PNG in output.get("data", {}):
                png = base64.b64decode(joined(output["data"][PNG]))
                if (light := without_data(png)) is not png:
                    output["data"][PNG] = base64.b64encode(light).decode()

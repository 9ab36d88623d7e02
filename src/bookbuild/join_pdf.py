"""Printed pages made one document: bookmarks by part, page and heading, and links that stay inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bookbuild.print_page import Print

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter


@dataclass(frozen=True)
class Chapter:
    """A page of the book: the part to which it belongs, empty for none, and its name in the site."""

    part: str
    docname: str

    @property
    def file(self) -> str:
        return f"{self.docname}.html"


def join(prints: Sequence[tuple[Chapter, Print]], address: str, target: Path) -> int:
    """Write the prints one after the other into `target`; the number of sheets.

    `address` is where the pages were served while they were printed: links to it become links to a sheet.
    """
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    first: dict[str, int] = {}
    parts: dict[str, Any] = {}
    for chapter, sheets in prints:
        reader = PdfReader(BytesIO(sheets.document))
        start = first[chapter.file] = len(writer.pages)
        writer.append(fileobj=reader, import_outline=False)
        if chapter.part and chapter.part not in parts:
            parts[chapter.part] = writer.add_outline_item(title=chapter.part, page_number=start)
        headings = {glued(text): text for text in sheets.headings}
        bookmark(writer, reader, reader.outline, headings, start, parts.get(chapter.part))
    relink(writer, address, first)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        writer.write(file)
    return len(writer.pages)


def glued(text: str) -> str:
    """A heading without its spaces: the browser's outline loses one where the heading goes to a second line.

    >>> glued("The tangent operator") == glued("The tangentoperator")
    True
    """
    return "".join(text.split())


def bookmark(
    writer: "PdfWriter",
    reader: "PdfReader",
    outline: list[Any],
    headings: Mapping[str, str],
    start: int,
    parent: Any,
) -> None:
    """Copy an outline below `parent`; in it a list holds what is below the entry before it."""
    last = parent
    for one in outline:
        if isinstance(one, list):
            bookmark(writer, reader, one, headings, start, last)
        else:
            page = reader.get_destination_page_number(one) or 0
            title = headings.get(glued(str(one.title)), str(one.title))
            last = writer.add_outline_item(
                title=title, page_number=start + page, parent=parent, is_open=False
            )


def relink(writer: "PdfWriter", address: str, first: Mapping[str, int]) -> None:
    """Point links between the pages to the first sheet of the page they mean; other files have none."""
    from pypdf.generic import ArrayObject, NameObject, NullObject

    for sheet in writer.pages:
        for reference in list(sheet.get("/Annots", [])):
            link = reference.get_object()
            uri = str(link.get("/A", {}).get("/URI", ""))
            if not uri.startswith(f"{address}/"):
                continue
            name = unquote(uri.removeprefix(f"{address}/").partition("#")[0])
            del link["/A"]
            if name in first:
                goal = writer.pages[first[name]].indirect_reference
                link[NameObject("/Dest")] = ArrayObject([goal, NameObject("/XYZ"), *3 * [NullObject()]])
            else:  # a page that is not printed, or a file beside the site: nothing in this document
                sheet["/Annots"].remove(reference)

"""What README.md takes from the executed pages: the table of statuses, and its picture.

`make notebooks` writes both. `make book` compares the table. The picture is not compared: pixels may move a
little with the fonts and the machine, so it is written anew only when it differs to the eye.
"""

import base64
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.evidence import STATUSES
from bookbuild.figure_files import without_data
from bookbuild.figures import figure_name, figure_of
from bookbuild.ledger import PLANNED, Entry
from bookbuild.project import BuildError, Project
from bookbuild.statements import Statement

FILE = "README.md"
BEGIN, END = "<!-- statuses: written by make notebooks -->", "<!-- end of statuses -->"
PICTURE = re.compile(r"!\[[^\]]*\]\((book/_static/([\w-]+)\.png)\)")
LEVELS = 32  # of each colour: a drawing in a few colours needs no more, and the file is a third smaller
ANOTHER_COLOUR = 0.1  # of the full range: more than smoothed edges move between machines
SHARE = 0.002  # of the pixels: what a moved line changes, and a font's smoothing does not


def table(entries: Mapping[str, Entry], statements: Mapping[str, Statement]) -> str:
    """How many statements have each status, by paper, in Markdown."""
    papers = list(dict.fromkeys(one.paper for one in statements.values()))
    seen = Counter(
        (str(entries[name]["status"]) if name in entries else PLANNED, one.paper)
        for name, one in statements.items()
    )
    lines = ["| status | " + " | ".join(papers) + " | all |", "|---|" + "---:|" * (len(papers) + 1)]
    for status in (*STATUSES, PLANNED):
        numbers = [seen[status, paper] for paper in papers]
        if any(numbers):
            cells = " | ".join(str(number or "·") for number in numbers)
            lines.append(f"| {status} | {cells} | {sum(numbers)} |")
    return "\n".join(lines)


def with_table(text: str, new: str) -> str:
    """The text with its table replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BuildError(f"{FILE} has lost the marks around its table", f"put back {BEGIN} and {END}")
    return f"{before}{begin}\n\n{new}\n\n{end}{after}"


def stale(
    project: Project, entries: Mapping[str, Entry], statements: Mapping[str, Statement]
) -> list[BuildError]:
    """Whether the table is not the one that these entries make."""
    if not project.readme.exists():
        return []
    text = project.readme.read_text(encoding="utf-8")
    try:
        wanted = with_table(text, table(entries, statements))
    except BuildError as lost:
        return [lost]
    if text == wanted:
        return []
    return [BuildError(f"{FILE}: its table of statuses is not what the pages found", "make notebooks")]


def write_table(
    project: Project, entries: Mapping[str, Entry], statements: Mapping[str, Statement]
) -> list[str]:
    """Bring the table up to date; the names of the files written."""
    if not stale(project, entries, statements):
        return []
    text = project.readme.read_text(encoding="utf-8")
    project.readme.write_text(with_table(text, table(entries, statements)), encoding="utf-8")
    return [FILE]


def write_pictures(project: Project, notebooks: Iterable[NotebookNode]) -> list[str]:
    """Write each picture that README.md shows from the named figure of a page; the names of those written.

    `book/_static/fig-x.png` is the figure `fig-x`. Figures of pages that are not among these are left alone.
    """
    if not project.readme.exists():
        return []
    figures = {figure_name(cell): figure_of(cell) for page in notebooks for cell in page.cells}
    written = []
    for path, name in PICTURE.findall(project.readme.read_text(encoding="utf-8")):
        figure = figures.get(name)
        # An image library may refuse a picture that carries a megabyte of text.
        picture = without_data(base64.b64decode(figure)) if figure else b""
        if picture and differs(picture, project.root / path):
            (project.root / path).parent.mkdir(parents=True, exist_ok=True)
            (project.root / path).write_bytes(smaller(picture))
            written.append(path)
    return written


def smaller(png: bytes) -> bytes:
    """The picture in fewer colours, without transparency."""
    from matplotlib import image

    pixels = image.imread(io.BytesIO(png))[..., :3]
    packed = io.BytesIO()
    image.imsave(packed, (pixels * (LEVELS - 1)).round() / (LEVELS - 1), metadata={"Software": None})
    return packed.getvalue()


def differs(png: bytes, old: Path) -> bool:
    """Whether the committed picture is missing, or another one to the eye."""
    from matplotlib import image

    if not old.exists():
        return True
    ours, theirs = image.imread(io.BytesIO(png))[..., :3], image.imread(old)[..., :3]
    if ours.shape != theirs.shape:
        return True
    changed = abs(ours - theirs).max(axis=-1) > ANOTHER_COLOUR
    return float(changed.mean()) > SHARE

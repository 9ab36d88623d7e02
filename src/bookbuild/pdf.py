"""`pdf`: the built site, page by page in the order of the table of contents, as one printable document."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

import yaml

from bookbuild.browser import CURE, chromium, what_is_missing
from bookbuild.browser_page import shown
from bookbuild.join_pdf import Chapter, join
from bookbuild.print_page import printed
from bookbuild.project import BuildError, BuildErrors, Project
from bookbuild.serve import serving

FILE = "flowbounds.pdf"


def pdf(project: Project) -> str:
    """Print every page of `_build/html` into `_build/flowbounds.pdf`; what paper would cut is an error."""
    missing = "pypdf is not installed" if find_spec("pypdf") is None else what_is_missing()
    if missing:
        raise BuildError(missing, CURE.replace("make browser", "make pdf"))
    wanted = chapters(project)
    if absent := [one.file for one in wanted if not (project.html / one.file).exists()]:
        raise BuildError(f"these pages are not in _build/html: {', '.join(absent)}", "make book")
    prints, problems = [], []
    with serving(project.html) as address, chromium() as browser, shown(browser, "light", address) as context:
        for chapter in wanted:
            sheet = printed(context, f"{address}/{chapter.file}")
            prints.append((chapter, sheet))
            problems += [
                BuildError(
                    f"{chapter.file}: too wide for paper: {what}",
                    f"break it in {chapter.docname}.md, then make book pdf",
                )
                for what in sheet.cut
            ]
    target = project.build / FILE
    sheets = join(prints, address, target)
    if problems:  # the document is there all the same, to be looked at
        raise BuildErrors(problems)
    return f"pdf: {len(wanted)} pages on {sheets} sheets, {target.stat().st_size / 1e6:.1f} MB\n{target}"


def chapters(project: Project) -> list[Chapter]:
    """The book's pages in reading order, with the captions of their parts."""
    toc = yaml.safe_load((project.root / "_toc.yml").read_text(encoding="utf-8"))
    parts = toc.get("parts") or [toc]
    below = [Chapter(part.get("caption", ""), name) for part in parts for name in files(part)]
    return [Chapter("", toc["root"]), *below]


def files(entry: Mapping[str, Any]) -> Iterator[str]:
    """The files named below an entry of the table of contents, in their order."""
    for one in [*entry.get("chapters", ()), *entry.get("sections", ())]:
        if "file" in one:
            yield one["file"]
        yield from files(one)

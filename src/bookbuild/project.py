"""Where everything lives, which pages there are, and how a failure is told."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE_NAME = re.compile(r"\d\d_[a-z0-9_]+")


class BuildError(Exception):
    """An expected failure: what went wrong and where, and the command or edit that cures it."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message, cure)  # both in args, so that it survives the way back from a worker
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}\n  cure: {self.cure}"


class BuildErrors(Exception):
    """Several failures, told together."""

    def __init__(self, problems: list[BuildError]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = problems


@dataclass(frozen=True)
class Page:
    """One notebook: its text (the source), its committed pair and its executed copy."""

    root: Path
    name: str

    @property
    def number(self) -> str:
        return self.name[:2]

    @property
    def docname(self) -> str:
        return f"notebooks/{self.name}"

    @property
    def text(self) -> Path:
        return self.root / "notebooks" / f"{self.name}.md"

    @property
    def pair(self) -> Path:
        return self.root / "notebooks" / f"{self.name}.ipynb"

    @property
    def executed(self) -> Path:
        return self.root / "_build" / "executed" / f"{self.name}.ipynb"

    @property
    def partial(self) -> Path:
        """Where a running execution writes; renamed to `executed` only when it is complete."""
        return self.executed.with_suffix(".partial.ipynb")

    def cell(self, index: int) -> str:
        """How messages name a cell: the text file and the cell's number, counted from 1 over all cells."""
        return f"{self.docname}.md, cell {index + 1}"


@dataclass(frozen=True)
class Project:
    """A folder with notebooks/, book/ and a lock; everything the press writes is under its _build."""

    root: Path

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def book(self) -> Path:
        return self.root / "book"

    @property
    def statements(self) -> Path:
        return self.book / "statements.yml"

    @property
    def ledger(self) -> Path:
        return self.book / "ledger.json"

    @property
    def costs(self) -> Path:
        return self.book / "costs.json"

    @property
    def library(self) -> Path:
        return self.root / "src" / "flowbounds"

    @property
    def studies(self) -> Path:
        return self.root / "studies"

    @property
    def readme(self) -> Path:
        return self.root / "README.md"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.in"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def executed(self) -> Path:
        return self.build / "executed"

    @property
    def stage(self) -> Path:
        return self.build / "stage"

    @property
    def render(self) -> Path:
        return self.build / "render"

    @property
    def html(self) -> Path:
        return self.build / "html"

    def pages(self) -> list[Page]:
        """All pages in order of their numbers; a text whose name has no number is an error."""
        texts = sorted(self.notebooks.glob("*.md"))
        for text in texts:
            if not PAGE_NAME.fullmatch(text.stem):
                raise BuildError(
                    f"notebooks/{text.name}: a page is named NN_slug.md (two digits, lower case)",
                    f"git mv notebooks/{text.name} notebooks/NN_slug.md",
                )
        return [Page(self.root, text.stem) for text in texts]

    def select(self, only: str | None) -> list[Page]:
        """Pages whose name starts with `only` ("05", "5" or "05_slug"); all of them for None."""
        pages = self.pages()
        if not only:
            return pages
        wanted = only.zfill(2)
        chosen = [page for page in pages if page.name.startswith(wanted)]
        if not chosen:
            names = ", ".join(page.name for page in pages) or "none"
            raise BuildError(
                f"no notebook is called {only!r}; there are: {names}",
                f"make book ONLY={pages[0].number if pages else 'NN'}",
            )
        return chosen

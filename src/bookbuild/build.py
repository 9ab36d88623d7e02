"""The two flows: `book` (execute, verify, render) and `notebooks` (execute, store what came out)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from nbformat import NotebookNode

from bookbuild import (
    costs,
    evidence,
    given_values,
    ledger,
    outputs,
    page_rules,
    page_weight,
    pairs,
    prose_digits,
    reader_walk,
    readme,
    site_check,
    stage,
    statements,
    studies,
)
from bookbuild.execute import Execution, execute
from bookbuild.notebook_text import read_notebook
from bookbuild.project import BuildError, BuildErrors, Page, Project
from bookbuild.render import render

ADDRESS_VARIABLE = "FLOWBOUNDS_BASE_URL"


@contextmanager
def one_at_a_time(project: Project) -> Iterator[None]:
    """Two builds in one folder would remove each other's unfinished pages."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    project.build.mkdir(exist_ok=True)
    with (project.build / "build.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BuildError("another build is running in this folder", "wait for it or stop it") from None
        yield


def book(project: Project, *, only: str | None, jobs: int) -> str:
    """Bring `_build/html` up to date and verify what it says; the summary, or all problems raised at once.

    A page with problems is rendered all the same, to be looked at. With `only`, the other pages are shown as
    they are, and the ledger is neither written nor compared.
    """
    with one_at_a_time(project):
        everything = project.pages()
        pages = project.select(only)
        known = statements.load(project)
        executions = execute(project, pages, jobs)
        notebooks = {page: read_notebook(page.executed) for page in pages}
        problems = verify_pages(notebooks) + evidence.violations(notebooks, known)
        problems += prose_digits.faults(project, {f"{page.docname}.md" for page in pages} if only else None)
        committed = ledger.read(project.ledger)
        entries = ledger.collect(notebooks)
        if only:
            entries = {**committed, **entries}
            others = stage.available(page for page in everything if page not in notebooks)
            stage.stage(project, notebooks | others, entries)
        else:
            problems += pairs.unpaired(project) + studies.verify(project, jobs=jobs)
            problems += ledger.without_statement(committed, known) + ledger.changes(committed, entries)
            problems += readme.stale(project, entries, known) + costs.faults(project)
            stage.stage(project, notebooks, entries)
        try:
            render(project, base_url=os.environ.get(ADDRESS_VARIABLE))
        except BuildError as error:
            problems.append(error)
        else:
            shown_now = [page.docname for page in pages] if only else None
            problems += site_check.faults(project.html, shown_now)
            problems += page_weight.faults(project.html, shown_now)
            if not only:
                questions = reader_walk.load(project, entries)
                problems += reader_walk.faults(project.html, questions)
    if problems:
        raise BuildErrors(problems)
    shown = project.html / (f"{pages[0].docname}.html" if only else "index.html")
    return summary(executions, {} if only else ledger.count_by_status(entries, known)) + f"\n{shown}"


def verify_pages(notebooks: dict[Page, NotebookNode]) -> list[BuildError]:
    """The rules of each page, its pair against its text, and its outputs against its pair."""
    problems = []
    for page, notebook in notebooks.items():
        problems += page_rules.faults(page, notebook) + pairs.drift(page) + given_values.faults(page)
        if page.pair.exists():
            pair = read_notebook(page.pair)
            problems += outputs.changes(page, notebook, pair)
            problems += page_rules.uncounted(page, pair, page.pair.name)
    return problems


def notebooks(project: Project, *, only: str | None, jobs: int) -> str:
    """Rewrite the committed pairs and the ledger from a fresh execution; nothing when a rule is broken."""
    with one_at_a_time(project):
        pages = project.select(only)
        known = statements.load(project)
        executions = execute(project, pages, jobs)
        executed = {page: read_notebook(page.executed) for page in pages}
        problems = [one for page, notebook in executed.items() for one in page_rules.faults(page, notebook)]
        problems += evidence.violations(executed, known)
        if problems:
            raise BuildErrors(problems)
        written = [page.pair.name for page in pages if pairs.write_pair(page)]
        written += readme.write_pictures(project, executed.values())
        if not only:
            written += readme.write_table(project, ledger.collect(executed), known)
            text = ledger.as_text(ledger.collect(executed))
            if not project.ledger.exists() or project.ledger.read_text(encoding="utf-8") != text:
                project.ledger.write_text(text, encoding="utf-8")
                written.append(ledger.FILE)
        written += costs.write(project, executed)
    return f"{summary(executions, {})}\nwritten: {', '.join(written) or 'nothing, all was up to date'}"


def summary(executions: list[Execution], counts: dict[str, int]) -> str:
    """A few lines on what was done."""
    cached = sum(one.cached for one in executions)
    total = sum(one.seconds for one in executions)
    lines = [
        f"pages: {len(executions)}, {len(executions) - cached} executed now, {cached} from the cache; "
        f"{total:.1f} s of page time in all"
    ]
    if executions:
        longest = max(executions, key=lambda one: one.seconds)
        lines.append(f"longest page: {longest.page.name}, {longest.seconds:.1f} s")
        mean, budget = total / len(executions), page_rules.MEAN_SECONDS
        if mean > budget:
            lines.append(f"warning: a page takes {mean:.1f} s in the mean; the budget is {budget} s")
    if counts:
        lines.append("statements: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    return "\n".join(lines)

"""Which pages are stale, and their execution side by side; finished pages stay whatever happens next."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for_end

import nbformat
from tqdm import tqdm

from bookbuild import environment
from bookbuild.key import page_key, shared_key
from bookbuild.project import Page, Project

DEFAULT_JOBS = 2
REFRESH_SECONDS = 1.0


@dataclass(frozen=True)
class Execution:
    """What the cache holds of one page."""

    page: Page
    seconds: float
    cached: bool


def execute(
    project: Project,
    pages: list[Page],
    jobs: int = DEFAULT_JOBS,
    parameters: Mapping[str, object] | None = None,
) -> list[Execution]:
    """Bring the executed copy of each page up to date, `jobs` pages at a time."""
    remove_leftovers(project)
    shared = shared_key(project)
    keys = {page: page_key(project, page, shared, parameters) for page in pages}
    known = {page: cached_seconds(page, keys[page]) for page in pages}
    stale = [page for page in pages if known[page] is None]
    fresh = run_stale(project, stale, keys, jobs, parameters) if stale else {}
    return [
        Execution(page, fresh[page], cached=False)
        if page in fresh
        else Execution(page, known[page] or 0.0, cached=True)
        for page in pages
    ]


def cached_seconds(page: Page, key: str) -> float | None:
    """The recorded seconds when the executed copy was made under this key, else None."""
    try:
        record = nbformat.read(page.executed, as_version=4).metadata.get("bookbuild", {})
    except (OSError, ValueError):
        return None  # absent or damaged: it is made again
    return float(record["seconds"]) if record.get("key") == key else None


def remove_leftovers(project: Project) -> None:
    """Delete what a killed build left, and copies of pages that are gone."""
    names = {page.executed.name for page in project.pages()}
    for path in project.executed.glob("*"):
        if path.suffix in (".ipynb", ".peak") and path.name not in names:
            path.unlink()


def run_stale(
    project: Project,
    stale: list[Page],
    keys: Mapping[Page, str],
    jobs: int,
    parameters: Mapping[str, object] | None,
) -> dict[Page, float]:
    """Execute in worker processes; the first failure ends the others and is raised."""
    environment.prepare(project)
    seconds: dict[Page, float] = {}
    waiting = list(stale)
    running: dict[Future[float], Page] = {}
    pool = ProcessPoolExecutor(
        max_workers=min(jobs, len(stale)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=start_worker,
        initargs=(project,),
    )
    bar = tqdm(total=len(stale), unit="page", desc="execute", file=sys.stderr, dynamic_ncols=True)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                page = waiting.pop(0)
                running[pool.submit(run_in_worker, page, keys[page], parameters)] = page
            bar.set_postfix_str(", ".join(page.name for page in running.values()))
            done: set[Future[float]] = set()
            while not done:
                done, _ = wait(running, timeout=REFRESH_SECONDS, return_when=FIRST_COMPLETED)
                if sys.stderr.isatty():  # a log file gets a line per change, not one per second
                    bar.refresh()
            for future in done:
                page = running.pop(future)
                seconds[page] = future.result()
                bar.set_postfix_str(", ".join(page.name for page in running.values()), refresh=False)
                bar.update()
    except BaseException:
        # The pool would wait for the other pages; their cells are of no use any more.
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        bar.close()
        pool.shutdown(wait=True, cancel_futures=True)
        remove_leftovers(project)
    return seconds


def start_worker(project: Project) -> None:
    """Enter the book's surroundings before numpy is imported, and end with the build, even a killed one."""
    environment.enter(project)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the build's to answer; it ends its workers
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=end_with, args=(parent.sentinel,), daemon=True).start()


def end_with(sentinel: int) -> None:
    """A killed build cannot tell its workers; without this they would wait for work for ever."""
    wait_for_end([sentinel])
    os._exit(1)


def run_in_worker(page: Page, key: str, parameters: Mapping[str, object] | None) -> float:
    from bookbuild.run_page import run_page  # slow to import, and only workers need it

    return run_page(page, key, parameters)

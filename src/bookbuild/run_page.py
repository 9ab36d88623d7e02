"""Execution of one page in a worker process: papermill, a complete file or a failure that says where."""

import os
import time
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from bookbuild import kernel_memory
from bookbuild.given_values import require_known, with_values
from bookbuild.notebook_text import first_lines, read_text, without_colour
from bookbuild.project import BuildError, Page

CELL_SECONDS = 300  # five times the time a whole page may take: a cell that is still running then hangs
KERNEL_START_SECONDS = 120


def run_page(
    page: Page, key: str, parameters: Mapping[str, object] | None = None, cell_seconds: int = CELL_SECONDS
) -> float:
    """Execute `page` into its place in the cache and return the seconds it took.

    The file appears under its name only when every cell ran; it records `key`, the seconds and the memory.
    """
    text = read_text(page)
    if parameters:
        require_known(page, text, parameters)
    page.partial.parent.mkdir(parents=True, exist_ok=True)
    peak = page.partial.with_suffix(".peak")
    started = time.perf_counter()
    try:
        with kernel_memory.recorded(peak):
            executed = attempt(page, text, parameters, page.partial, cell_seconds)
        seconds = time.perf_counter() - started
        done = finished(text, executed, key, seconds, kernel_memory.read(peak))
        nbformat.write(done, page.partial)
        os.replace(page.partial, page.executed)
    except BaseException:
        page.partial.unlink(missing_ok=True)
        raise
    finally:
        peak.unlink(missing_ok=True)
    return seconds


def attempt(
    page: Page,
    text: NotebookNode,
    parameters: Mapping[str, object] | None,
    output: Path,
    cell_seconds: int | None,
    *,
    progress: bool = False,
) -> NotebookNode:
    """Run all cells, saved to `output` one by one; every way to fail becomes a BuildError naming the cell."""
    try:
        executed = papermill.execute_notebook(
            deepcopy(with_values(text, parameters or {})),
            str(output).replace("{", "{{").replace("}", "}}"),  # papermill would fill in braces
            kernel_name="python3",
            progress_bar=progress,
            cwd=page.text.parent,
            start_timeout=KERNEL_START_SECONDS,
            execution_timeout=cell_seconds,
        )
    except PapermillExecutionError as error:
        said = without_colour(f"{error.ename}: {error.evalue}")
        raise failed_cell(page, text, error.source, said[:1000]) from None
    except CellTimeoutError:
        raise failed_cell(page, text, last_begun(output), f"no answer within {cell_seconds} s") from None
    except (DeadKernelError, RuntimeError) as error:
        said = f"the kernel died or did not start ({error})"
        raise failed_cell(page, text, last_begun(output), said) from None
    for cell in executed.cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            said = "never executed, because a cell before it ended the session"
            raise failed_cell(page, text, cell.source, said)
    return executed


def last_begun(output: Path) -> str:
    """Source of the last cell that papermill's last save does not call pending; empty if none was begun."""
    if not output.exists():
        return ""
    cells = nbformat.read(output, as_version=4).cells
    begun = [cell for cell in cells if cell.metadata.get("papermill", {}).get("status") != "pending"]
    return begun[-1].source if begun else ""


def failed_cell(page: Page, text: NotebookNode, source: str, said: str) -> BuildError:
    places = [page.cell(index) for index, cell in enumerate(text.cells) if source and cell.source == source]
    place = places[0] if places else f"{page.docname}.md"
    return BuildError(
        f"{place}: {said}" + (f"\n{first_lines(source)}" if source else ""),
        f"correct the cell or the library, then make book ONLY={page.number}",
    )


def finished(
    text: NotebookNode, executed: NotebookNode, key: str, seconds: float, megabytes: int | None = None
) -> NotebookNode:
    """The text's own cells with the outputs of the execution: no times, no random ids, no injected cell."""
    own = [cell for cell in executed.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    result = deepcopy(text)
    for cell, ran in zip(result.cells, own, strict=True):
        if cell.cell_type == "code":
            cell.outputs = merged_streams(ran.outputs)
            cell.execution_count = ran.execution_count
    result.metadata["language_info"] = executed.metadata.get("language_info", {})
    result.metadata["bookbuild"] = {
        "key": key,
        "seconds": round(seconds, 2),
        "megabytes": megabytes,
    }
    return result


def merged_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one output; how it was cut depends on timing."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(deepcopy(output))
    return merged

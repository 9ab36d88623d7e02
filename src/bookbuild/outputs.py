"""What an executed page says, compared with what its committed pair says."""

import json

from nbformat import NotebookNode

from bookbuild.notebook_text import joined, short_diff
from bookbuild.pairs import text_outputs
from bookbuild.project import BuildError, Page
from bookbuild.run_page import merged_streams

CURE = "find out why; if the change is meant, make notebooks and commit it"


def changes(page: Page, executed: NotebookNode, pair: NotebookNode) -> list[BuildError]:
    """Cells whose text outputs are not those of the committed pair. Images and metadata are not compared."""
    if len(executed.cells) != len(pair.cells):
        return []  # told by `pairs.drift`
    problems = []
    for index, (ran, stored) in enumerate(zip(executed.cells, pair.cells, strict=True)):
        if ran.cell_type == stored.cell_type == "code":
            old, new = readable(stored.outputs), readable(ran.outputs)
            if old != new:
                diff = short_diff(old, new, "committed", "executed now")
                problems.append(BuildError(f"{page.cell(index)}: the output changed\n{diff}", CURE))
    return problems


def readable(outputs: list[NotebookNode]) -> str:
    """Text outputs as one text, so that a difference can be shown line by line."""
    parts = []
    for output in text_outputs(merged_streams(outputs)):
        if output.output_type == "stream":
            parts.append(f"[{output.name}]\n{joined(output.text)}")
        elif output.output_type == "error":
            parts.append(f"[error]\n{output.ename}: {output.evalue}")
        else:
            for kind, data in sorted(output.data.items()):
                typed = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
                parts.append(f"[{kind}]\n{typed if kind.endswith('json') else joined(data)}")
    return "\n".join(parts)

"""Signs of one machine in a text: paths, addresses of hosts and of memory. A published output holds none."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.notebook_text import joined

# Folders at the root of the usual systems; a list, because `a/b` is more often a quotient than a path.
ROOTS = "etc|home|media|mnt|opt|private|proc|root|srv|tmp|usr|Users|var|Volumes"
BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
PATTERNS = {
    "a path of one machine": re.compile(
        # What stands before keeps relative paths and pieces of base64 out.
        rf"(?<![\w./+:-])(?:file://)?/(?:{ROOTS})/[\w.~-]+[\w./~-]*"
        # A backslash is doubled in JSON. A colon and a backslash alone would be TeX.
        r"|\b[A-Za-z]:\\{1,2}(?:Users|Windows|Program Files|ProgramData|Temp|Documents and Settings)\b\S*"
    ),
    # The name of an XML language looks like an address and is none.
    "an address": re.compile(r"(?<!xmlns=[\"'])(?<!xlink=[\"'])\b(?:file|ftp|https?|wss?)://[^\s\"'<>]+"),
    "an IP address": re.compile(rf"(?<![\w.]){BYTE}(?:\.{BYTE}){{3}}(?![\w.]*\d)"),
    "an address in memory": re.compile(r"\bat 0x[0-9a-fA-F]+\b|\b0x[0-9a-fA-F]{8,}\b"),
}


def traces(text: str, root: Path) -> Iterator[tuple[str, str]]:
    """Pairs of what it is and how it reads; `root` is the folder of this very build."""
    if str(root) in text:
        yield "the folder of this build", str(root)
        text = text.replace(str(root), "")
    for what, pattern in PATTERNS.items():
        for found in dict.fromkeys(pattern.findall(text)):
            yield what, found


def text_of(output: NotebookNode) -> str:
    """All that an output says in characters; pictures are left out."""
    if output.output_type == "stream":
        return joined(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return "\n".join(
        joined(data) if isinstance(data, str | list) else json.dumps(data, ensure_ascii=False)
        for kind, data in output.get("data", {}).items()
        if not kind.startswith("image/")
    )

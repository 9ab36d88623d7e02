"""The glossary: every word has one entry, explained in a sentence or two, that leads to a page."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"^(?! |`|#|$)(.+)\n((?:  .+\n)+)", flags=re.MULTILINE)
LONGEST = 320  # characters of an explanation, without its links


def entries(text: str) -> list[tuple[str, str]]:
    """Words and explanations of all glossary blocks."""
    blocks = re.findall(r"^```\{glossary\}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [found for block in blocks for found in ENTRY.findall(block)]


def faults(text: str) -> list[str]:
    """Words that stand twice, are explained at length, or lead to no page of the book."""
    found, seen = [], set()
    for word, explained in entries(text):
        pages = re.findall(r"\{doc\}`(?:[^`<]*<([^`>]+)>|([^`<]+))`", explained)
        targets = [ROOT / "book" / f"{a or b}.md" for a, b in pages]
        plain = re.sub(r"\(?\{\w+\}`[^`]*`\)?", "", explained)
        if word in seen:
            found.append(f"{word}: twice")
        if not targets or not all(target.exists() for target in targets):
            found.append(f"{word}: leads to no page")
        if len(plain.strip()) > LONGEST:
            found.append(f"{word}: {len(plain.strip())} characters")
        seen.add(word)
    return found


def test_every_word_leads_to_a_page():
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    assert len(entries(text)) == text.count("\n  ")
    assert faults(text) == []


def test_planted_faults_are_found():
    link = "({doc}`page 11 <../notebooks/11_scalar_warm_up>`)"
    text = (
        "```{glossary}\n"
        f"flow\n  A curve {link}.\n\n"
        "lost\n  A word ({doc}`page 99 <../notebooks/99_nowhere>`).\n\n"
        "alone\n  A word.\n\n"
        f"flow\n  {'Again ' * 60}{link}.\n"
        "```\n"
    )
    assert faults(text) == [
        "lost: leads to no page",
        "alone: leads to no page",
        "flow: twice",
        "flow: 361 characters",
    ]

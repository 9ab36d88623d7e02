"""statements.yml: read into full ids, and refused when it contradicts itself."""

import pytest

from bookbuild import statements
from bookbuild.project import BuildError

ENTRY = 'label: "Equation (1)", kind: identity, title: "One is one"'


def test_uses_are_resolved_within_and_across_papers():
    known = statements.parse(
        f"a: {{eq1: {{{ENTRY}}}, eq2: {{{ENTRY}, uses: [eq1, b.eq1]}}}}\nb: {{eq1: {{{ENTRY}}}}}"
    )
    assert list(known) == ["a.eq1", "a.eq2", "b.eq1"]
    assert known["a.eq2"].uses == ("a.eq1", "b.eq1")
    assert not known["a.eq1"].extension


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a: {{eq1: {{{ENTRY}, uses: [eq7]}}}}", "uses the unknown statement 'eq7'"),
        ('a: {eq1: {label: x, kind: theorem, title: "y"}}', "unknown kind 'theorem'"),
        (f"a:\n  eq1: {{{ENTRY}}}\n  eq1: {{{ENTRY}}}", "line 3: 'eq1' stands twice"),
        ("a: {eq1: {label: x, kind: figure}}", "missing or unknown fields: title"),
        (f"a: {{eq1: {{{ENTRY}, status: holds}}}}", "missing or unknown fields: status"),
        (f"a: {{x: {{{ENTRY}, uses: [y]}}, y: {{{ENTRY}, uses: [x]}}}}", "rest on each other"),
        ("a: {", "not valid YAML"),
    ],
)
def test_contradictions_are_refused(text, said):
    with pytest.raises(BuildError, match=r"statements\.yml") as caught:
        statements.parse(text)
    assert said in caught.value.message
    assert caught.value.cure

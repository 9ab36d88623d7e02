"""References listed the way the text cites them: "[Ge et al., 2021]" in place of a coined abbreviation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def label_of(surnames: list[str], year: str) -> str:
    """One author, two authors joined, or the first and "et al."."""
    if len(surnames) > 2:
        return f"{surnames[0]} et al., {year}"
    return f"{' and '.join(surnames)}, {year}"


class YearLabels(BaseLabelStyle):
    def format_labels(self, sorted_entries: Iterable[Any]) -> Iterator[str]:
        for entry in sorted_entries:
            people = entry.persons.get("author", ())
            yield label_of([" ".join(person.last_names) for person in people], entry.fields["year"])


class YearStyle(UnsrtStyle):
    default_sorting_style = "author_year_title"
    default_label_style = YearLabels


def setup(app: Sphinx) -> dict[str, Any]:
    register_plugin("pybtex.style.formatting", "year_labels", YearStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

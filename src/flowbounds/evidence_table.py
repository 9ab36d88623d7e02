"""How evidence is written down: numbers at the digits they carry, and readable tables. Pure text.

The *published form* of an evidence (a dictionary of JSON values) is what the ledger and the stored
pages hold. It is the same on every machine: margins at two digits, anything within ten of its errors
as ``< error``, errors at one digit.
"""

import math
from html import escape
from typing import Any

MIME = "application/vnd.flowbounds.evidence+json"
RESOLVED = 10.0  # a number counts when it exceeds this many of its errors
ERROR_FLOOR = 1e-12  # below it an error estimate is rounding noise


def two_digits(value: float) -> str:
    """``value`` at two significant digits: '0.82', '3.0', '15', '1.2e-05', 'inf'."""
    if not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.1e}")
    if rounded == 0:
        return "0.0"
    exponent = math.floor(math.log10(abs(rounded)))
    if -3 <= exponent <= 3:
        return f"{rounded:.{max(0, 1 - exponent)}f}"
    return f"{rounded:.1e}"


def published_error(error: float) -> str:
    """One digit, or a floor below which it is noise."""
    return f"{error:.0e}" if error >= ERROR_FLOOR else f"< {ERROR_FLOOR:.0e}"


def decade_above(noise: float) -> float:
    """The next power of ten: noise itself is another number on another machine, its size is not."""
    return float(10.0 ** math.ceil(math.log10(noise))) if noise > 0 else 0.0


def published_value(value: float, error: float) -> str:
    """Two digits, or ``< x`` where the value is within ten of its errors."""
    limit = RESOLVED * error
    if abs(value) > limit or limit == 0:
        return two_digits(value)
    return f"< {decade_above(limit):.0e}"


def number(value: float) -> float | str:
    """``value`` as JSON can hold it."""
    return float(value) if math.isfinite(value) else str(float(value))


def plain(value: Any) -> Any:
    """Sizes as JSON: numbers, strings, and lists of them."""
    if isinstance(value, list | tuple | range):
        return [plain(entry) for entry in value]
    return value if isinstance(value, int | float | str) else str(value)


def rows(form: dict[str, Any]) -> list[tuple[str, str]]:
    """Label and text of each line of the readable table of a published form."""
    identity = form["kind"] == "identity"
    unit = "digits under the error model, counted up to 1" if identity else "in units of the bound"
    vacuous = f", {form['vacuous']} vacuous" if form["vacuous"] else ""
    lines = [
        ("status", form["status"]),
        ("margin", f"{form['margin']} ({unit}), error {form['error']}"),
        ("instances", f"{form['instances']}{vacuous}"),
        ("worst at", form["where"]),
    ]
    for control in form["controls"]:
        verdict = "violated, as it must be" if control["violates"] else "NOT VIOLATED"
        lines.append(("control", f"{control['name']}: {control['result']}, {verdict}"))
    lines += [("tried", f"{entry['name']}: {entry['result']}, not violated") for entry in form["tried"]]
    if form["printed"]:
        printed = form["printed"]
        verdict = "fails" if printed["fails"] else "holds"
        lines.append(("printed form", f"{verdict} ({printed['source']}): {printed['result']}"))
    if form["required"]:
        lines.append(("required", f"{form['required']}, reachable {form['reachable']}"))
    lines += [("constant", f"{name}: {value}") for name, value in form["constants"].items()]
    lines += [
        ("holds from", form["holds_from"] or ""),
        ("sizes", ", ".join(f"{name} = {_short(value)}" for name, value in form["sizes"].items())),
        ("seeds", _short(form["seeds"]) if form["seeds"] else ""),
        ("prior", form["prior"]),
        ("note", form["note"]),
    ]
    return [(label, line) for label, line in lines if line]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) if len(value) <= 6 else f"{value[0]} ... {value[-1]} ({len(value)})"
    return str(value)


def text(form: dict[str, Any]) -> str:
    """The table in plain text."""
    return "\n".join([form["statement"], *(f"  {label:<12} {line}" for label, line in rows(form))])


def html(form: dict[str, Any]) -> str:
    """The table in HTML."""
    slug = form["status"].replace(" ", "-")
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(line)}</td></tr>' for label, line in rows(form)
    )
    caption = f"<caption>Evidence for <code>{escape(form['statement'])}</code></caption>"
    return f'<table class="evidence evidence-{slug}">{caption}{body}</table>'

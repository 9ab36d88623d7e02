"""Evidence for a statement, and the pure rule that turns it into a status.

A check returns an :class:`Evidence`; nobody types a status. This module imports nothing of the
science and nothing beyond the standard library.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowbounds import evidence_table as table
from flowbounds.evidence_table import RESOLVED

KINDS = (
    "definition",
    "identity",
    "inequality",
    "probability",
    "existence",
    "asymptotic",
    "algorithm",
    "figure",
    "empirical",
)
NEEDS_CONTROL = ("identity", "inequality", "probability")
GRID_ONLY = ("existence", "asymptotic", "empirical", "figure")  # a finite grid cannot establish these

Named = tuple[str, float]


@dataclass(frozen=True)
class Evidence:
    """What one check measured. All numbers are dimensionless.

    Attributes
    ----------
    statement : str
        Public id, ``paper.key``.
    margin : float
        Signed slack in units of the bound, worst over the instances; for an identity the digits to
        spare under its error model (:func:`identity_margin`). Negative: violated. Where the printed
        form had to be corrected it is the corrected form's margin.
    error : float
        Uncertainty of ``margin``, from a second method or a tighter tolerance; for a probability the
        half width of its 95 % interval.
    instances, vacuous : int
        Cases examined, and how many of them had an empty bound.
    sizes, seeds, where
        What was drawn, and which instance is the worst.
    control, controls : (name, margin)
        Negative controls: the same margin where a hypothesis is dropped. Each must be violated.
    tried : (name, margin) each
        Attempted controls that did not violate; they never count as one.
    printed : (margin, source)
        The printed form where it differs from the one above, and who printed it: paper, slides, our scan.
    holds_from : str
        The size from which a statement that fails here holds.
    required, reachable : float
        What the statement asks for and what can be reached, in the same unit.
    constants : name -> float, or name -> (float, its error)
        Measured hidden constants; one within ten of its errors is published as ``< error``.
    sharp : bool
        Equality is attained by construction, so that a margin of zero is the claim.
    kind : str
        Kind of statement; stamped by the check's registration.
    """

    statement: str
    margin: float
    error: float
    instances: int
    vacuous: int = 0
    sizes: Mapping[str, Any] = field(default_factory=dict)
    seeds: Sequence[int] = ()
    where: str = ""
    control: Named | None = None
    controls: Sequence[Named] = ()
    tried: Sequence[Named] = ()
    printed: Named | None = None  # ("paper text, two readings", margin)
    holds_from: str | None = None
    required: float | None = None
    reachable: float | None = None
    constants: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)
    prior: str = ""
    note: str = ""
    sharp: bool = False
    kind: str = ""

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise ValueError(f"{self.statement}: kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not 0 <= self.vacuous <= self.instances or self.instances < 1:
            raise ValueError(
                f"{self.statement}: need 0 <= vacuous <= instances and an instance, "
                f"got {self.vacuous} of {self.instances}"
            )
        if not self.error >= 0:
            raise ValueError(f"{self.statement}: error must be non-negative, got {self.error}")
        if (self.required is None) != (self.reachable is None):
            raise ValueError(f"{self.statement}: required and reachable come together")

    @property
    def status(self) -> str:
        """The statement's status under its kind; see :func:`status`."""
        return status(self)

    @property
    def all_controls(self) -> tuple[Named, ...]:
        """Every negative control, the first one first."""
        return ((self.control,) if self.control else ()) + tuple(self.controls)

    def violates(self, result: float) -> bool:
        """Whether a control's margin is clearly negative."""
        return bool(result < -RESOLVED * self.error and result < 0)  # numpy's bool is not JSON

    def _constants(self) -> dict[str, tuple[float, float]]:
        """Constants with their errors, zero where none was given."""
        return {k: v if isinstance(v, tuple) else (float(v), 0.0) for k, v in self.constants.items()}

    def published(self) -> dict[str, Any]:
        """Published form: every key always present, all values JSON, the same on every machine."""
        printed = None
        if self.printed is not None:
            source, result = self.printed
            printed = {
                "source": source,
                "result": table.published_value(result, self.error),
                "fails": self.violates(result),
            }
        form = {
            "statement": self.statement,
            "kind": self.kind,
            "status": self.status,
            "margin": table.published_value(self.margin, self.error),
            "error": table.published_error(self.error),
            "instances": int(self.instances),
            "vacuous": int(self.vacuous),
            "sizes": {name: table.plain(value) for name, value in self.sizes.items()},
            "seeds": [int(seed) for seed in self.seeds],
            "where": self.where,
            "controls": [
                {"name": name, "result": table.two_digits(result), "violates": self.violates(result)}
                for name, result in self.all_controls
            ],
            "tried": [{"name": name, "result": table.two_digits(result)} for name, result in self.tried],
            "printed": printed,
            "holds_from": self.holds_from,
            "required": None if self.required is None else table.two_digits(self.required),
            "reachable": None if self.reachable is None else table.two_digits(self.reachable),
            "constants": {name: table.published_value(*pair) for name, pair in self._constants().items()},
            "prior": self.prior,
            "note": self.note,
        }
        return dict(sorted(form.items()))

    def raw(self) -> dict[str, Any]:
        """Full-precision numbers, for the record of a run; never compared. JSON, so infinities are text."""
        return {
            "statement": self.statement,
            "margin": table.number(self.margin),
            "error": table.number(self.error),
            "constants": {name: table.number(value) for name, (value, _) in self._constants().items()},
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
        """Rich display: the tables and the published form; the raw numbers as metadata."""
        form = self.published()
        data = {"text/plain": table.text(form), "text/html": table.html(form), table.MIME: form}
        return data, {table.MIME: self.raw()}


def status(evidence: Evidence) -> str:
    """Status of a statement from its evidence, in this order.

    1. asked for more than can be reached: ``out of reach``
    2. sharp, and the margin is zero within ten errors: ``tight``
    3. the printed form is violated: ``corrected`` if another form is given and holds; otherwise
       ``fails at these sizes`` if a size is known from which it holds, else ``fails``
    4. every instance had an empty bound: ``vacuous here``
    5. margin above ten errors (probability: above its interval): ``holds``, or ``consistent on the
       grid`` for kinds that no finite grid establishes (existence, asymptotic, empirical, figure)
    6. anything else: ``inconclusive``, which fails the build
    """
    if evidence.kind not in KINDS:
        raise ValueError(f"{evidence.statement}: status needs a kind, got {evidence.kind!r}")
    slack = evidence.error * (1.0 if evidence.kind == "probability" else RESOLVED)
    holds, broken = evidence.margin > slack, evidence.margin < -slack
    printed_broken = evidence.printed is not None and evidence.printed[1] < -slack

    asked, reachable = evidence.required, evidence.reachable
    if asked is not None and reachable is not None and asked > reachable:
        return "out of reach"
    if evidence.sharp and abs(evidence.margin) <= slack:
        return "tight"
    if broken or printed_broken:
        if printed_broken and holds:
            return "corrected"
        return "fails at these sizes" if evidence.holds_from else "fails"
    if evidence.vacuous == evidence.instances:
        return "vacuous here"
    if holds:
        return "consistent on the grid" if evidence.kind in GRID_ONLY else "holds"
    return "inconclusive"


DIGITS_CAP = 1.0  # a residual ten times below its rounding model is noise that differs between machines


def identity_margin(residual: float, model: float) -> float:
    """Digits to spare: ``log10(model / residual)``, at most one.

    ``model`` is the written rounding model: what exact agreement looks like in floating point, in the
    unit of ``residual``, with room for a factor of ten.
    """
    if not model > 0:
        raise ValueError(f"the rounding model must be positive, got {model}")
    if math.isnan(residual):
        return math.nan
    if residual == 0:
        return DIGITS_CAP
    return min(DIGITS_CAP, math.log10(model) - math.log10(residual))


def identity_error(truth_error: float, model: float) -> float:
    """Uncertainty of :func:`identity_margin` when the second route is itself off by ``truth_error``."""
    return math.log10(1 + truth_error / model)

r"""What is known of a reader's own network before it is trained: conservation laws, rate and envelope.

Layers come as the reader has them; the report says which law holds between which of them, and for a linear
network which lower bound on :math:`\lambda_{\min}(T)` is the sharpest, beside :math:`\lambda_{\min}(T)`
itself. Where no bound applies it says why, and what would help.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.given_layers import (
    CONVENTIONS,
    chains,
    given_biases,
    given_names,
    given_objective,
    layer_chain,
)
from flowbounds.bounds.layer_laws import LayerLaw, layer_law, shown, why_not_linear
from flowbounds.bounds.rates import exponential_gap, lojasiewicz_gap
from flowbounds.bounds.sharpest_rate import (
    ROUNDING,
    NamedBound,
    advice,
    chain_imbalances,
    named_bounds,
    scale,
    why_zero,
)
from flowbounds.models.activations import Name
from flowbounds.models.layer_chain import Weights, prefixes
from flowbounds.models.objectives import Objective
from flowbounds.models.tangent_eigenvalue import TangentEigenvalue, tangent_smallest
from flowbounds.validation import FloatArray, HypothesisError, require_range

LARGEST = 40_000  # entries of the product up to which the smallest eigenvalue of T is computed
WIDE = 76  # columns of the text


@dataclass(frozen=True)
class NetworkReport:
    r"""What is known of a network; ``str(report)`` says it in words.

    Attributes
    ----------
    convention : str
        ``"product"`` or ``"torch"``.
    widths : tuple of int
        :math:`h_0,\dots,h_L`, from the input to the output.
    laws : tuple of LayerLaw
        One for each pair of neighbouring layers.
    bounds : tuple of NamedBound
        Lower bounds on :math:`\lambda_{\min}(T)` that apply, the sharpest first; none where the network is
        not linear or has biases.
    alpha : float >= 0
        The sharpest, valid along the whole flow; zero where nothing is known.
    sigma : float >= 0
        The margin it uses.
    tangent : TangentEigenvalue or None
        :math:`\lambda_{\min}(T)` at these weights, with its residual; None where T depends on the data or
        has more than 40,000 rows.
    gamma, gap0 : float or None
        Constant of the objective, and its gap at these weights; None where no objective is given.
    exponent : float
        :math:`\beta` of the gradient inequality: one half, or one for the exponential and logistic losses.
    why : str
        Why there is no bound, and what would help; empty where there is one.
    ambiguous : bool
        Whether the shapes chain in the other convention too, as those of square layers do.
    """

    convention: str
    widths: tuple[int, ...]
    laws: tuple[LayerLaw, ...]
    bounds: tuple[NamedBound, ...]
    alpha: float
    sigma: float
    tangent: TangentEigenvalue | None
    gamma: float | None
    gap0: float | None
    exponent: float
    why: str
    ambiguous: bool

    @property
    def rate(self) -> float | None:
        r"""The rate :math:`\gamma\alpha` of the gap; None without ``gamma`` or for another exponent."""
        return None if self.gamma is None or self.exponent != 0.5 else self.gamma * self.alpha

    def envelope(self, t: ArrayLike, gap0: float | None = None) -> FloatArray:
        r"""What the gap cannot exceed at the times ``t`` of the flow, shape of ``t``.

        :func:`~flowbounds.bounds.rates.exponential_gap`, or
        :func:`~flowbounds.bounds.rates.lojasiewicz_gap` for the exponential and logistic losses. ``gap0``
        defaults to the gap of the objective. Raises HypothesisError where no bound applies, saying why, and
        where there is neither an objective nor ``gap0`` and ``gamma``.
        """
        if not self.alpha:
            raise HypothesisError(f"layers have no bound, so there is no envelope: {self.why}")
        gap0 = self.gap0 if gap0 is None else gap0
        if self.gamma is None or gap0 is None:
            raise HypothesisError("objective must be given, or gamma and gap0, for an envelope")
        if self.exponent == 0.5:
            return exponential_gap(gap0, self.gamma, self.alpha, t)
        return lojasiewicz_gap(gap0, self.gamma, self.alpha, t, beta=self.exponent)

    def __str__(self) -> str:
        depth = len(self.widths) - 1
        text = [f"{depth} layer{'s' if depth > 1 else ''}, {CONVENTIONS[self.convention]}"]
        text += ["  widths " + " -> ".join(map(str, self.widths))]
        if self.ambiguous:
            text.append("  these shapes chain in both conventions: mind which one is meant")
        text.append("imbalances")
        text += [line for law in self.laws for line in law.lines()] or ["  of one layer there is none"]
        text.append("lower bounds on lambda_min(T) along the flow")
        if self.sigma:
            text.append(f"  margin of the product: {shown(self.sigma)}")
        text += [line for bound in self.bounds for line in bound.lines()]
        text += [f"  {self.why}"] if self.why else []
        if self.tangent is not None:
            text.append(f"  lambda_min(T) at these weights: {shown(self.tangent.value)}")
        if self.alpha:
            text += ["envelope", f"  {self._formula()}"]
        return "\n".join(part for line in text for part in _folded(line))

    def _formula(self) -> str:
        if self.gamma is None:
            return f"gap(t) <= gap(0) exp(-{shown(self.alpha)} gamma t), gamma of your objective"
        if self.rate is None:
            return f"gap(t) <= 1 / (1 / gap(0) + {shown(self.alpha * self.gamma**2)} t)"
        return f"gap(t) <= gap(0) exp(-{shown(self.rate)} t), gamma = {shown(self.gamma)}"


def _folded(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    hanging = indent + "  " * bool(indent)
    return textwrap.wrap(
        line, WIDE, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def network_report(
    layers: Sequence[Any],
    *,
    convention: str = "product",
    activations: Name | Sequence[Name] | None = None,
    biases: Sequence[Any] | None = None,
    objective: Objective | None = None,
    gamma: float | None = None,
    margin: float = 0.0,
) -> NetworkReport:
    r"""Imbalances, laws, rate bound and envelope of a network as its owner has it.

    Parameters
    ----------
    layers : list of L matrices
        Lists, arrays, or anything with ``__array__`` or ``detach().cpu().numpy()``, such as tensors.
    convention : ``"product"`` or ``"torch"``
        :math:`f(x)=xW_1\cdots W_L` with :math:`W_l` of shape (inputs, outputs), or
        :math:`f(x)=W_L\cdots W_1x` with (outputs, inputs), as in ``torch.nn.Linear``.
    activations : name, list of L - 1 names, or None
        As in :func:`~flowbounds.models.activations.activation`; one name is for all hidden layers, None is
        a linear network.
    biases : list of L vectors or None, optional
        A layer without bias has None.
    objective : Objective, optional
        f of the product, an (inputs, outputs) matrix in both conventions, from
        :mod:`~flowbounds.models.objectives` or :mod:`~flowbounds.models.separable_losses`. Gives
        :math:`\gamma`, the gap, and the margin if it is strongly convex.
    gamma : float > 0, optional
        Instead of an objective: :math:`\|\nabla f\|_F^2\ge\gamma(f-f^*)`.
    margin : float >= 0
        Lower bound on :math:`\sigma_{\min(n,m)}` of the product along the flow; the larger of it and that
        of the objective is used.

    Returns
    -------
    NetworkReport
        Imbalances are accurate to rounding of the larger layer; those below 1e-12 of the largest squared
        norm of a layer, all of them, count as zero, and so do rates below 1e-12 of its (L - 1)-th power.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, with the layers and the other convention if that would do; entries that
        are not finite; an objective of another shape; both ``objective`` and ``gamma``.

    Notes
    -----
    Eigenvalues of every :math:`h_l\times h_l` imbalance, and of T by a dense method up to nm = 400 and by
    :func:`~flowbounds.models.tangent_eigenvalue.tangent_smallest` beyond. Laws and rates are those of the
    flow of f alone: full data, no weight decay, no momentum. Source: du2018.thm2.1, du2018.thm2.2,
    du2018.footnote8, du2018.gd_drift, min2022.rate.end_to_end, min2022.table.comparison.

    >>> report = network_report([[[2.0]], [[1.0]]], gamma=2.0)
    >>> report.alpha, report.rate, report.tangent.value  # |2^2 - 1^2|, twice that, 2^2 + 1^2
    (3.0, 6.0, 5.0)
    """
    chain = layer_chain(layers, convention)
    names = given_names(activations, len(chain))
    shifts = given_biases(biases, chain)
    sigma = require_range("margin", margin, 0.0, np.inf)
    gap0, exponent = None, 0.5
    if gamma is not None:
        gamma = require_range("gamma", gamma, 0.0, np.inf, open_ends=True)
    if objective is not None:
        if gamma is not None:
            raise HypothesisError(f"gamma must be left out where an objective is given, got {gamma:g}")
        gamma, gap0, exponent, found = given_objective(objective, prefixes(chain)[-1])
        sigma = max(sigma, found)
    laws = tuple(layer_law(chain, k, name, shifts[k - 1], convention) for k, name in enumerate(names, 1))
    bent = [k for k, name in enumerate(names, 1) if name != "linear"]
    bounds: tuple[NamedBound, ...] = ()
    alpha, tangent = 0.0, None
    if bent or any(shift is not None for shift in shifts):
        why = why_not_linear(bent, laws)
    else:
        bounds, alpha, why = _rate(chain, sigma)
        size = chain[0].shape[0] * chain[-1].shape[1]
        tangent = tangent_smallest(chain) if size <= LARGEST else None
    widths = (chain[0].shape[0], *(layer.shape[1] for layer in chain))
    ambiguous = len(chain) > 1 and chains([layer.T for layer in chain])
    return NetworkReport(
        convention, widths, laws, bounds, alpha, sigma, tangent, gamma, gap0, exponent, why, ambiguous
    )


def _rate(chain: Weights, sigma: float) -> tuple[tuple[NamedBound, ...], float, str]:
    """The bounds, the sharpest of them, and why it is zero."""
    n, m, depth = chain[0].shape[0], chain[-1].shape[1], len(chain)
    Ds, _ = chain_imbalances(chain)
    bounds = tuple(named_bounds(Ds, n, m, sigma))
    alpha = max((bound.value for bound in bounds), default=0.0)
    if alpha > ROUNDING * scale(chain) ** (depth - 1):
        return bounds, alpha, ""
    why = f"No bound applies: {why_zero(chain, Ds)}. What would help: "
    return bounds, 0.0, why + advice(chain, sigma)

"""Constants and bounds of Section 5 of Ge et al. (2021): Theorem 1, Proposition 1, Claim 2.

The theorem hides its constants in O and Theta. Here each of them has a name, so that a run can say
which values it used and a control can change one of them.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.validation import HypothesisError, require_count, require_range


@dataclass(frozen=True)
class DeflationConstants:
    r"""Every hidden constant of Theorem 1, Algorithm 2 and Definition 2; all positive.

    .. math:: \lambda&=\min\{c_{\lambda1}\tfrac{\log d}d,\;c_{\lambda2}\tfrac\epsilon{\sqrt d}\},\quad
              \alpha=\min\{c_{\alpha1}\tfrac\lambda{d^{3/2}},\;c_{\alpha2}\lambda^2,\;
              c_{\alpha3}\tfrac{\epsilon^2}{d^4}\},\\
              \delta_1&=c_{\delta1}\tfrac{\alpha^{3/2}}{\sqrt m},\quad
              \delta_0=c_{\delta0}\tfrac{\delta_1\alpha}{\sqrt{\log d}},\\
              t_1&=\frac1\beta\Bigl(c_1\tfrac d{\log d}+c_2\tfrac d{\log^3d}+c_3\log\tfrac d\alpha\Bigr),\quad
              t_2-t_1=\tfrac{c_4}\beta\Bigl(\log\tfrac1{\delta_1}+\log\tfrac1\lambda\Bigr),\quad
              \rho_i=c_\rho\Gamma_i .

    ``gamma`` in (0, 1) is the theorem's own, the rate at which :math:`\beta` shrinks from epoch to epoch.
    """

    gamma: float = 0.5
    lam_dimension: float = 1.0  # of log d / d
    lam_accuracy: float = 1.0  # of eps / sqrt d
    alpha_dimension: float = 1.0  # of lam / d^1.5
    alpha_square: float = 1.0  # of lam^2
    alpha_accuracy: float = 1.0  # of eps^2 / d^4
    delta1: float = 1.0
    delta0: float = 1.0
    c1: float = 1.0
    c2: float = 1.0
    c3: float = 1.0
    c4: float = 1.0
    c_rho: float = 0.1

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            require_range(name, getattr(self, name), 0.0, np.inf, open_ends=True)
        require_range("gamma", self.gamma, 0.0, 1.0, open_ends=True)
        require_range("c_rho", self.c_rho, 0.0, 1.0, open_ends=True)

    @classmethod
    def literal(cls) -> "DeflationConstants":
        """Every factor one. ``gamma`` and ``c_rho``, which must be below one, are 0.5 and 0.1."""
        return cls()

    @classmethod
    def fast(cls) -> "DeflationConstants":
        """Short epochs: the theorem's conclusion holds, but much is discovered in phase 2 only."""
        return cls(lam_dimension=0.5, lam_accuracy=0.5, c1=0.25, c2=0.25, c3=0.6, c4=1.0)

    @classmethod
    def separated(cls) -> "DeflationConstants":
        """Scales far apart (``delta0`` carries 1e-25): discoveries fall into phase 1, as in the proof."""
        return cls(lam_dimension=0.5, lam_accuracy=0.5, delta0=1e-25, c1=0.25, c2=0.25, c3=3.0, c4=1.0)


@dataclass(frozen=True)
class Theorem1Parameters:
    """Regulariser, closeness and the logarithms of the two norms; see :func:`theorem1_parameters`.

    Change one of them with ``dataclasses.replace``; ``lam = 0`` is allowed, as a control.
    """

    lam: float
    alpha: float
    log_delta1: float
    log_delta0: float

    def __post_init__(self) -> None:
        require_range("lam", self.lam, 0.0, np.inf)
        require_range("alpha", self.alpha, 0.0, 1.0, open_ends=True)
        require_range("log_delta1", self.log_delta1, -np.inf, 0.0)
        require_range("log_delta0", self.log_delta0, -np.inf, np.inf)
        if self.log_delta0 >= self.log_delta1:
            raise HypothesisError(
                "delta0 must be below delta1, or every fresh component is large at once: got "
                f"log_delta0 = {self.log_delta0:.6g} against log_delta1 = {self.log_delta1:.6g}"
            )


def theorem1_parameters(
    d: int,
    eps: float,
    m: int,
    *,
    constants: DeflationConstants | None = None,
    alpha: float | None = None,
) -> Theorem1Parameters:
    r"""The parameters of Theorem 1 with explicit constants, in logarithms where they are tiny.

    Parameters
    ----------
    d : int >= 2
    eps : float > 0
        Target accuracy.
    m : int >= 1
        Number of components.
    constants : DeflationConstants, optional
        ``DeflationConstants.literal()`` when None; the formulas are in its docstring.
    alpha : float in (0, 1), optional
        Overrides the theorem's :math:`\alpha`; :math:`\delta_1` and :math:`\delta_0` follow it.

    Returns
    -------
    Theorem1Parameters

    Raises
    ------
    HypothesisError
        Arguments out of range; :math:`\alpha\ge1`; :math:`\delta_0\ge\delta_1`.

    Notes
    -----
    Source: ge2021.thm1.

    >>> p = theorem1_parameters(10, 0.1, 100)
    >>> round(p.lam, 6), round(p.alpha * 1e6, 6), round(p.log_delta1, 3)
    (0.031623, 1.0, -23.026)
    """
    d, m = require_count("d", d, 2), require_count("m", m, 1)
    eps = require_range("eps", eps, 0.0, np.inf, open_ends=True)
    c = constants or DeflationConstants.literal()
    lam = min(c.lam_dimension * np.log(d) / d, c.lam_accuracy * eps / np.sqrt(d))
    if alpha is None:
        alpha = min(
            c.alpha_dimension * lam / d**1.5, c.alpha_square * lam**2, c.alpha_accuracy * eps**2 / d**4
        )
    alpha = require_range("alpha", alpha, 0.0, 1.0, open_ends=True)
    log_delta1 = np.log(c.delta1) + 1.5 * np.log(alpha) - 0.5 * np.log(float(m))
    log_delta0 = np.log(c.delta0) + log_delta1 + np.log(alpha) - 0.5 * np.log(np.log(d))
    return Theorem1Parameters(float(lam), float(alpha), float(log_delta1), float(log_delta0))


def epoch_lengths(
    d: int, beta: float, parameters: Theorem1Parameters, *, constants: DeflationConstants | None = None
) -> tuple[float, float, float, float]:
    r"""Lengths :math:`(t_1',t_1'',t_1''',\,t_2-t_1)` of one epoch, all proportional to :math:`1/\beta`.

    ``d`` >= 2, ``beta`` > 0. With ``lam = 0`` (a control) the term :math:`\log(1/\lambda)` is left out.
    Raises HypothesisError for arguments out of range. Source: ge2021.algorithm2 and Lemmas 4 and 6.
    """
    d = require_count("d", d, 2)
    beta = require_range("beta", beta, 0.0, np.inf, open_ends=True)
    c = constants or DeflationConstants.literal()
    log_d = np.log(d)
    to_fit = -parameters.log_delta1 - (np.log(parameters.lam) if parameters.lam > 0 else 0.0)
    require_range("log(1/delta1) + log(1/lam)", to_fit, 0.0, np.inf, open_ends=True)
    return (
        float(c.c1 * d / (beta * log_d)),
        float(c.c2 * d / (beta * log_d**3)),
        float(c.c3 * (log_d - np.log(parameters.alpha)) / beta),
        float(c.c4 * to_fit / beta),
    )


def claim2_derivative(alpha: float, w_norm2: float) -> float:
    r"""Time derivative of the squared correlation of the small component in Claim 2.

    The target is :math:`e_k^{\otimes 4}`; two components sit on opposite sides of it,
    :math:`\bar v_k=\bar w_k=\sqrt{1-\alpha}` and :math:`\bar v_{-k}=-\bar w_{-k}`. Then

    .. math:: \tfrac{d}{dt}\,\bar v_k^2
              = 8\alpha(1-\alpha)\bigl[(1-\alpha)-2\|w\|^2(1-2\alpha)^3\bigr],

    whatever the norm of :math:`v`.

    Parameters
    ----------
    alpha : float in (0, 1)
        Squared distance of each direction from ``e_k``, ``1 - vbar_k^2``.
    w_norm2 : float >= 0
        Squared norm of the large component, the mass it contributes.

    Returns
    -------
    float
        Negative exactly when ``w_norm2 > (1 - alpha) / (2 (1 - 2 alpha)^3)``, ``alpha < 1/2``.

    Raises
    ------
    HypothesisError
        If ``alpha`` or ``w_norm2`` leaves its range.

    Notes
    -----
    Exact; evaluated without cancellation to a few units in the last place. Source: ge2021.claim2
    (formula: beyond the text, from equation (1) with :math:`\langle\bar v,\bar w\rangle=1-2\alpha`).

    >>> claim2_derivative(0.01, 0.9) < 0 < claim2_derivative(0.01, 0.4)
    True
    """
    alpha = require_range("alpha", alpha, 0.0, 1.0, open_ends=True)
    w_norm2 = require_range("w_norm2", w_norm2, 0.0, np.inf)
    return 8 * alpha * (1 - alpha) * ((1 - alpha) - 2 * w_norm2 * (1 - 2 * alpha) ** 3)


def claim2_mass_limit(c2: float) -> float:
    r"""Largest :math:`c_1` for which Claim 2 holds with :math:`\alpha\le c_2`: at most 1/6, zero at 0.05406.

    The least favourable state has :math:`\|w\|^2=2/3-c_1` and :math:`\alpha=c_2`, because the threshold on
    :math:`\|w\|^2` grows with :math:`\alpha`. ``c2`` in [0, 1/2). Source: ge2021.claim2 (beyond the text).

    >>> round(claim2_mass_limit(0.02), 6)
    0.112829
    """
    c2 = require_range("c2", c2, 0.0, 0.499)
    return 2 / 3 - (1 - c2) / (2 * (1 - 2 * c2) ** 3)

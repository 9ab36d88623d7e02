r"""Which conservation law holds between two neighbouring layers, and what it conserves.

The activation between them decides, and nothing else of the network does: linear, the whole matrix
:math:`D_l=W_l^\top W_l-W_{l+1}W_{l+1}^\top`; homogeneous of degree k, its diagonal with the outgoing weights
taken k times, one number a unit; any other, nothing.
"""

from dataclasses import dataclass, field

import numpy as np

from flowbounds.bounds.activation_defect import defect
from flowbounds.models.activations import Name, activation
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

DEFECT_RANGE = 3.0  # preactivations up to this size are looked at for the defect of an activation
DRIFTS = {  # what a step of descent adds, over the square of the step: of the matrix, of a unit
    "product": ("G_{0}^T G_{0} - G_{1} G_{1}^T", "|G_{0}[:,i]|^2 - {2}|G_{1}[i,:]|^2"),
    "torch": ("G_{0} G_{0}^T - G_{1}^T G_{1}", "|G_{0}[i,:]|^2 - {2}|G_{1}[:,i]|^2"),
}


@dataclass(frozen=True)
class LayerLaw:
    r"""Imbalance of layers l and l + 1 and the law for it.

    Attributes
    ----------
    layer : int >= 1
        l, the first of the two.
    activation : str or (str, float)
        Between the two layers.
    imbalance : (h_l, h_l) or (h_l,) array
        :math:`D_l` (plus :math:`b_lb_l^\top`) if the activation is linear, else one number for each unit.
    law : str or None
        The statement that says that the flow conserves ``imbalance``; None where nothing does.
    drift : str
        What one step of gradient descent does to it; G are the gradients in the layers, g in the biases.
    defect : float
        Largest :math:`|\phi'(z)z-k\phi(z)|` for :math:`|z|\le3`, k the degree of homogeneity, one if there is
        none: zero where a law holds.
    """

    layer: int
    activation: Name
    imbalance: FloatArray = field(repr=False)
    law: str | None
    drift: str
    defect: float

    @property
    def extremes(self) -> tuple[float, float]:
        """Smallest and largest eigenvalue of the matrix, or entry of the vector."""
        values = np.linalg.eigvalsh(self.imbalance) if self.imbalance.ndim == 2 else self.imbalance
        return float(np.min(values)), float(np.max(values))

    def lines(self) -> list[str]:
        """The law in words."""
        low, high = self.extremes
        many = self.imbalance.shape[0]
        what = f"{many} x {many} matrix, eigenvalues" if self.imbalance.ndim == 2 else f"{many} units,"
        name = self.activation if isinstance(self.activation, str) else self.activation[0]
        first = f"  W_{self.layer}, W_{self.layer + 1} ({name}): {what} {shown(low)} to {shown(high)}"
        if self.law is None:
            held = f"not conserved: the defect of {name} is up to {self.defect:.3g} at |z| <= 3"
        else:
            held = f"conserved by the flow ({self.law})"
        return [first, f"    {held}", f"    {self.drift}"]


def shown(number: float) -> str:
    """Kernel: four digits, and no digits of what is rounding of a number near one."""
    return f"{0.0 if abs(number) < 1e-14 else number:.4g}"


def layer_law(chain: Weights, layer: int, name: Name, bias: FloatArray | None, convention: str) -> LayerLaw:
    """Kernel: the law between ``layer`` (from 1) and the next of a chain in the convention ``"product"``."""
    into, out = chain[layer - 1], chain[layer]
    phi = activation(name)
    whole, unit = DRIFTS[convention]
    if phi.linear:
        D = into.T @ into - out @ out.T
        law, more = "du2018.thm2.2", ""
        if bias is not None:
            D = D + np.outer(bias, bias)
            law, more = "du2018.footnote8", f" + g_{layer} g_{layer}^T"
        drift = f"a step of descent adds step^2 ({whole.format(layer, layer + 1)}{more})"
        return LayerLaw(layer, name, D, law, drift, 0.0)
    degree = 1.0 if phi.degree is None else phi.degree
    d = np.sum(into**2, axis=0) - degree * np.sum(out**2, axis=1)
    more = ""
    if bias is not None:
        d, more = d + bias**2, f" + g_{layer}[i]^2"
    z = np.linspace(-DEFECT_RANGE, DEFECT_RANGE, 601)
    size = float(np.max(np.abs(defect(name, z) - (degree - 1) * phi.value(z))))
    times = "" if degree == 1 else f"{degree:g} "
    drift = f"a step of descent adds step^2 ({unit.format(layer, layer + 1, times)}{more})"
    if phi.degree is None:
        drift = "moves at the speed flowbounds.bounds.activation_defect.balance_rate"
        return LayerLaw(layer, name, d, None, drift, size)
    plain = "du2018.thm2.1" if bias is None else "du2018.footnote8"
    return LayerLaw(layer, name, d, plain if degree == 1 else "du2018.ext.relu_power", drift, 0.0)


def why_not_linear(bent: list[int], laws: tuple[LayerLaw, ...]) -> str:
    """Kernel: why there is no bound where layers ``bent`` have activations, or, if none has, for biases."""
    if not bent:
        return (
            "No bound applies: with biases the loss is not a function of the product alone. The imbalances "
            "above are conserved all the same. What would help: layers without biases (bias=False), and a "
            "one as an additional input."
        )
    names = sorted(
        {
            law.activation if isinstance(law.activation, str) else law.activation[0]
            for law in laws
            if law.layer in bent
        }
    )
    held = sum(law.law is not None for law in laws)
    laws_too = "" if held == len(laws) else "homogeneous activations (relu, leaky, abs) for the laws, and "
    return (
        f"No bound applies: with {', '.join(names)} the tangent operator depends on the data, and the bounds "
        f"here are for linear networks. Of {len(laws)} imbalances above {held} are conserved. What would "
        f"help: {laws_too}no activations for a rate."
    )

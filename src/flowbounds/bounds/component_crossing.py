"""From which dimension on Theorem 3 of Wang et al. (2020) asks for fewer components than lazy training."""

from flowbounds.bounds.components import literal_parameters
from flowbounds.bounds.lazy import threshold
from flowbounds.validation import HypothesisError

FARTHEST = 10**9  # dimension up to which a crossing is looked for


def crossing_dimension(order: int, r: int, eps: float) -> int:
    """Smallest dimension from which the literal m is below the number that lazy training needs.

    That number is :func:`~flowbounds.bounds.lazy.threshold`. It grows like the power l - 1 of the dimension
    and the literal m like its logarithm, so that they cross once; found by bisection.

    Parameters
    ----------
    order, r, eps
        As in :func:`~flowbounds.bounds.components.literal_parameters`.

    Raises
    ------
    HypothesisError
        An argument outside its range, or a crossing beyond a dimension of 1e9.

    Notes
    -----
    Source: beyond the text.

    >>> 1000 < crossing_dimension(3, 1, 0.1) < 10_000
    True
    """
    literal_parameters(order, r, r, eps)  # refuses what is out of range

    def below(d: int) -> bool:
        return literal_parameters(order, r, d, eps).m < threshold(order, d)

    low, high = r, 2 * r
    while not below(high):
        if high > FARTHEST:
            raise HypothesisError(f"eps must be larger: at {eps:g} and r = {r} the crossing is beyond {high}")
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if below(middle) else (middle, high)
    return high

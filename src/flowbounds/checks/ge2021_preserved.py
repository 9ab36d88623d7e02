"""Check of Lemma 6.3 of Ge et al. (2021): what phase 2 does to components that were just re-initialised."""

from collections.abc import Sequence

import numpy as np

from flowbounds.checks.ge2021_two_ends import LARGE, PRACTICAL, Asymptotics, Practical, Seen, Size
from flowbounds.checks.registry import settles
from flowbounds.dynamics.lucky_columns import LastEpoch
from flowbounds.evidence import Evidence


def preserved_seen(seen: Seen) -> float | None:
    """Kernel: Lemma 6.3 in one epoch, the largest move of a re-initialised square in units of rho."""
    if not seen.epoch.fresh.any():
        return None
    before, after = (seen.epoch.phase2.state(k).directions[:, seen.epoch.fresh] ** 2 for k in (0, -1))
    return 1 - float(np.max(np.abs(after - before))) / (seen.run.constants.c_rho * seen.gamma)


def preserved_far(epoch: LastEpoch) -> float:
    """Kernel: the same for a typical column that is just good."""
    column = epoch.column(1 + epoch.c_rho)
    squares = column.follow(epoch.lengths[3], epoch.parameters.lam)[0]
    return 1 - float(np.max(np.abs(squares - column.p0))) / (epoch.c_rho * epoch.gamma)


def norm_kept_far(epoch: LastEpoch) -> float:
    """Kernel: 1 - |log(|v|^2/delta0^2)| / log d over phase 2: a power of d would not be Theta(1)."""
    column = epoch.column(1 + epoch.c_rho)
    grown = column.follow(epoch.lengths[3], epoch.parameters.lam)[1]
    return 1 - abs(2 * grown) / float(np.log(epoch.d))


@settles("ge2021.lemma6.3", kind="asymptotic")
def preserved(
    *,
    sizes: Sequence[Size] = PRACTICAL,
    eps: float = 0.1,
    seeds: Sequence[int] = (0,),
    large: Sequence[int] = LARGE,
    asymptotics: Asymptotics | None = None,
    tol: float = 1e-9,
) -> Evidence:
    """Phase 2 leaves re-initialised components where they are: no square moves by rho = c_rho Gamma.

    No set of Definition 2 feels a move below rho. Margin: 1 - (largest move)/rho, over every epoch of
    Algorithm 2. Error: the worst epoch again at looser tolerances. Holds from: the closed form for a
    typical column that is just good. Printed: |v|^2 = Theta(delta0^2), in units of a power of d and at
    eps = 1/sqrt(d), where the regulariser is half the weight and |v|^2 decays like exp(-2 lam (t2 - t1)).
    """
    use = asymptotics or Asymptotics()
    seen, epochs = Practical.of(preserved_seen, sizes, eps, seeds, tol, phase=2), [use.at(d) for d in large]
    strong = use.at(max(large), eps=max(large) ** -0.5)
    last, moves = epochs[-1], {}
    for one in epochs[-2:]:
        move = (1 - preserved_far(one)) * one.c_rho * one.gamma
        moves[f"largest move times d / log d, d = {one.d:.0e}"] = float(move * one.d / np.log(one.d))
    waited = f"lam (t2 - t1), eps = {use.eps:g}, d = {last.d:.0e}"
    return Evidence(
        statement="ge2021.lemma6.3",
        margin=seen.margin,
        error=seen.error,
        instances=seen.instances,
        vacuous=seen.vacuous,
        sizes={"(d, r, m)": [str(size) for size in sizes], "eps": eps},
        seeds=tuple(seeds),
        where=seen.where,
        printed=("paper text, two readings: norm at eps = 1/sqrt(d)", norm_kept_far(strong)),
        holds_from=use.first(large, preserved_far),
        constants=moves | {waited: last.parameters.lam * last.lengths[3]},
    )

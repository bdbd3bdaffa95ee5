"""One-off displacements of single clients at single sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.errors import ModelError
from securebase.model.arguments import check_pairs
from securebase.model.parameters import Array
from securebase.model.specification import Specification
from securebase.records.episode import RuptureRecord
from securebase.records.vocabulary import RuptureKind


@dataclass(frozen=True, slots=True)
class Shock:
    """A one-off displacement of one client's true value at one session; it decays as the drift lets it.

    Parameters
    ----------
    person : int
        The client, counted from 0.
    session : int
        The session at which the shock acts, counted from 1.
    construct : str
        The construct that is displaced.
    size : float
        Amount added to the true value, in standard deviations of clients at the first session (-1.5 on the alliance is
        a moderate rupture).
    rupture : RuptureKind or None
        Kind under which the therapist records the shock as a rupture; None where nobody records one.
    repaired : int or None
        Session at which that rupture is repaired.

    Examples
    --------
    >>> from securebase import Shock
    >>> Shock(person=0, session=5, construct="alliance", size=-1.5).size
    -1.5
    """

    person: int
    session: int
    construct: str
    size: float
    rupture: RuptureKind | None = None
    repaired: int | None = None


def check_shocks_and_alerts(
    shocks: Sequence[Shock], alerts: Sequence[tuple[int, int]], n: int, sessions: int, specification: Specification
) -> None:
    if isinstance(shocks, Shock) or not all(isinstance(s, Shock) for s in shocks):
        raise ModelError(f"shocks must be a sequence of Shock (got {shocks!r})", advice="Write shocks=[Shock(…)].")
    check_pairs(alerts, "alerts must be pairs (person, session)", advice="Write alerts=[(0, 3)].")
    positions = [(s.person, s.session) for s in shocks] + list(alerts)
    for person, session in positions:
        if not (0 <= person < n and 1 <= session <= sessions):
            raise ModelError(
                f"a shock or alert names session {session} of person {person}, but the cohort has {n} persons with "
                f"{sessions} sessions",
                advice="Persons count from 0, sessions from 1.",
            )
    for shock in shocks:
        if shock.repaired is not None and (shock.rupture is None or shock.repaired < shock.session):
            raise ModelError(
                f"a shock at session {shock.session} names a repair at session {shock.repaired}, "
                + ("but no rupture" if shock.rupture is None else "which is earlier"),
                advice="Give the kind of rupture, and a repair in its session or a later one.",
            )
        if shock.construct not in specification.constructs:
            raise ModelError(
                f"a shock names “{shock.construct}”, which this scenario does not simulate",
                advice=f"It simulates {', '.join(specification.constructs)}.",
            )


def shock_array(shocks: Sequence[Shock], n: int, sessions: int, specification: Specification) -> Array:
    """Return the displacements (n, sessions, p)."""
    displacement = np.zeros((n, sessions, specification.p))
    for shock in shocks:
        displacement[shock.person, shock.session - 1, specification.constructs.index(shock.construct)] += shock.size
    return displacement


def marked_shocks(shocks: Sequence[Shock], days: Array) -> list[RuptureRecord]:
    """Return the shocks recorded as ruptures before the client left."""
    return [
        RuptureRecord(float(days[s.session - 1]), s.session, s.rupture, day_of(days, s.repaired))
        for s in shocks
        if s.rupture is not None and s.session <= len(days)
    ]


def day_of(days: Array, session: int | None) -> float | None:
    return float(days[session - 1]) if session is not None and session <= len(days) else None

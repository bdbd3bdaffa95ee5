"""Roster of the demo clinic: invented clients with specified events; the simulator draws everything else."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.model.simulate import Shock
from securebase.records.vocabulary import Phase, ProblemArea, RuptureKind

GRIEF, DISPUTE = ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE
TRANSITION, DEFICITS = ProblemArea.ROLE_TRANSITION, ProblemArea.INTERPERSONAL_DEFICITS
PHQ9 = "phq9:total"
SESSION_SET = "session_before:symptoms"

#: Event at a session: (session, construct, size in standard deviations between clients at the first session).
Push = tuple[int, str, float]


@dataclass(frozen=True, slots=True)
class Person:
    """One invented client.

    - `sessions_held`: number of sessions so far.
    - `next_in`: days until the next session (0: later today if the time of day allows).
    - `pushes`: events that shift a construct.
    - `ruptures`: (session, kind, session of its repair or None) as marked by the therapist.
    - `alarm`: session with a safety answer that raised an alert; `acknowledged` is True if it has been dealt with.
    - `unanswered`: sessions without a check-in.
    - `only_before`: the last session has no check-in after it.
    - `waiting`: the check-in before the next session is open.
    - `ended`: the course has ended.
    - `consents`: the contract records consent to research; `withdrew`: session at which it was withdrawn.
    """

    name: str
    pronouns: str
    area: ProblemArea | None
    sessions_held: int
    story: str
    planned: int = 16
    measure: str = SESSION_SET
    phase: Phase | None = None
    next_in: int = 3
    pushes: tuple[Push, ...] = ()
    ruptures: tuple[tuple[int, RuptureKind, int | None], ...] = ()
    alarm: int | None = None
    acknowledged: bool = False
    unanswered: tuple[int, ...] = ()
    only_before: bool = False
    waiting: bool = False
    ended: bool = False
    consents: bool = True
    withdrew: int | None = None

    def shocks(self, position: int) -> list[Shock]:
        """Return the pushes in the simulator's format, for the client at this position of the roster."""
        return [Shock(position, session, construct, size) for session, construct, size in self.pushes]

    @property
    def present_phase(self) -> Phase:
        return self.phase or self.phase_at(max(self.sessions_held, 1))

    def phase_at(self, session: int) -> Phase:
        """Return the phase of a session: the first three are initial, the last three ending, the others middle."""
        if session > self.planned - 3:
            return Phase.ENDING if self.phase is not Phase.MIDDLE else Phase.MIDDLE
        return Phase.INITIAL if session <= 3 else Phase.MIDDLE


def repeat_push(construct: str, first: int, last: int, size: float) -> tuple[Push, ...]:
    """Return the same push for every session from `first` to `last`."""
    return tuple((session, construct, size) for session in range(first, last + 1))


ROSTER = (
    Person(
        "Ash K.",
        "she/her",
        DISPUTE,
        7,
        "A rupture in session 6 that is still open, symptoms above the expected path, and a safety answer.",
        next_in=0,
        pushes=(
            (6, "alliance", -2.4),
            (7, "alliance", -1.2),
            *repeat_push("symptoms", 4, 7, 0.7),
            *repeat_push("interpersonal_stress", 5, 7, 0.6),
        ),
        ruptures=((6, RuptureKind.WITHDRAWAL, None),),
        alarm=7,
        waiting=True,
    ),
    Person(
        "Noor B.",
        "she/her",
        GRIEF,
        9,
        "A sudden gain between sessions 7 and 8.",
        measure=PHQ9,
        next_in=0,
        pushes=((1, "symptoms", 0.9), *repeat_push("symptoms", 2, 7, 0.55), (8, "symptoms", -0.9)),
        waiting=True,
    ),
    Person(
        "Tomasz W.",
        "he/him",
        TRANSITION,
        14,
        "A steady course close to its end.",
        measure=PHQ9,
        ruptures=((12, RuptureKind.WITHDRAWAL, 12),),
        pushes=(
            (1, "symptoms", 0.7),
            *repeat_push("symptoms", 4, 14, -0.4),
            *repeat_push("social_support", 5, 14, 0.25),
        ),
    ),
    Person("June P.", "they/them", TRANSITION, 2, "The second session has just been held.", planned=12, next_in=4),
    Person(
        "Ines R.", "she/her", DISPUTE, 6, "An ordinary course.", next_in=5, pushes=repeat_push("symptoms", 1, 6, 1.2)
    ),
    Person(
        "Carmen V.",
        "she/her",
        DISPUTE,
        9,
        "A marked rupture in session 6, repaired in session 8.",
        next_in=1,
        pushes=(
            (6, "alliance", -2.6),
            (8, "alliance", 1.2),
            (9, "alliance", 0.5),
            *repeat_push("symptoms", 1, 5, 0.7),
            *repeat_push("symptoms", 6, 9, 0.3),
        ),
        ruptures=((6, RuptureKind.CONFRONTATION, 8),),
    ),
    Person(
        "Dmitri S.",
        "he/him",
        DISPUTE,
        8,
        "Reliably worse than at the start.",
        next_in=2,
        pushes=(
            (1, "symptoms", -1.2),
            *repeat_push("symptoms", 3, 8, 0.95),
            *repeat_push("social_support", 4, 8, -0.5),
        ),
    ),
    Person(
        "Elif Y.",
        "she/her",
        TRANSITION,
        11,
        "Reliable improvement.",
        next_in=6,
        pushes=(*repeat_push("symptoms", 4, 11, -0.1), *repeat_push("interpersonal_skills", 3, 11, 0.25)),
    ),
    Person("Farah M.", "she/her", GRIEF, 1, "One session held.", next_in=6),
    Person(
        "Goran T.", "he/him", None, 0, "Nothing recorded yet; the first session is planned.", next_in=1, waiting=True
    ),
    Person(
        "Hana L.",
        "she/her",
        DEFICITS,
        6,
        "The last two check-ins were not answered.",
        next_in=3,
        unanswered=(5, 6),
        withdrew=6,
    ),
    Person(
        "Ivo D.",
        "he/him",
        TRANSITION,
        8,
        "Off track.",
        measure=PHQ9,
        next_in=4,
        pushes=repeat_push("symptoms", 2, 8, 1.5),
    ),
    Person(
        "Jamila A.",
        "she/her",
        DISPUTE,
        17,
        "In the maintenance phase.",
        planned=20,
        phase=Phase.MAINTENANCE,
        next_in=6,
        pushes=repeat_push("symptoms", 6, 17, -0.2),
    ),
    Person(
        "Kofi N.",
        "he/him",
        DEFICITS,
        8,
        "A sudden rise in symptoms between sessions 6 and 7.",
        next_in=5,
        pushes=(*repeat_push("symptoms", 3, 6, 0.2), (7, "symptoms", 2.6), (8, "symptoms", 1.5)),
    ),
    Person(
        "Lena F.",
        "she/her",
        GRIEF,
        16,
        "The course has ended.",
        phase=Phase.ENDING,
        ended=True,
        pushes=((1, "symptoms", 1.6), (2, "symptoms", 0.6), *repeat_push("symptoms", 13, 16, -0.45)),
    ),
    Person(
        "Mateo C.",
        "he/him",
        None,
        4,
        "No problem area after four sessions.",
        next_in=2,
        pushes=repeat_push("symptoms", 1, 4, 0.9),
    ),
    Person(
        "Nadia Z.", "she/her", GRIEF, 14, "Two sessions left and the ending not named.", phase=Phase.MIDDLE, next_in=5
    ),
    Person(
        "Oskar J.",
        "he/him",
        DISPUTE,
        5,
        "A withdrawal that the therapist marked, not repaired.",
        planned=12,
        next_in=4,
        ruptures=((4, RuptureKind.WITHDRAWAL, None),),
    ),
    Person("Priya K.", "she/her", GRIEF, 4, "Early in the middle phase.", next_in=2),
    Person("Quentin R.", "he/him", TRANSITION, 12, "Twelve complete sessions.", next_in=6),
    Person(
        "Rosa G.",
        "she/her",
        DISPUTE,
        10,
        "A safety answer some weeks ago, acknowledged.",
        next_in=3,
        alarm=6,
        acknowledged=True,
        pushes=((6, "symptoms", 1.0),),
    ),
    Person(
        "Samir E.",
        "he/him",
        TRANSITION,
        10,
        "Clinically significant change; the ending has begun.",
        planned=12,
        measure=PHQ9,
        next_in=1,
        pushes=((1, "symptoms", 1.4), (2, "symptoms", 0.4), *repeat_push("symptoms", 4, 10, -0.2)),
    ),
    Person(
        "Thandi M.",
        "she/her",
        DEFICITS,
        3,
        "Early, with a check-in only before the last session.",
        only_before=True,
        consents=False,
    ),
    Person("Yuki O.", "they/them", TRANSITION, 6, "A brief course near its end.", planned=8, next_in=6),
)

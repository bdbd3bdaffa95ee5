"""The fixed cast: Alma (therapist), Bruno (supervisor), Carla (client), Dario (a therapist who must not see Carla)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment, ProblemArea
from securebase.workbench.accounts import actions as accounts
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.check_ins.actions import invite_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients import actions as clients
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.queries import _next_up
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.therapy_sessions.models import TherapySession
from workbench.build_once import build_once

PASSWORD = "seven quiet herons wade"
BEGAN = date(2026, 9, 1)
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@dataclass
class Cast:
    """The accounts, the client Carla and her first session."""

    alma: Account
    bruno: Account
    dario: Account
    rosa: Account
    adam: Account
    carla: Client
    session: TherapySession

    @property
    def episode(self) -> Episode:
        episode = self.carla.episode
        assert episode is not None
        return episode

    def hold_at(self, at: datetime) -> None:
        self.session.held_at = at
        self.session.save()

    def hold_in_an_hour(self) -> None:
        """Move the session ahead, so that the check-in before it can still be opened."""
        self.hold_at(timezone.now() + timedelta(hours=1))

    def invite(
        self,
        moment: Moment = Moment.BEFORE,
        mode: CheckInMode = CheckInMode.LINK,
        at: datetime = NOON,
        extras: Sequence[str] | None = (),
    ):
        """Open a check-in with the session set and `extras` (None: those due).

        A session that has begun is first moved to an hour after a check-in that comes before it.
        """
        if moment is Moment.BEFORE and at > self.session.held_at:
            self.hold_at(at + timedelta(hours=1))
        return invite_check_in(session=self.session, by=self.alma, moment=moment, mode=mode, at=at, extras=extras)


def make_cast() -> Cast:
    """Create the staff of one clinic, Carla and her first session in an empty database; only Alma has a password."""
    # The rows have the same ids in every test.
    _next_up.cache_clear()
    return _build_cast()


@build_once
def _build_cast() -> Cast:
    alma = accounts.create_first_account(
        clinic_name="Harbour Practice", user_name="alma", name_shown="Alma", password=PASSWORD
    )

    def create_staff(name: str, role: Role) -> Account:
        return accounts.create_account(
            clinic=alma.clinic, user_name=name, name_shown=name.title(), password=None, roles=[role]
        )

    carla = clients.create_client(
        therapist=alma, name_shown="Carla C.", began_on=BEGAN, problem_areas=[ProblemArea.ROLE_DISPUTE]
    )
    episode = carla.episode
    assert episode is not None
    session = create_session(episode=episode, by=alma, number=1, held_at=NOON)
    return Cast(
        alma=alma,
        bruno=create_staff("bruno", Role.SUPERVISOR),
        dario=create_staff("dario", Role.THERAPIST),
        rosa=create_staff("rosa", Role.RESEARCHER),
        adam=create_staff("adam", Role.ADMINISTRATOR),
        carla=carla,
        session=session,
    )


def answers(instrument_id: str, value: float = 4.0, safety: float | None = 0.0) -> dict[int, float | None]:
    """Return `value` for every item of an instrument, and `safety` for the safety question."""
    items = instrument(instrument_id).items
    return {i.number: (safety if i.choices else value) for i in items}

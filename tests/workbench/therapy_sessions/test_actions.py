"""Writes of sessions and ruptures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from securebase.errors import InputError
from securebase.records.vocabulary import RuptureKind
from securebase.workbench.clients import actions as clients
from securebase.workbench.therapy_sessions.actions import (
    create_session,
    mark_rupture,
    record_repair,
    remove_rupture,
)
from workbench.cast import BEGAN, NOON, Cast


def test_rupture_is_repaired_in_its_own_or_a_later_session(cast: Cast) -> None:
    later = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON + timedelta(days=7))
    rupture = mark_rupture(session=later, by=cast.alma, kind=RuptureKind.CONFRONTATION, at=NOON)
    with pytest.raises(InputError, match="before the rupture"):
        record_repair(rupture=rupture, by=cast.alma, session=cast.session, at=NOON)
    repaired = record_repair(rupture=rupture, by=cast.alma, session=later, at=NOON)
    assert repaired.repaired_in == later
    remove_rupture(rupture=rupture, by=cast.alma)
    assert not later.ruptures.exists()


def test_repair_in_a_session_of_another_therapy_is_refused(cast: Cast) -> None:
    other_client = clients.create_client(therapist=cast.alma, name_shown="Other", began_on=BEGAN)
    assert other_client.episode is not None
    rupture = mark_rupture(
        session=create_session(episode=other_client.episode, by=cast.alma, number=1, held_at=NOON),
        by=cast.alma,
        kind=RuptureKind.WITHDRAWAL,
        at=NOON,
    )
    with pytest.raises(InputError, match="another therapy"):
        record_repair(rupture=rupture, by=cast.alma, session=cast.session, at=NOON)

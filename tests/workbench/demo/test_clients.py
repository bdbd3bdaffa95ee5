"""A demo clinic of any size: consent in the contracts, other therapists, and the simulated work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.demo import actions
from securebase.workbench.demo.more_clients import add_more_clients
from securebase.workbench.exports.clinic_table import consents, left_out, make_clinic_table
from workbench.cast import PASSWORD, make_cast

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
REASON = "looking at the demo clinic"


@pytest.mark.django_db
def test_additional_clients_have_therapists_contracts_and_work() -> None:
    clinic = make_cast().alma.clinic
    add_more_clients(6, clinic=clinic, password=PASSWORD, seed=27, now=NOW, progress=lambda _: None)
    episodes = Episode.objects.unscoped(reason=REASON).filter(client__simulated=True)
    records = [course_record(episode, NOW) for episode in prefetch_course_record(episodes)]
    assert len(records) == 6
    assert Account.objects.filter(user_name__startswith="therapist").count() == 6
    assert any(record.tellings for record in records)
    assert any(record.life_events for record in records)
    assert any(record.ruptures for record in records)
    assert all(record.relationships for record in records if len(record.sessions) > 1)
    assert {record.ended_at is None for record in records} == {True, False}
    # what is recorded lies in the past
    assert all(a.at <= max(s.at for s in record.sessions) + 1 for record in records for a in record.artefacts)
    clients = consents(clinic, NOW)
    table = make_clinic_table(clinic=clinic, clients=clients, by=None, at=NOW)
    assert table.dictionary.simulated
    assert table.dictionary.clients == sum(c.included for c in clients) >= 3
    assert left_out(clients).total() == 7 - table.dictionary.clients  # with Carla, who has no contract
    names = {column.name for column in (*table.dictionary.columns, *table.dictionary.omitted)}
    assert {"retelling", "technique_use", "network_size", "therapist_support", "alliance"} <= names


@pytest.mark.django_db
def test_a_smaller_clinic_has_the_first_of_the_roster(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    monkeypatch.setattr(actions, "make_pictures", lambda **_: None)
    actions.build_clinic(now=NOW, n_clients=1)
    names = [client.name_shown for client in Client.objects.unscoped(reason=REASON)]
    assert names == ["Ash K."]

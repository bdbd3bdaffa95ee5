"""Writes of artefacts: every save succeeds or is refused with an error, and every state can be restored."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.worksheets import actions, queries
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import NOON, Cast

LATER = NOON + timedelta(hours=2)


def save(cast: Cast, name: str = "incident", revision: int = 0, **changes: Any) -> Artefact:
    fields = changes.pop("fields", {"what_happened": "She hung up"})
    values: dict[str, Any] = {
        "id": changes.pop("id", None) or uuid.uuid4(),
        "episode": cast.episode,
        "worksheet": name,
        "by": cast.alma,
        "filled": parse_values(worksheet(name), fields),
        "revision": revision,
        "at": NOON,
    }
    return actions.save_artefact(**values | changes)


def versions(row: Artefact) -> list[dict[str, Any]]:
    return [v.values for v in row.versions.order_by("number")]


def test_the_first_save_creates_the_artefact_and_is_audited(cast: Cast) -> None:
    before = cast.episode.record_version
    artefact = save(cast, session=cast.session)
    assert artefact.values == {"what_happened": "She hung up"}
    assert versions(artefact) == [artefact.values]
    assert (
        cast.episode.record_version == before + 1 or Episode.objects.visible_to(cast.alma).get().record_version > before
    )
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.detail["worksheet"]) == ("artefact.begun", "incident")
    assert "hung up" not in str(entry.detail)


def test_an_empty_worksheet_is_not_created(cast: Cast) -> None:
    with pytest.raises(actions.EmptyWorksheetError, match="nothing is filled in"):
        save(cast, fields={})
    assert cast.episode.artefacts.count() == 0


def test_each_sitting_is_one_version(cast: Cast) -> None:
    artefact = save(cast)
    save(
        cast, id=artefact.id, revision=1, fields={"what_happened": "She hung up on me"}, at=NOON + timedelta(minutes=5)
    )
    save(cast, id=artefact.id, revision=2, fields={"what_happened": "She called back"}, at=LATER)
    artefact.refresh_from_db()
    assert versions(artefact) == [{"what_happened": "She hung up on me"}, {"what_happened": "She called back"}]
    assert (artefact.version, artefact.revision) == (2, 3)


def test_a_save_that_changes_nothing_writes_nothing(cast: Cast) -> None:
    artefact = save(cast)
    entries = Entry.objects.count()
    assert save(cast, id=artefact.id, revision=1, at=LATER).revision == 1
    assert Entry.objects.count() == entries


def test_a_repeated_request_saves_once(cast: Cast) -> None:
    artefact = save(cast)
    fields = {"what_happened": "She called back"}
    save(cast, id=artefact.id, revision=1, fields=fields)
    assert save(cast, id=artefact.id, revision=1, fields=fields).revision == 2


def test_a_save_over_an_unseen_change_is_refused(cast: Cast) -> None:
    artefact = save(cast)
    save(cast, id=artefact.id, revision=1, fields={"what_happened": "Other"})
    with pytest.raises(ConflictError, match="someone else changed this"):
        save(cast, id=artefact.id, revision=1, fields={"what_happened": "Mine"})
    artefact.refresh_from_db()
    assert artefact.values == {"what_happened": "Other"}


def test_unparsable_input_is_stored_as_typed(cast: Cast) -> None:
    artefact = save(cast, fields={"what_happened": "She hung up", "mood_before": "eleven"})
    assert artefact.unread == {"mood_before": ["eleven", "Enter a number."]}
    assert "mood_before" not in artefact.values


def test_restoring_a_version_adds_a_new_one(cast: Cast) -> None:
    artefact = save(cast)
    save(cast, id=artefact.id, revision=1, fields={"what_happened": "Gone"}, at=LATER)
    artefact.refresh_from_db()
    actions.restore_version(artefact=artefact, by=cast.alma, number=1, at=LATER)
    artefact.refresh_from_db()
    assert [v["what_happened"] for v in versions(artefact)] == ["She hung up", "Gone", "She hung up"]
    rows = queries.history(artefact)
    assert rows[0].version.restored_from == 1
    assert rows[0].changed == ["what_happened"]
    assert rows[0].before == {"what_happened": "Gone"}
    with pytest.raises(InputError, match="no version 9"):
        actions.restore_version(artefact=artefact, by=cast.alma, number=9, at=LATER)


def test_a_removed_artefact_leaves_the_record_and_can_be_put_back(cast: Cast) -> None:
    artefact = save(cast)
    assert [a.worksheet for a in record(cast).artefacts] == ["incident"]
    actions.remove_artefact(artefact=artefact, by=cast.alma, at=LATER)
    assert record(cast).artefacts == ()
    actions.remove_artefact(artefact=artefact, by=cast.alma, at=None)
    assert [a.text("what_happened") for a in record(cast).artefacts] == ["She hung up"]


def record(cast: Cast, at: Any = LATER + timedelta(days=1)) -> Any:
    rows = prefetch_course_record(Episode.objects.visible_to(cast.alma).filter(id=cast.episode.id))
    return course_record(rows.get(), at)


def test_the_record_holds_the_version_of_its_time(cast: Cast) -> None:
    artefact = save(cast, session=cast.session)
    save(cast, id=artefact.id, revision=1, fields={"what_happened": "Later"}, at=LATER, session=cast.session)
    earlier, latest = record(cast, NOON), record(cast)
    assert [a.text("what_happened") for a in earlier.artefacts] == ["She hung up"]
    assert [(a.text("what_happened"), a.version, a.session) for a in latest.artefacts] == [("Later", 2, 1)]


def test_agreement_belongs_to_a_version(cast: Cast) -> None:
    artefact = save(cast, "formulation", fields={"narrative": "It began with the move"})
    answer: dict[str, Any] = {"artefact": artefact, "by": cast.alma, "client_words": "Yes, that is it", "at": NOON}
    actions.answer_artefact(**answer, version=1, agreement=Agreement.AGREED)
    assert [a.agreement for a in record(cast).artefacts] == [Agreement.AGREED]
    # a change within the sitting adds a version without agreement
    artefact.refresh_from_db()
    save(
        cast,
        "formulation",
        id=artefact.id,
        revision=artefact.revision,
        fields={"narrative": "It began before"},
        at=NOON,
    )
    artefact.refresh_from_db()
    assert (artefact.version, artefact.agreement) == (2, "open")
    assert [v.agreement for v in artefact.versions.all()] == ["agreed", "open"]
    with pytest.raises(ConflictError, match="changed while you were reading it"):
        actions.answer_artefact(**answer | {"artefact": artefact}, version=1, agreement=Agreement.DECLINED)


def test_an_incident_takes_no_agreement(cast: Cast) -> None:
    artefact = save(cast)
    with pytest.raises(InputError, match="does not ask for agreement"):
        actions.answer_artefact(
            artefact=artefact, by=cast.alma, version=1, agreement=Agreement.AGREED, client_words="", at=NOON
        )


def test_only_client_worksheets_can_be_shared_with_the_client(cast: Cast) -> None:
    card = save(cast, "story_card", fields={"story": "The move"})
    actions.share_artefact(artefact=card, by=cast.alma, client=True)
    assert card.for_client
    with pytest.raises(InputError, match="cannot be shared with clients"):
        actions.share_artefact(artefact=save(cast, "risk_review", fields={"plan": "x"}), by=cast.alma, client=True)


def test_clients_write_only_into_worksheets_for_clients(cast: Cast) -> None:
    card = save(cast, "story_card", by=None, fields={"story": "The move"})
    assert card.for_client
    assert card.respondent == "client"
    with pytest.raises(NotPermittedError):
        save(cast, "incident", by=None)


@pytest.mark.parametrize("name", ["dario", "bruno", "adam"])
def test_other_accounts_may_not_write(cast: Cast, name: str) -> None:
    account = Account.objects.get(user_name=name)
    artefact = save(cast)
    for act in (
        lambda: save(cast, by=account),
        lambda: actions.remove_artefact(artefact=artefact, by=account, at=LATER),
        lambda: actions.restore_version(artefact=artefact, by=account, number=1, at=LATER),
        lambda: actions.share_artefact(artefact=artefact, by=account, supervisor=True),
    ):
        with pytest.raises(NotPermittedError):
            act()


def test_an_id_in_use_cannot_be_reused_elsewhere(cast: Cast) -> None:
    artefact = save(cast)
    with pytest.raises(InputError, match="another worksheet"):
        save(cast, "experiment", id=artefact.id, fields={"what": "Call her"})

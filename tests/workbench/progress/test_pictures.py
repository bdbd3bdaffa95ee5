"""Stored pictures: computed once, again after any change of their input, and never hiding a safety alert."""

from __future__ import annotations

from datetime import timedelta

import pytest

from securebase.picture.parts import SignalKind
from securebase.records.vocabulary import Moment
from securebase.workbench.casefile import prefetch_picture_record
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress import queries
from securebase.workbench.progress.drawings import chart_slots
from securebase.workbench.progress.models import StoredPicture
from workbench.cast import NOON, Cast, answers

LATER = NOON + timedelta(hours=3)


def load_episode(cast: Cast) -> Episode:
    return prefetch_picture_record(Episode.objects.visible_to(cast.alma)).get(id=cast.episode.id)


def send_check_in(cast: Cast, moment: Moment = Moment.BEFORE, **values: float) -> None:
    invitation = cast.invite(moment, at=NOON)
    record_check_in(
        check_in=invitation.check_in,
        responses=answers(invitation.check_in.instrument_id, **values),
        submission=f"{moment} {values}",
        at=NOON + timedelta(minutes=5),
    )


def stored_picture(cast: Cast) -> StoredPicture | None:
    return StoredPicture.objects.visible_to(cast.alma).first()


def test_picture_is_computed_once_and_then_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    send_check_in(cast)
    first = queries.current_picture(episode=load_episode(cast), as_of=LATER)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(queries, "client_picture", fail)
    assert queries.current_picture(episode=load_episode(cast), as_of=LATER + timedelta(minutes=5)) == first


def test_check_in_changes_the_picture(cast: Cast) -> None:
    before = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    assert before.symptoms.reported == ()
    send_check_in(cast, value=6.0)
    after = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    assert [r.value for r in after.symptoms.reported] == [6.0]
    assert after.fingerprint != before.fingerprint
    stored = stored_picture(cast)
    assert stored is not None
    assert stored.fingerprint == after.fingerprint


def test_picture_in_another_format_is_computed_again(cast: Cast) -> None:
    send_check_in(cast)
    first = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    StoredPicture.objects.visible_to(cast.alma).update(picture='{"format": 0}')
    assert queries.current_picture(episode=load_episode(cast), as_of=LATER) == first


def test_caseload_computes_a_part_and_the_client_page_the_rest(cast: Cast) -> None:
    send_check_in(cast)
    queries.caseload(account=cast.alma, now=LATER)
    stored = stored_picture(cast)
    assert stored is not None
    assert '"whole":false' in stored.picture
    full_picture = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    assert full_picture.whole
    queries.caseload(account=cast.alma, now=LATER)
    later = stored_picture(cast)
    assert later is not None
    assert '"whole":true' in later.picture


def test_charts_are_stored_with_their_picture_and_removed_with_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    send_check_in(cast)
    picture = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    assert set(chart_slots(picture)) == {"symptoms", "mechanisms"}

    def drawing(name: str, fingerprint: str = picture.fingerprint) -> str | None:
        chart = queries.drawing(account=cast.alma, client_id=cast.carla.id, fingerprint=fingerprint, name=name)
        stored = stored_picture(cast)
        assert stored is not None
        assert stored.drawings.get(name) == chart
        return chart

    charts = [drawing(name) for name in ("symptoms_wide", "symptoms_phone", "mechanisms_phone")]
    assert all(text is not None and text.startswith("<svg") for text in charts)
    assert drawing("alliance_wide") is None
    assert drawing("hypotheses_phone") is None
    stored = stored_picture(cast)
    assert stored is not None
    assert set(stored.drawings) == {"symptoms_wide", "symptoms_phone", "mechanisms_phone"}
    monkeypatch.setattr(queries, "draw_chart", lambda *_: "drawn twice")
    assert drawing("symptoms_wide") == charts[0]
    send_check_in(cast, Moment.AFTER)
    queries.current_picture(episode=load_episode(cast), as_of=LATER)
    later = stored_picture(cast)
    assert later is not None
    assert later.drawings == {}
    # a chart of an earlier picture must not appear beside the numbers of this one
    assert (
        queries.drawing(
            account=cast.alma, client_id=cast.carla.id, fingerprint=picture.fingerprint, name="symptoms_wide"
        )
        is None
    )


def test_safety_answer_is_a_signal_at_once(cast: Cast) -> None:
    send_check_in(cast, safety=2.0)
    picture = queries.current_picture(episode=load_episode(cast), as_of=LATER)
    assert picture.signals[0].kind is SignalKind.SAFETY
    (row,) = queries.caseload(account=cast.alma, now=LATER).rows
    assert row.attention
    assert row.summary.notes[0].tone == "alert"


def test_failure_for_one_client_hides_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(queries, "client_picture", broken)
    caseload = queries.caseload(account=cast.alma, now=LATER)
    assert [r.client.name_shown for r in caseload.rows] == ["Carla C."]
    assert "record is safe" in caseload.rows[0].summary.notes[0].text


def test_caseload_has_own_clients_only(cast: Cast) -> None:
    assert queries.caseload(account=cast.dario, now=LATER).rows == ()
    assert queries.caseload(account=cast.bruno, now=LATER).rows == ()


def test_clock_set_back_hides_no_alert(cast: Cast) -> None:
    send_check_in(cast, safety=2.0)
    (row,) = queries.caseload(account=cast.alma, now=NOON - timedelta(days=2)).rows
    assert row.attention
    assert "Safety alert" in row.summary.notes[0].text

"""The stored picture: made once, made anew when anything it rests on has changed, and never in the way of safety."""

from __future__ import annotations

from datetime import timedelta

import pytest

from securebase.picture.parts import SignalKind
from securebase.records.vocabulary import Moment
from securebase.workbench.casefile import prefetch_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress import queries
from securebase.workbench.progress.drawings import shown
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.therapy_sessions.actions import record_check_in
from workbench.cast import NOON, Cast, answers

LATER = NOON + timedelta(hours=3)


def fresh(cast: Cast) -> Episode:
    return prefetch_record(Episode.objects.visible_to(cast.alma)).get(id=cast.episode.id)


def answer(cast: Cast, moment: Moment = Moment.BEFORE, **values: float) -> None:
    invitation = cast.invite(moment, at=NOON)
    record_check_in(
        check_in=invitation.check_in,
        responses=answers(invitation.check_in.instrument_id, **values),
        submission=f"{moment} {values}",
        at=NOON + timedelta(minutes=5),
    )


def stored(cast: Cast) -> StoredPicture | None:
    return StoredPicture.objects.visible_to(cast.alma).first()


def test_a_picture_is_made_once_and_then_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(cast)
    first = queries.current_picture(episode=fresh(cast), as_of=LATER)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("made anew")

    monkeypatch.setattr(queries, "client_picture", never)
    assert queries.current_picture(episode=fresh(cast), as_of=LATER + timedelta(minutes=5)) == first


def test_a_check_in_changes_the_picture(cast: Cast) -> None:
    before = queries.current_picture(episode=fresh(cast), as_of=LATER)
    assert before.symptoms.reported == ()
    answer(cast, value=6.0)
    after = queries.current_picture(episode=fresh(cast), as_of=LATER)
    assert [r.value for r in after.symptoms.reported] == [6.0]
    assert after.fingerprint != before.fingerprint
    kept = stored(cast)
    assert kept is not None
    assert kept.fingerprint == after.fingerprint


def test_a_picture_of_another_version_is_made_anew(cast: Cast) -> None:
    answer(cast)
    made = queries.current_picture(episode=fresh(cast), as_of=LATER)
    StoredPicture.objects.visible_to(cast.alma).update(picture='{"format": 0}')
    assert queries.current_picture(episode=fresh(cast), as_of=LATER) == made


def test_the_caseload_makes_less_and_the_client_page_the_rest(cast: Cast) -> None:
    answer(cast)
    queries.caseload(account=cast.alma, now=LATER)
    kept = stored(cast)
    assert kept is not None
    assert '"whole":false' in kept.picture
    whole = queries.current_picture(episode=fresh(cast), as_of=LATER)
    assert whole.whole
    queries.caseload(account=cast.alma, now=LATER)
    again = stored(cast)
    assert again is not None
    assert '"whole":true' in again.picture


def test_drawings_are_kept_with_their_picture_and_go_with_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(cast)
    picture = queries.current_picture(episode=fresh(cast), as_of=LATER)
    assert set(shown(picture)) == {"symptoms", "mechanisms"}

    def drawing(name: str, fingerprint: str = picture.fingerprint) -> str | None:
        found = queries.drawing(account=cast.alma, client_id=cast.carla.id, fingerprint=fingerprint, name=name)
        kept = stored(cast)
        assert kept is not None
        assert kept.drawings.get(name) == found
        return found

    drawn = [drawing(name) for name in ("symptoms_wide", "symptoms_phone", "mechanisms_phone")]
    assert all(text is not None and text.startswith("<svg") for text in drawn)
    assert drawing("alliance_wide") is None
    assert drawing("hypotheses_phone") is None
    kept = stored(cast)
    assert kept is not None
    assert set(kept.drawings) == {"symptoms_wide", "symptoms_phone", "mechanisms_phone"}
    monkeypatch.setattr(queries, "drawn", lambda *_: "drawn twice")
    assert drawing("symptoms_wide") == drawn[0]
    answer(cast, Moment.AFTER)
    queries.current_picture(episode=fresh(cast), as_of=LATER)
    again = stored(cast)
    assert again is not None
    assert again.drawings == {}
    # what another picture drew is not shown beside the numbers of this one
    assert (
        queries.drawing(
            account=cast.alma, client_id=cast.carla.id, fingerprint=picture.fingerprint, name="symptoms_wide"
        )
        is None
    )


def test_a_safety_answer_is_a_signal_at_once(cast: Cast) -> None:
    answer(cast, safety=2.0)
    picture = queries.current_picture(episode=fresh(cast), as_of=LATER)
    assert picture.signals[0].kind is SignalKind.SAFETY
    (row,) = queries.caseload(account=cast.alma, now=LATER).rows
    assert row.attention
    assert row.shown.notes[0].tone == "alert"


def test_one_client_whose_picture_fails_hides_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(queries, "client_picture", broken)
    found = queries.caseload(account=cast.alma, now=LATER)
    assert [r.client.name_shown for r in found.rows] == ["Carla C."]
    assert "record is safe" in found.rows[0].shown.notes[0].text


def test_nobody_elses_client_is_in_a_caseload(cast: Cast) -> None:
    assert queries.caseload(account=cast.dario, now=LATER).rows == ()
    assert queries.caseload(account=cast.bruno, now=LATER).rows == ()


def test_a_clock_that_was_set_back_hides_no_alert(cast: Cast) -> None:
    answer(cast, safety=2.0)
    (row,) = queries.caseload(account=cast.alma, now=NOON - timedelta(days=2)).rows
    assert row.attention
    assert "Safety answer" in row.shown.notes[0].text

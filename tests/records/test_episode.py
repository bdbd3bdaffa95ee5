"""An episode's scores in order of time, by construct, measure and respondent."""

from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment, Phase, ProblemArea, Respondent, RuptureKind


def administration(
    construct: str, value: float, at: float, instrument: str = "session_before", **more: object
) -> AdministrationRecord:
    score = ScoreRecord(construct, value, at, instrument=instrument, scale=construct, **more)  # type: ignore[arg-type]
    return AdministrationRecord(instrument, at, scores=(score,))


CARLA = EpisodeRecord(
    "Carla",
    (
        administration("symptoms", 5.0, 14.0),
        administration("symptoms", 6.0, 7.0),
        administration("symptoms", 15.0, 7.0, "phq9"),
        administration("alliance", 8.0, 7.0, "session_after", respondent=Respondent.CLIENT),
        administration("alliance", 3.0, 7.0, "session_after", respondent=Respondent.THERAPIST),
        AdministrationRecord("session_before", 21.0),
    ),
    (TherapySessionRecord(1, 7.0), TherapySessionRecord(4, 28.0)),
)


def test_scores_come_in_order_of_time_and_can_be_narrowed() -> None:
    assert [s.value for s in CARLA.scores("symptoms", instrument="session_before")] == [6.0, 5.0]
    assert [s.value for s in CARLA.scores("symptoms", scale="symptoms", instrument="phq9")] == [15.0]
    assert CARLA.scores("hope") == ()


def test_therapist_ratings_are_separate() -> None:
    assert [s.value for s in CARLA.scores("alliance")] == [8.0]
    assert [s.value for s in CARLA.scores("alliance", respondent=Respondent.THERAPIST)] == [3.0]


def test_symptom_scores_come_from_the_symptom_measure() -> None:
    assert [s.value for s in CARLA.symptom_scores] == [6.0, 5.0]


def test_the_last_day_includes_sessions_and_unanswered_administrations() -> None:
    assert CARLA.last_at == 28.0
    assert EpisodeRecord("Dora", (AdministrationRecord("session_before", 21.0),)).last_at == 21.0
    assert EpisodeRecord("Dora").last_at == 0.0


def test_every_member_of_the_vocabularies_has_a_label() -> None:
    for words in (Phase, ProblemArea, RuptureKind, Respondent, Moment):
        labels = [word.label for word in words]
        assert len(set(labels)) == len(labels)
        assert all(label[0].isupper() for label in labels)

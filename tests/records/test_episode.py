"""An episode's scores in order of time, by construct, measure and respondent."""

from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment, Phase, ProblemArea, Respondent, RuptureKind


def given(
    construct: str, value: float, at: float, instrument: str = "session_before", **more: object
) -> AdministrationRecord:
    score = ScoreRecord(construct, value, at, instrument=instrument, scale=construct, **more)  # type: ignore[arg-type]
    return AdministrationRecord(instrument, at, scores=(score,))


CARLA = EpisodeRecord(
    "Carla",
    (
        given("symptoms", 5.0, 14.0),
        given("symptoms", 6.0, 7.0),
        given("symptoms", 15.0, 7.0, "phq9"),
        given("alliance", 8.0, 7.0, "session_after", respondent=Respondent.CLIENT),
        given("alliance", 3.0, 7.0, "session_after", respondent=Respondent.THERAPIST),
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


def test_symptoms_are_followed_on_one_measure() -> None:
    assert [s.value for s in CARLA.symptom_scores] == [6.0, 5.0]


def test_the_last_moment_counts_sessions_and_unanswered_forms() -> None:
    assert CARLA.last_at == 28.0
    assert EpisodeRecord("Dora", (AdministrationRecord("session_before", 21.0),)).last_at == 21.0
    assert EpisodeRecord("Dora").last_at == 0.0


def test_every_member_of_the_vocabularies_has_a_label() -> None:
    for words in (Phase, ProblemArea, RuptureKind, Respondent, Moment):
        labels = [word.label for word in words]
        assert len(set(labels)) == len(labels)
        assert all(label[0].isupper() for label in labels)

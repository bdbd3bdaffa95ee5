"""Tests of sentences and number formats: no forbidden words, and numbers for reading."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import support_course
from episodes import alert, episode, session_day
from securebase.picture import calibration_phrases, hypothesis_phrases, phrases, sentences, signal_phrases
from securebase.picture.client import ClientPicture, client_picture
from securebase.records.episode import RuptureRecord
from securebase.records.vocabulary import Phase, RuptureKind

FALLING = [8.0, 7.8, 7.9, 7.6, 7.8, 7.9, 7.7, 7.8, 7.9, 4.0, 3.9, 4.1, 4.0]
RISING = [4.0, 4.2, 4.1, 6.0, 7.5, 8.5, 9.0, 9.2]
BROKEN = [7.5, 7.6, 7.4, 7.7, 7.5, 3.0, 3.4, 3.2]


def pictures() -> list[ClientPicture]:
    """Return pictures that together raise every signal and reach the first gates."""
    marked = RuptureRecord(session_day(4), 4, RuptureKind.WITHDRAWAL)
    records = [
        episode(0),
        episode(1, symptoms=[7.0]),
        episode(4, symptoms=(None,) * 4),
        replace(episode(4), administrations=(), problem_areas=()),
        episode(13, symptoms=FALLING),
        episode(8, symptoms=RISING, alliance=BROKEN),
        replace(episode(8), safety_alerts=(alert(8),), ruptures=(marked,)),
        replace(episode(8), ruptures=(replace(marked, repaired_at=session_day(6)),)),
        replace(episode(15), phase=Phase.MIDDLE),
        episode(26, planned=30),
        replace(episode(5), symptom_measure=("unknown", "total")),
        support_course.course({1: 10.0, 8: 40.0, 9: 40.0, 10: 40.0}, 8.0, held=11),
    ]
    return [client_picture(r, as_of=r.last_at + 3) for r in records]


def all_sentences(picture: ClientPicture) -> list[str]:
    texts = [picture.gate.says, *picture.gate.waits, *picture.limits]
    texts += [p.what + p.advice for p in picture.problems]
    texts += sentences.hypothesis_sentences(picture)
    texts += [sentences.hypothesis_question(picture), sentences.missing_hypotheses_reason(picture)]
    texts += [text for pair in sentences.hypothesis_cautions(picture) for text in pair]
    texts += [text for row in sentences.hypothesis_table(picture).rows for text in row]
    for s in picture.signals:
        texts += [s.brief, s.title, s.sentence, s.question, s.criterion]
    return texts


def test_no_sentence_contains_a_forbidden_word() -> None:
    texts = [sentence for picture in pictures() for sentence in all_sentences(picture)]
    for module in (phrases, signal_phrases, hypothesis_phrases, calibration_phrases):
        texts += [value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]
    texts += [*hypothesis_phrases.TABLE_ROWS]
    texts += [phrases.gate_sentence(n) for n in (0, 1, 5, 6, 12)]
    assert len(texts) > 150
    for sentence in texts:
        for word in phrases.FORBIDDEN:
            assert word not in f" {sentence.lower()} ", (word, sentence)


def test_the_scan_detects_a_forbidden_word() -> None:
    assert any(word in " rapport causes change " for word in phrases.FORBIDDEN)


def test_the_sentences_cover_every_kind_of_signal() -> None:
    raised = {s.kind for picture in pictures() for s in picture.signals}
    missing = set(type(next(iter(raised)))) - raised
    # the scales of these courses have no norms for clinically significant change
    assert {kind.value for kind in missing} <= {"significant_change", "sudden_loss"}


def test_a_rupture_is_not_compared_with_other_clients() -> None:
    for picture in pictures():
        for signal in picture.signals:
            if signal.kind.value == "rupture_open":
                assert not re.search(r"other (clients|people)", signal.sentence)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.04, "0"), (2.0, "2"), (-2.5, "−2.5"), (10.0, "10"), (19.96, "20")]
)
def test_numbers_are_formatted_for_reading(value: float, text: str) -> None:
    assert phrases.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.001, "under 1%"), (0.999, "over 99%"), (0.06, "6%"), (0.0, "0%")])
def test_shares_are_not_rounded_to_certainty(value: float, text: str) -> None:
    assert phrases.percent(value) == text


def test_a_threshold_keeps_two_decimals_in_every_sentence() -> None:
    assert phrases.threshold_points(2.15) == "2.15 points"
    assert phrases.threshold_points(6.0) == "6 points"
    assert "threshold 2.15 points" in phrases.change_sentence(-2.2, None, "improved", 2.15)
    assert "threshold 2.15 points" in signal_phrases.reliable_criterion(2.15, "own basis", True)


def test_singular_and_plural() -> None:
    assert phrases.points(-1.0) == "1 point"
    counted = [phrases.count(number, "session") for number in (0, 1, 16)]
    assert counted == ["0 sessions", "1 session", "16 sessions"]


def test_words_are_joined_as_in_a_sentence() -> None:
    assert phrases.join_names([]) == ""
    assert phrases.join_names(["grief"]) == "grief"
    assert phrases.join_names(["grief", "dispute"]) == "grief and dispute"
    assert phrases.join_names(["grief", "dispute", "transition"]) == "grief, dispute and transition"


@pytest.mark.parametrize(("value", "text"), [(6.25, "6.3"), (12.5, "13"), (-0.05, "−0.1"), (0.15, "0.2")])
def test_numbers_are_rounded_half_up(value: float, text: str) -> None:
    assert phrases.number(value, 0 if value > 10 else 1) == text


def test_a_difference_uses_the_numbers_as_displayed() -> None:
    assert phrases.shown_difference(5.667, 1.333) == pytest.approx(-4.4)
    assert phrases.shown_difference(8.0, 9.0) == 1.0

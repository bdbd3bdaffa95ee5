"""Matches beside chance, and the sentences about a clinic's calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import pictures
from securebase.picture import calibration_phrases as words
from securebase.picture import phrases, sentences
from securebase.picture.calibration import MIN_CLIENTS, ClinicShare, clinic_share, match_rate
from securebase.picture.client import LIMITS
from securebase.picture.verification import Tally, Verification
from securebase.records.episode import HypothesisMatch
from securebase.records.vocabulary import Match, Respondent

KEYS = ("alliance", "social_support", "interpersonal_stress")


def answer(*matches: Match, leading: str = "alliance") -> HypothesisMatch:
    return HypothesisMatch(7.0, Respondent.CLIENT, leading, dict(zip(KEYS, matches, strict=False)))


def test_matches_stand_beside_a_random_pick_among_the_processes_discussed() -> None:
    yes, partly, no, not_discussed = Match
    answers = [answer(yes, no, not_discussed)] * 20 + [answer(partly, yes, yes)] * 10
    rate = match_rate([*answers, answer(yes), answer(not_discussed, yes, no), answer(yes, no, leading="gone")])
    assert (rate.leading.clients, rate.leading.value) == (30, pytest.approx(20 / 30))
    assert rate.chance == pytest.approx((20 * 1 / 2 + 10 * 2 / 3) / 30)
    assert rate.gain == pytest.approx(rate.leading.value - rate.chance)
    assert words.matches(rate)[1:] == ("56%", "11 points (−10 to 32)", "30 clients")
    few = match_rate(answers[:29])
    assert (few.chance, few.leading.missing) == (None, 1)
    assert words.matches(few) == ("1 more client needed", "–", "–", "29 clients")


def test_the_interval_of_the_difference_covers_a_leading_process_no_better_than_chance() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        draws = rng.random((40, 3)) < 0.4
        rate = match_rate(answer(*(Match.YES if x else Match.NO for x in row)) for row in draws)
        assert rate.low is not None
        covered += rate.low <= 0 <= rate.high
    assert 0.92 <= covered / 400 <= 0.98


def share_of(p: float, n: int = 20) -> ClinicShare:
    return clinic_share([Tally(round(p * n), n)] * (MIN_CLIENTS + 10))


def test_the_sentence_of_the_client_page_states_figures_from_enough_clients_on() -> None:
    few = clinic_share([Tally(1, 1)] * 4)
    assert words.interval_sentence(few, few).endswith("once 30 clients have forecasts (4 so far).")
    sentence = words.interval_sentence(share_of(0.5), share_of(0.9))
    assert sentence.startswith(
        "In this clinic, 90% (76 to 96%) of next symptom scores fell within their 90% forecast interval"
    )
    assert "800 forecasts, 40 clients" in sentence


@pytest.mark.parametrize(
    ("p", "verdict"), [(0.6, "too certain"), (0.9, "as often as it should"), (1.0, "too cautious")]
)
def test_the_verdict_compares_the_interval_with_ninety_percent(p: float, verdict: str) -> None:
    assert verdict in words.verdict(share_of(p))
    assert not words.verdict(clinic_share([]))


def test_the_limits_of_a_picture_name_the_calibration_once_it_is_known() -> None:
    picture = replace(pictures.full(), limits=LIMITS)
    assert sentences.limit_sentences(picture) == picture.limits
    limits = sentences.limit_sentences(picture, "It held.")
    assert f"{phrases.MODEL_ASSUMED} It held." in limits
    assert phrases.INTERVALS not in limits
    assert len(limits) == len(picture.limits)


def test_every_subject_has_a_place_on_the_page() -> None:
    signals = {what for signal in words.SIGNALS for what in (signal.false, signal.missed)}
    assert signals | set(words.FORECASTS) == set(Verification)

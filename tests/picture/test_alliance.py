"""The alliance with a rupture: one expected value everywhere, and a usual level that it does not drag."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from episodes import episode, session_day
from securebase.model.observations import episode_panel
from securebase.model.simulate import simulate_panel
from securebase.model.track import track
from securebase.picture import phrases, sentences
from securebase.picture.client import ClientPicture, client_picture, default_parameter_set
from securebase.picture.course import OWN_MEASURES
from securebase.picture.parts import SignalKind
from securebase.picture.ruptures import EARLIER_RATINGS, FALSE_ALARM_LIMIT

BROKEN = [5.7, 6.0, 5.7, 6.0, 6.7, 2.3, 1.3]


def picture(*alliance: float) -> ClientPicture:
    record = episode(len(alliance), alliance=list(alliance))
    return client_picture(record, as_of=session_day(len(alliance)) + 1)


def test_callout_caseload_line_and_sentence_give_the_same_numbers() -> None:
    made = picture(*BROKEN)
    (mark,) = made.alliance.ruptures
    (signal,) = [s for s in made.signals if s.kind is SignalKind.RUPTURE_OPEN]
    assert mark.value is not None
    assert mark.expected is not None
    value, expected = phrases.number(mark.value), phrases.number(mark.expected)
    below = phrases.number(phrases.shown_difference(mark.value, mark.expected))
    assert signal.brief.startswith(f"Alliance fell {below} below")
    assert signal.brief.endswith("in session 6")
    beside = next(s for s in sentences.alliance_sentences(made) if "rupture of session 6" in s)
    for sentence in (signal.sentence, beside):
        assert f"{value} in session 6" in sentence or f"session 6 is open: rated {value}" in sentence
        assert re.search(rf"\b{below} points? below", sentence)
        assert expected in sentence
    # the numbers can be checked by the reader: what is shown subtracts to what is shown
    assert round(float(expected) - float(value), 1) == pytest.approx(float(below))


def test_an_open_rupture_does_not_drag_the_usual_level() -> None:
    before, made = picture(*BROKEN[:5], 6.2), picture(*BROKEN)
    assert before.alliance.usual is not None
    assert made.alliance.usual is not None
    assert made.alliance.left_out == 2
    assert abs(made.alliance.usual.value - before.alliance.usual.value) < 0.3
    # ordinary ratings lie around the usual level, none of them far below or above
    above = [b.reported - b.usual for b in made.alliance.bars if not b.low]
    assert abs(float(np.mean(above))) < 0.75
    assert "2 ratings of the rupture left out" in sentences.alliance_sentences(made)[0]


def test_the_usual_level_is_that_of_the_model_without_the_flagged_ratings() -> None:
    """The slow way: the flagged ratings are taken out of the table, and the model run on what is left."""
    chosen = default_parameter_set()
    made = picture(*BROKEN)
    record = episode(7, alliance=[*BROKEN[:5], None, None])
    panel = episode_panel(record, chosen.specification.constructs, OWN_MEASURES)
    own = chosen.in_score_units(OWN_MEASURES)
    seen = track(panel, chosen.specification, own)
    k = seen.constructs.index("alliance")
    assert made.alliance.usual is not None
    assert made.alliance.usual.value == pytest.approx(seen.usual_level[k] + seen.trend[-1, k])
    steady = [b for b in made.alliance.bars if not b.low]
    at = {round(t, 6): j for j, t in enumerate(panel.times * 7)}
    assert [b.usual + b.state for b in steady] == pytest.approx([seen.smoothed[at[round(b.at, 6)], k] for b in steady])
    # a flagged session still shows how low it was
    assert [b.session for b in made.alliance.bars if b.low] == [6, 7]
    assert all(b.state < -1 for b in made.alliance.bars if b.low)


def test_a_fall_that_lasts_becomes_the_usual_level_and_it_is_said() -> None:
    made = picture(*BROKEN[:5], 2.3, 1.3, 1.7, 1.5, 2.0, 1.4)
    assert made.alliance.left_out == 0
    assert made.alliance.usual is not None
    assert made.alliance.usual.value < 4.5
    assert "ratings of the rupture are counted in it" in sentences.alliance_sentences(made)[0]


def test_without_a_rupture_nothing_is_left_out() -> None:
    made = picture(*BROKEN[:5], 6.2)
    assert (made.alliance.left_out, made.alliance.ruptures) == (0, ())
    assert "left out" not in sentences.alliance_sentences(made)[0]


def test_nothing_beyond_the_scale_is_ever_expected() -> None:
    (mark,) = picture(10, 10, 10, 10, 10, 10, 10, 4).alliance.ruptures
    assert mark.expected is not None
    assert mark.expected <= 10


def _usual(scores: np.ndarray, alliance: int, template: object) -> float:
    chosen = default_parameter_set()
    panel = replace(template, scores=scores)  # type: ignore[type-var]
    seen = track(panel, chosen.specification, chosen.in_score_units(OWN_MEASURES))  # type: ignore[arg-type]
    return float(seen.usual_level[alliance])


def test_leaving_flagged_ratings_out_costs_little_where_there_is_no_rupture_and_helps_where_there_is_one() -> None:
    """60 simulated people: the 5% false alarms lift the level by little; a true fall is kept out of it."""
    chosen = default_parameter_set()
    own = chosen.in_score_units(OWN_MEASURES)
    panel = simulate_panel(chosen.specification, own, [np.arange(8.0)] * 60, np.random.default_rng(20260101))
    k = chosen.specification.constructs.index("alliance")
    lifted, dragged, kept_out = [], [], []
    for i in range(60):
        rows = panel.rows_of(i)
        one = type(panel)(
            (panel.persons[i],),
            panel.constructs,
            np.array([0, 8]),
            panel.times[rows],
            panel.scores[rows],
            panel.wave[rows],
        )
        truth = _usual(one.scores, k, one)
        fallen = one.scores.copy()
        fallen[6:, k] -= 4.0
        for scores, out in ((one.scores, lifted), (fallen, kept_out)):
            seen = track(replace(one, scores=scores), chosen.specification, own)
            low = seen.observed[:, k] < seen.predicted[:, k] - FALSE_ALARM_LIMIT * seen.predicted_sd[:, k]
            low[:EARLIER_RATINGS] = False
            if scores is fallen:
                low[6:] = True
            without = scores.copy()
            without[low, k] = np.nan
            out.append(_usual(without, k, one) - truth)
        dragged.append(_usual(fallen, k, one) - truth)
    assert abs(float(np.mean(lifted))) < 0.1
    # a part of the fall is taken for a change of the person's own; without such change the level is dragged by 1.06
    assert float(np.mean(dragged)) < -0.5
    assert abs(float(np.mean(kept_out))) < 0.25

"""Retellings of one event over time, against a slow and obvious computation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from securebase.ipt.retellings import CAVEAT, RetellingSeries, retelling_series, retold_line, series_in_words
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord, TherapySessionRecord


def telling(n: int, story: str, session: int | None, **values: object) -> ArtefactRecord:
    fields = {"story": story} | {k: v for k, v in values.items() if v is not None}
    return ArtefactRecord(str(n), "telling", fields, at=float(n), begun_at=float(n), session=session)  # type: ignore[arg-type]


def record(*artefacts: ArtefactRecord) -> EpisodeRecord:
    sessions = tuple(TherapySessionRecord(n, 7.0 * n) for n in range(1, 30))
    return EpisodeRecord("a", sessions=sessions, artefacts=artefacts)


def slow_figures(peaks: list[float], ends: list[float | None]) -> dict[str, float | None]:
    """Compute the same figures by loops and brute force."""
    falls = [p - e for p, e in zip(peaks, ends, strict=True) if e is not None]
    rebounds = [peaks[i + 1] - e for i in range(len(peaks) - 1) if (e := ends[i]) is not None]
    slope = None
    if len(peaks) > 2:
        # the least-squares slope is the mean of all pairwise slopes, each weighted by its squared distance
        pairs = list(itertools.combinations(range(len(peaks)), 2))
        weighted = sum((j - i) ** 2 * (peaks[j] - peaks[i]) / (j - i) for i, j in pairs)
        slope = weighted / sum((j - i) ** 2 for i, j in pairs)
    return {
        "fall": sum(falls) / len(falls) if falls else None,
        "slope": slope,
        "rebound": sum(rebounds) / len(rebounds) if rebounds else None,
    }


@pytest.mark.parametrize("seed", range(20))
def test_every_figure_equals_a_plain_computation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    peaks = [float(v) for v in rng.integers(0, 21, n) * 5]
    ends = [None if rng.random() < 0.3 else float(v) for v in rng.integers(0, 21, n) * 5]
    rows = [
        telling(i, "The fire", i + 1, peak=p, end_distress=e) for i, (p, e) in enumerate(zip(peaks, ends, strict=True))
    ]
    order = rng.permutation(n)
    (series,) = retelling_series(record(*(rows[i] for i in order)))
    for name, value in slow_figures(peaks, ends).items():
        assert getattr(series, name) == (None if value is None else pytest.approx(value)), name


def test_a_known_fall_is_recovered() -> None:
    rows = [telling(i, "x", i + 1, peak=90.0 - 8 * i, end_distress=60.0 - 8 * i) for i in range(5)]
    (series,) = retelling_series(record(*rows))
    assert (series.slope, series.fall, series.rebound) == pytest.approx((-8, 30, 22))


def test_retellings_are_grouped_by_name_in_any_case_with_the_latest_first() -> None:
    groups = retelling_series(
        record(
            telling(1, "The fire", 1, peak=80.0),
            telling(2, "Father leaves", 2, peak=50.0),
            telling(3, " the  FIRE ", 3, peak=60.0),
            telling(4, "", 4, peak=60.0),
            telling(5, "No peak", 5),
        )
    )
    assert [(s.name, len(s.tellings)) for s in groups] == [("the FIRE", 2), ("Father leaves", 1)]


def test_retellings_follow_the_order_of_sessions_not_of_entry() -> None:
    (series,) = retelling_series(record(telling(1, "x", 9, peak=20.0), telling(2, "x", 3, peak=70.0)))
    assert [t.peak for t in series.tellings] == [70.0, 20.0]


def test_feelings_are_compared_between_first_and_last() -> None:
    rows = [telling(i, "x", i + 1, peak=50.0, positive=p, negative=8.0 - i) for i, p in enumerate((0.0, None, 5.0))]
    (series,) = retelling_series(record(*rows))
    assert series.balances == (-8.0, -1.0)
    assert "Positive minus painful feelings: −8 at first, −1 at last." in series_in_words(series)


def test_sentences_name_what_is_unknown_and_never_claim_a_cause() -> None:
    (once,) = retelling_series(record(telling(1, "x", 1, peak=80.0)))
    assert series_in_words(once) == ["Peak distress 80. Changes are shown from the second retelling."]
    (twice,) = retelling_series(record(telling(1, "x", 1, peak=80.0, end_distress=40.0), telling(2, "x", 2, peak=40.0)))
    sentences = series_in_words(twice)
    assert "A trend is shown from the third retelling." in sentences
    assert "On average, distress did not rebound between retellings." in sentences
    text = " ".join([*sentences, CAVEAT]).lower()
    assert "hypothesis" in text
    assert not [w for w in ("cause", "because", "due to", "proves", "healed") if w in text]


def test_one_line_names_the_story_retold_last() -> None:
    rows = [telling(i, "The fire", i + 1, peak=90.0 - 10 * i) for i in range(3)]
    assert retold_line(record(*rows)) == "“The fire”, 3 times: peak distress 90 the first time, 70 the last."
    # a story told only once says nothing yet, even if it was the last
    later = [*rows[:2], telling(9, "The flood", 9, peak=50.0)]
    assert retold_line(record(*later)) == "“The fire”, twice: peak distress 90 the first time, 80 the last."
    assert retold_line(record(telling(1, "x", 1, peak=50.0))) == retold_line(record()) == ""


def test_a_series_without_both_feelings_has_no_balance() -> None:
    (series,) = retelling_series(
        record(telling(1, "x", 1, peak=80.0, positive=3.0), telling(2, "x", 2, peak=70.0, negative=2.0))
    )
    assert isinstance(series, RetellingSeries)
    assert series.balances is None

"""End-to-end use of tables through the public interface: table to report, and simulation to table and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

import securebase as sb

ROOT = Path(__file__).parents[2]


def test_a_table_becomes_a_report() -> None:
    cohort = sb.read_cohort(
        ROOT / "examples" / "sessions.csv", person="client", time="session", outcome="phq9", processes=["alliance"]
    )
    # a few clients, because the tests of the library alone fit the models without a compiled kernel
    result = sb.study_cohort(replace(cohort, episodes=cohort.episodes[:16]))
    page = sb.study_report(result)
    assert cohort.import_report is not None
    assert cohort.import_report.fingerprint[:8] in page
    assert "phq9" in page
    assert "<script" not in page
    figures = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert figures


def test_the_untidy_export_gives_the_same_scores_as_the_clean_one() -> None:
    """Clean and untidy exports of the same sessions must give the same scores."""
    kind = sb.read_cohort(ROOT / "examples" / "sessions.csv", person="client", time="date", outcome="phq9")
    unkind = sb.read_cohort(ROOT / "examples" / "unkind_export.csv", person="Klient", time="Datum", outcome="PHQ-9")
    clean_scores = [[(s.at, s.value) for s in e.scores("phq9")] for e in kind.episodes]
    untidy_scores = [[(s.at, s.value) for s in e.scores("PHQ-9")] for e in unkind.episodes]
    # the untidy export holds only the first clients, with non-ASCII names
    assert len(untidy_scores) >= 2
    for before, after in zip(clean_scores, untidy_scores, strict=False):
        assert after
        assert after == before[: len(after)]


def test_a_simulated_cohort_survives_its_file(tmp_path: Path) -> None:
    simulated = sb.simulate("default", n_clients=12, rng=np.random.default_rng(5))
    sb.write_cohort(simulated, tmp_path / "cohort.csv")
    names = [c.name for c in simulated.constructs]
    copy = sb.read_cohort(
        tmp_path / "cohort.csv",
        person="person",
        time="time",
        time_unit="week",
        outcome=names[0],
        processes=names[1:],
    )
    assert len(copy) == len(simulated)
    for before, after in zip(simulated.episodes, copy.episodes, strict=True):
        for name in names:
            scores = [s.value for s in before.scores(name)]
            read = [s.value for s in after.scores(name)]
            np.testing.assert_allclose(read, scores, rtol=1e-12)

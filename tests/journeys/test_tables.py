"""The journeys of a table, end to end through the public interface: table to report, simulate to table and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import securebase as sb

ROOT = Path(__file__).parents[2]


def test_a_table_becomes_a_report() -> None:
    cohort = sb.read_cohort(
        ROOT / "examples" / "sessions.csv", person="client", time="session", outcome="phq9", processes=["alliance"]
    )
    result = sb.study_cohort(cohort)
    page = sb.study_report(result)
    assert cohort.import_report is not None
    assert cohort.import_report.fingerprint[:8] in page
    assert "phq9" in page
    assert "<script" not in page
    figures = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert figures


def test_the_unkind_export_gives_the_same_results_as_the_clean_one() -> None:
    """The same sessions, once plainly and once as a spreadsheet wrecks them: what is read must not differ."""
    kind = sb.read_cohort(ROOT / "examples" / "sessions.csv", person="client", time="date", outcome="phq9")
    unkind = sb.read_cohort(ROOT / "examples" / "unkind_export.csv", person="Klient", time="Datum", outcome="PHQ-9")
    kept = [[(s.at, s.value) for s in e.scores("phq9")] for e in kind.episodes]
    output = [[(s.at, s.value) for s in e.scores("PHQ-9")] for e in unkind.episodes]
    # the export holds the first clients only, under names that need its encoding
    assert len(output) >= 2
    for before, after in zip(kept, output, strict=False):
        assert after
        assert after == before[: len(after)]


def test_a_simulated_cohort_survives_its_file(tmp_path: Path) -> None:
    drawn = sb.simulate("default", n_clients=12, rng=np.random.default_rng(5))
    sb.write_cohort(drawn, tmp_path / "drawn.csv")
    names = [c.name for c in drawn.constructs]
    again = sb.read_cohort(
        tmp_path / "drawn.csv", person="person", time="time", time_unit="week", outcome=names[0], processes=names[1:]
    )
    assert len(again) == len(drawn)
    for before, after in zip(drawn.episodes, again.episodes, strict=True):
        for name in names:
            written = [s.value for s in before.scores(name)]
            read = [s.value for s in after.scores(name)]
            np.testing.assert_allclose(read, written, rtol=1e-12)

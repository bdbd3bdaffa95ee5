"""The example tables give the documented results."""

from pathlib import Path

from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.responses import read_responses
from securebase.measurement import catalogue
from securebase.measurement.scoring import score

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_sessions_example_reads_without_exclusions() -> None:
    cohort = read_cohort(
        EXAMPLES / "sessions.csv", person="client", time="session", outcome="phq9", processes=["alliance", "strain"]
    )
    assert cohort.import_report is not None
    assert (len(cohort), cohort.import_report.exclusions) == (40, ())
    values = [s.value for e in cohort.episodes for s in e.scores("phq9")]
    assert min(values) >= 0
    assert max(values) <= 27


def test_the_untidy_export_gives_the_documented_remarks() -> None:
    cohort = read_cohort(
        EXAMPLES / "unkind_export.csv", person="Klient", time="Datum", outcome="PHQ-9", processes=["Bündnis"]
    )
    assert cohort.import_report is not None
    message = "\n".join(cohort.import_report.sentences())
    for part in (
        "windows-1252",
        "semicolons",
        "Skipped 2 rows: no identifier in “Klient”",
        "Skipped 1 row: repeated person and time",
        "Columns 4 and 7 are both named “PHQ-9” and have the same content",
        "“#NULL!”",
        "In dates the day comes first",
    ):
        assert part in message
    clean = read_cohort(EXAMPLES / "sessions.csv", person="client", time="date", outcome="phq9", processes=["alliance"])
    first, second = clean.episodes[0], cohort.episodes[0]
    assert second.person == "Ästèr"
    assert [(s.at, s.value) for s in second.scores("PHQ-9")] == [(s.at, s.value) for s in first.scores("phq9")]
    assert [s.value for s in second.scores("Bündnis")] == [s.value for s in first.scores("alliance")]


def test_the_responses_example_is_scored_with_one_alert() -> None:
    phq9 = catalogue.instrument("phq9")
    rows = read_responses(EXAMPLES / "phq9_forms.csv", phq9, person="client")
    scored = {row.person: score(phq9, row.responses) for row in rows}
    assert [person for person, s in scored.items() if s.scores["total"].value is None] == ["Daisy"]
    assert [person for person, s in scored.items() if s.alerts] == ["Clover"]

"""Written tables are read back unchanged, and their formulas are escaped."""

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase.errors import TableError
from securebase.exchange.csv_tables import read_cohort, write_cohort
from securebase.exchange.formulas import escape_formula, unescape_formula
from securebase.measurement.constructs import construct, custom_construct
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment


def a_cohort(seed: int, unit: str = "session", persons: list[str] | None = None) -> Cohort:
    """Return a cohort with scores before and after sessions, some missing, some moments without scores."""
    rng = random.Random(seed)
    days = {"session": 7.0, "week": 7.0, "day": 1.0, "file": 1.0}[unit]
    episodes = []
    for person in persons or ["Carla", "Élodie", "=cmd()"]:
        administrations = []
        times = sorted(rng.sample(range(30), 5)) if unit == "session" else sorted(rng.uniform(0, 90) for _ in range(5))
        for time in times:
            for moment, name in ((Moment.BEFORE, "symptoms"), (Moment.AFTER, "warmth")):
                session = int(time) if unit == "session" else None
                value = rng.choice([None, rng.uniform(-5, 30), float(rng.randrange(9))])
                score = ScoreRecord(name, value or 0.0, time * days, moment, session, "table", name)
                scores = () if value is None else (score,)
                administrations.append(AdministrationRecord("table", time * days, moment, session, scores=scores))
        episodes.append(EpisodeRecord(person, tuple(administrations), symptom_measure=("table", "symptoms")))
    constructs = (construct("symptoms"), custom_construct("warmth", moment="after"))
    return Cohort(tuple(episodes), constructs, "symptoms", ("warmth",), unit, days)


def moments(cohort: Cohort) -> dict[str, list[tuple[float, str, list[tuple[str, float]]]]]:
    return {
        e.person: [
            (round(a.at, 9), a.moment.value, [(s.construct, s.value) for s in a.scores]) for a in e.administrations
        ]
        for e in cohort.episodes
    }


@pytest.mark.parametrize("unit", ["session", "week", "day", "file"])
@pytest.mark.parametrize("seed", range(5))
def test_long_round_trip(tmp_path: Path, unit: str, seed: int) -> None:
    cohort = a_cohort(seed, unit)
    write_cohort(cohort, tmp_path / "out.csv")
    back = read_cohort(
        tmp_path / "out.csv", person="person", time="time", outcome="symptoms", processes=["warmth"], time_unit=unit
    )
    assert moments(back) == moments(cohort)
    assert (back.time_unit, back.days_per_unit, back.constructs) == (unit, cohort.days_per_unit, cohort.constructs)


@pytest.mark.parametrize("seed", range(3))
def test_wide_round_trip_keeps_every_score(tmp_path: Path, seed: int) -> None:
    cohort = a_cohort(seed)
    write_cohort(cohort, tmp_path / "out.csv", layout="wide")
    back = read_cohort(tmp_path / "out.csv", person="person", outcome="symptoms", processes=["warmth"], layout="wide")
    for episode, again in zip(cohort.episodes, back.episodes, strict=True):
        for name in ("symptoms", "warmth"):
            assert [(s.at, s.value) for s in again.scores(name)] == [(s.at, s.value) for s in episode.scores(name)]


def test_a_table_read_and_written_is_the_same_table(tmp_path: Path) -> None:
    text = "person,time,y,x\r\na,1,20.5,3\r\na,2,,\r\nb,1,1e-07,-4\r\n"
    options = {"person": "person", "time": "time", "outcome": "y", "processes": ["x"]}
    write_cohort(read_cohort(text.encode(), **options), tmp_path / "out.csv")  # type: ignore[arg-type]
    assert (tmp_path / "out.csv").read_bytes().decode() == text


@given(st.text(max_size=12))
def test_formulas_are_escaped_and_restored(text: str) -> None:
    escaped = escape_formula(text)
    assert not escaped.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescape_formula(escaped) == text


def test_no_cell_of_text_starts_a_formula(tmp_path: Path) -> None:
    names = ["=HYPERLINK(0)", "+1", "-2+3", "@SUM(A1)", "'=x", "''@y", "Carla"]
    write_cohort(a_cohort(1, persons=names), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        first_cells = [row[0] for row in csv.reader(file)]
    assert not [cell for cell in first_cells if cell.startswith(("=", "+", "-", "@"))]
    back = read_cohort(tmp_path / "out.csv", person="person", time="time", outcome="symptoms")
    assert [e.person for e in back.episodes] == names


@pytest.mark.parametrize(
    ("persons", "message"),
    [
        (["Carla", "Carla"], "two episodes have the name “Carla”"),
        (["NA"], "the name “NA” would not be read back"),
        ([" Carla"], "would not be read back"),
        ([""], "would not be read back"),
    ],
)
def test_names_that_would_not_be_read_back_are_refused(tmp_path: Path, persons: list[str], message: str) -> None:
    with pytest.raises(TableError, match=message):
        write_cohort(a_cohort(1, persons=persons), tmp_path / "out.csv")


def test_several_measures_of_one_construct_need_a_choice(tmp_path: Path) -> None:
    scores = tuple(ScoreRecord("warmth", v, 0.0, instrument=i, scale="total") for i, v in (("one", 1.0), ("two", 2.0)))
    episode = EpisodeRecord("Carla", (AdministrationRecord("both", 0.0, scores=scores),))
    cohort = Cohort((episode,), (custom_construct("warmth"),), "warmth")
    with pytest.raises(TableError, match="“warmth” of “Carla” has several scores at one time"):
        write_cohort(cohort, tmp_path / "out.csv")
    write_cohort(cohort, tmp_path / "out.csv", measures={"warmth": ("two", "total")})
    assert (tmp_path / "out.csv").read_text() == "person,time,warmth\nCarla,0,2\n"


def test_a_construct_name_that_starts_a_formula_is_restored(tmp_path: Path) -> None:
    episode = EpisodeRecord("Carla", (AdministrationRecord("table", 7.0, scores=(ScoreRecord("=mood", 3.0, 7.0),)),))
    write_cohort(Cohort((episode,), (custom_construct("=mood"),), "=mood"), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("person,time,'=mood")
    back = read_cohort(tmp_path / "out.csv", person="person", time="time", outcome="=mood", time_unit="week")
    assert [s.value for s in back.episodes[0].scores("=mood")] == [3.0]


def test_reserved_column_names_are_refused_as_constructs(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="construct name “time”"):
        write_cohort(Cohort((), (custom_construct("time"),), "time"), tmp_path / "out.csv")


def test_wide_needs_whole_times(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="the wide layout needs whole-numbered times"):
        write_cohort(a_cohort(1, "file"), tmp_path / "out.csv", layout="wide")

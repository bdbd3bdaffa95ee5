"""The file of a simulated table and its data dictionary."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pytest

from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.data_dictionary import format_dictionary, parse_dictionary
from securebase.exchange.simulated_table import build_simulated_table
from securebase.model.simulate import simulate_table
from securebase.records.vocabulary import Moment, Respondent
from securebase.schema import to_plain

COLUMNS = simulate_table(
    n_clients=30, rng=np.random.default_rng(1), sessions=5, missing=0.2, arms=("ipt", "waiting_list")
).columns
BUILT = build_simulated_table(COLUMNS, made_on=date(2026, 11, 30))
LINES = BUILT.csv.decode().split("\r\n")


def test_a_cell_is_a_number_a_text_or_empty() -> None:
    assert LINES[0] == ",".join(COLUMNS)
    assert LINES[-1] == ""
    rows = [line.split(",") for line in LINES[1:-1]]
    assert len(rows) == len(COLUMNS["person"])
    for k, values in enumerate(COLUMNS.values()):
        cells = [row[k] for row in rows]
        if values.dtype.kind == "f":
            numbers = [float(cell) if cell else np.nan for cell in cells]
            assert numbers == pytest.approx(values, nan_ok=True)
        else:
            assert cells == values.tolist()


def test_the_dictionary_describes_every_column() -> None:
    dictionary = BUILT.dictionary
    assert [column.name for column in dictionary.columns] == list(COLUMNS)
    assert (dictionary.person, dictionary.time, dictionary.time_unit) == ("person", "session", "session")
    assert (dictionary.clients, dictionary.rows, dictionary.simulated) == (30, 150, True)
    assert dictionary.fingerprint == hashlib.sha256(BUILT.csv).hexdigest()
    for column in dictionary.columns:
        values = COLUMNS[column.name]
        filled = np.isfinite(values) if values.dtype.kind == "f" else values != ""
        assert column.values == filled.sum()
        assert column.clients == len(set(COLUMNS["person"][filled]))
        numbers = values[filled]
        assert column.minimum is None or numbers.min() >= column.minimum
        assert column.maximum is None or numbers.max() <= column.maximum
    assert parse_dictionary(to_plain(dictionary), "a.json") == dictionary
    assert '"simulated": true' in format_dictionary(dictionary)


def test_moments_and_respondents_are_those_of_the_check_ins() -> None:
    for name, moment, respondent in (
        ("symptoms", Moment.BEFORE, Respondent.CLIENT),
        ("alliance", Moment.AFTER, Respondent.CLIENT),
        ("fidelity", Moment.AFTER, Respondent.THERAPIST),
        ("life_events_dependent", Moment.BEFORE, Respondent.THERAPIST),
        ("rupture_repair", Moment.AFTER, Respondent.THERAPIST),
    ):
        column = BUILT.dictionary.column(name)
        assert (column.moment, column.respondent) == (moment, respondent)


def test_the_file_is_read_back() -> None:
    cohort = read_cohort(BUILT.csv, person="person", time="session", outcome="symptoms", processes=["hope"])
    assert len(cohort) == 30
    scores = [s.value for s in cohort.episodes[0].scores("hope")]
    own = COLUMNS["hope"][COLUMNS["person"] == "sim-001"]
    assert scores == own[np.isfinite(own)].tolist()


def test_a_table_without_rows_has_a_header() -> None:
    empty = simulate_table(n_clients=0, rng=np.random.default_rng(1)).columns
    built = build_simulated_table(empty, made_on=date(2026, 11, 30))
    assert built.csv.decode() == ",".join(empty) + "\r\n"
    assert built.dictionary.clients == 0

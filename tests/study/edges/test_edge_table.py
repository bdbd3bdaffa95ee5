"""Every edge of the theory meets an estimator, and a table decides which and says what is missing."""

import hashlib
import re

import msgspec
import numpy as np
import pytest

from edge_tables import column, dictionary, edge, edge_table
from securebase.errors import InputError, ModelError
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from securebase.measurement.catalogue import instruments
from securebase.model.theory import EdgeForm, EdgeLocation, theory
from securebase.records.vocabulary import Moment, Respondent
from securebase.study.edges import estimates, lags
from securebase.study.edges.columns import EVENTS, columns_of
from securebase.study.edges.estimates import ESTIMATORS, estimate_edges
from securebase.study.edges.phrases import LEGEND, multiplicity, what_to_expect
from securebase.study.edges.reading import read_edge_table
from securebase.study.edges.result import EdgeEstimate, EdgeResult, NotEstimableError, TheoryEstimates
from securebase.study.estimators.ct_sparse import SparseEstimate

STUDY_EDGES = theory().select(place=EdgeLocation.STUDY)
PERSONS, SESSIONS = 210, 12
#: constructs of edges that no column of this table measures
NOT_ASKED = {"vulnerability", "interpersonal_problems", "therapy"}


def asked_every_session(construct):
    """Return whether a session set or the question before every second session rates it, by the shelf."""
    weekly = [i for i in instruments().values() if i.id.startswith("session_") or i.id == "focus_week"]
    rated = {s.construct for i in weekly for s in i.scales}
    return construct in rated | {"technique_use"}


def rotating_table():
    """Return a table with weekly constructs rated at every session, and the others at one in each three of them."""
    rng = np.random.default_rng(1)
    ends = {e for one in STUDY_EDGES for e in one.ends} - NOT_ASKED
    columns = {}
    for name in sorted(ends):
        values = rng.normal(size=(PERSONS, 1)) + rng.normal(size=(PERSONS, SESSIONS))
        asked = np.arange(3) == rng.integers(0, 3, size=(PERSONS, SESSIONS // 3, 1))
        rotated = np.where(asked.reshape(PERSONS, SESSIONS), values, np.nan)
        columns[name] = values if asked_every_session(name) else rotated
    columns["rupture_repair"] = (columns["rupture_repair"] > 1).astype(float)
    return edge_table(columns)


@pytest.fixture
def without_fits(monkeypatch):
    """Replace the fits of lags, which take seconds: which edges have an estimate depends on the table alone."""
    for name in ("estimate_plain", "estimate_sparse"):
        monkeypatch.setattr(lags, name, lambda *_: SparseEstimate(-0.1, 0.04, 0.1, PERSONS, 900))


def test_a_rotation_gives_at_least_60_study_edges_an_estimate(without_fits):
    """The theory's columns in a third of the sessions of 210 clients: the others miss a column or untreated clients."""
    results = estimate_edges(rotating_table(), STUDY_EDGES).results
    assert len(results) == len(STUDY_EDGES)
    own = [r for r in results if r.estimate is not None and not r.reason]
    assert len(own) >= 60
    others = [r for r in results if r.reason]
    assert {end for r in others for end in r.edge.ends} & NOT_ASKED == NOT_ASKED
    for result in others:
        if set(result.edge.ends) & NOT_ASKED:
            assert re.match(r"The table has no column for|Needs clients without therapy", result.reason)
            assert result.reading == "not asked"
        else:
            assert re.search(r"are needed \(\d+ more\)|too rarely rated|no more than measurement error", result.reason)
    assert len([r for r in others if not set(r.edge.ends) & NOT_ASKED]) <= 6


def test_columns_asked_once_leave_lags_of_weekly_columns_and_associations_within_sessions(without_fits):
    """One rating per client of every construct outside the weekly sets: no lag with one of them has an estimate."""
    data = rotating_table()
    for name, values in data.rows.values.items():
        if not asked_every_session(name):
            values.reshape(PERSONS, SESSIONS)[:, 3:] = np.nan
    results = estimate_edges(data, STUDY_EDGES).results
    lags_of_rare = 0
    for result in results:
        if result.edge.study_method not in {"lag", "ct_sparse"}:
            continue
        if all(asked_every_session(end) for end in result.edge.ends):
            assert (result.estimate.method, result.reason) == ("lag", "")
            continue
        lags_of_rare += 1
        assert re.search(r"is rated .* are needed \(\d+ more\)|never changes", result.reason), result.edge.label
        assert result.estimate is None or result.estimate.method == "same_session"
        assert result.reading in {"together", "opposite", "inconclusive", "no estimate"}
    assert lags_of_rare > 20
    levels = [r for r in results if r.edge.study_method == "levels"]
    assert all(r.estimate for r in levels if all(asked_every_session(end) for end in r.edge.ends))


def test_the_shelf_names_the_estimator_that_fits_how_often_the_ends_are_asked():
    for one in theory().edges:
        method = one.study_method
        assert not method or method in ESTIMATORS
        if one.place is EdgeLocation.STUDY and method in {"lag", "ct_sparse"}:
            assert (method == "lag") == all(asked_every_session(end) for end in one.ends), one.label
        if method == "events":
            assert {one.from_construct, one.to_construct} & EVENTS
        if method == "stories":
            assert one.form is EdgeForm.ACCUMULATING
    assert all(one.study_method for one in STUDY_EDGES)


def estimate_with(p, value=0.2):
    return EdgeEstimate("lag", ("x", "y"), value, 0.0, 1.0, p, 10, 20, "ratings", "SDs")


def test_p_values_are_adjusted_over_the_estimates_alone(monkeypatch):
    given = {"a": 0.01, "b": 0.04, "c": 0.02}

    def one(_data, edge):
        if edge.from_construct in given:
            return estimate_with(given[edge.from_construct])
        raise NotEstimableError("too few")

    monkeypatch.setattr(estimates, "ESTIMATORS", {"levels": one})
    done = []
    edges = [edge(name, "y", by="" if name == "e" else "levels") for name in "adbec"]
    all_edges = estimate_edges(edge_table({"y": np.ones((2, 2))}), edges, lambda *step: done.append(step))
    assert [(r.edge.from_construct, r.p_adjusted, r.reason) for r in all_edges.results] == [
        ("a", 0.03, ""),
        ("d", None, "too few"),
        ("b", 0.04, ""),
        ("c", 0.04, ""),
    ]
    assert done == [(i, 4) for i in range(4)]


@pytest.mark.parametrize("error", [ModelError("no state"), InputError("no scores"), np.linalg.LinAlgError("singular")])
def test_a_failed_estimate_is_a_reason(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(estimates, "ESTIMATORS", {"lag": fail})
    (result,) = estimate_edges(edge_table({"y": np.ones((2, 2))}), [edge("x", "y", by="lag")]).results
    assert result.estimate is None
    assert result.reason.startswith("The estimate failed: ")


def test_a_lag_without_an_estimate_falls_back_to_the_session(monkeypatch):
    """The rung below: the association within the session, beside the reason why there is no lag."""

    def no_lag(*_):
        raise NotEstimableError("“x” is asked too rarely.")

    monkeypatch.setattr(estimates, "ESTIMATORS", dict.fromkeys(("lag", "levels"), no_lag))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(70, 4))
    data = edge_table({"x": x, "y": x + rng.normal(size=x.shape)})
    lag, levels = estimate_edges(data, [edge("x", "y", by="lag"), edge("x", "y", by="levels")]).results
    assert (lag.estimate.method, lag.reason, lag.reading) == ("same_session", "“x” is asked too rarely.", "together")
    assert (levels.estimate, levels.reading) == (None, "no estimate")
    few = edge_table({"x": x[:50], "y": x[:50]})
    assert estimate_edges(few, [edge("x", "y", by="lag")]).results[0].estimate is None


def test_readings_follow_the_adjusted_p_value_and_the_stated_sign():
    def reading(p_adjusted, value, sign):
        return EdgeResult(edge("x", "y", sign=sign), estimate_with(0.001, value), p_adjusted=p_adjusted).reading

    assert reading(0.04, 0.2, "+") == reading(0.04, -0.2, "-") == "as stated"
    assert reading(0.04, -0.2, "+") == "opposite"
    assert reading(0.04, 0.2, "?") == reading(0.04, 0.2, "0") == "not zero"
    assert reading(0.05, 0.2, "+") == "inconclusive"
    assert EdgeResult(edge("x", "y"), None, "too few").reading == "no estimate"
    assert EdgeResult(edge("x", "y"), None, "no column", asked=False).reading == "not asked"
    assert EdgeResult(edge("x", "y"), estimate_with(0.001), "no lag", 0.04).reading == "together"
    assert EdgeResult(edge("x", "y", sign="-"), estimate_with(0.001), "no lag", 0.04).reading == "opposite"


def test_what_a_table_of_this_size_can_tell_is_said_first():
    for n, words in ((40, "almost no edge has an estimate"), (173, "less power"), (200, "is not evidence")):
        assert words in what_to_expect(n)
        assert f"{n} clients" in what_to_expect(n)
        assert "In simulated tables of 200 clients with 16 sessions" in what_to_expect(n)
        assert f"This table has {n} simulated clients" in what_to_expect(n, simulated=True)


def test_the_number_of_estimates_and_chance_are_said():
    results = [EdgeResult(edge("x", "y"), estimate_with(p), p_adjusted=a) for p, a in ((0.001, 0.02), (0.03, 0.9))] * 10
    results[0] = EdgeResult(edge("x", "y"), estimate_with(0.001), "no lag", 0.02)
    words = multiplicity(TheoryEstimates(50, 300, (*results, EdgeResult(edge("x", "y"), None, "too few"))))
    assert words == (
        "21 edges were examined; 20 have an estimate, 1 of them within the session instead of the lag. By chance "
        "alone, about 1 of 20 would have p < .05 (20 do). Readings use p values adjusted over the 20 estimates "
        "(Holm): 9 as stated, 1 together, 10 inconclusive."
    )
    assert "instead of the lag" not in multiplicity(TheoryEstimates(50, 300, tuple(results[1:])))
    assert not re.search(
        r"\b(cause[sd]?|effects?|leads?|because)\b", re.sub("no verdict on order or cause", "", LEGEND)
    )


def test_no_estimate_at_all_is_said_plainly():
    nothing = TheoryEstimates(5, 30, (EdgeResult(edge("x", "y"), None, "too few"),))
    assert multiplicity(nothing) == "Edges examined: 1. None has an estimate."


def test_a_column_that_never_varies_is_no_column():
    data = edge_table({"a": np.ones((3, 2)), "b": np.arange(6.0).reshape(3, 2)}, a="alliance", b="alliance")
    assert data.candidates("alliance") == ("b",)
    with pytest.raises(NotEstimableError, match="“x” has the same value in every session"):
        edge_table({"x": np.ones((3, 2))}).column("x")


def test_the_column_that_most_clients_rate_themselves_is_used_first():
    columns = [
        column("by_therapist", "alliance", respondent=Respondent.THERAPIST, clients=90, values=900),
        column("seldom", "alliance", clients=80, values=100),
        column("often", "alliance", clients=80, values=800),
        column("few", "alliance", clients=10, values=999),
        column("empty", "alliance", clients=0, values=0),
        column("text", "alliance", kind="category", clients=99, values=999),
        column("life_events_weight", "context", clients=5, values=9),
    ]
    assert columns_of(dictionary(*columns), "alliance") == ("often", "seldom", "few", "by_therapist")
    assert columns_of(dictionary(*columns), "life_events") == ("life_events_weight",)


def test_a_table_is_read_by_its_data_dictionary(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("client,session,symptoms,alliance,note\nA,1,18,4.5,x\nA,2,15,,\nB,1,12,6.0,\nB,2,11,6.5,\n")
    with pytest.raises(InputError, match="no data dictionary beside the table") as error:
        read_edge_table(path, theory().edges)
    assert "c.json" in str(error.value)
    known = dictionary(
        column("symptoms", moment=Moment.BEFORE, clients=2, values=4), column("alliance", clients=2, values=3)
    )
    dictionary_path(path).write_text(format_dictionary(known), encoding="utf-8")
    data = read_edge_table(path, theory().edges)
    assert data.rows.values["symptoms"].tolist() == [18.0, 15.0, 12.0, 11.0]
    assert data.rows.moments == {"symptoms": Moment.BEFORE, "alliance": Moment.AFTER}
    assert (data.rows.n_persons, data.days_per_unit) == (2, 7.0)
    assert data.counts("alliance").tolist() == [1, 2]
    with pytest.raises(InputError, match="no column measures a construct of these edges"):
        read_edge_table(path, theory().select(claim="S29"))


def test_a_selection_of_clients_or_columns_is_read_and_called_changed(tmp_path):
    """Someone keeps one client, deletes a column and leaves another one empty: the dictionary names all three."""
    path, content = tmp_path / "c.csv", b"client,session,symptoms,insight\nA,1,18,\nA,2,15,\n"
    path.write_bytes(content)
    described = dictionary(*(column(name, clients=2, values=4) for name in ("symptoms", "alliance", "insight")))
    dictionary_path(path).write_text(format_dictionary(described), encoding="utf-8")
    data = read_edge_table(path, theory().edges)
    assert (list(data.rows.values), data.changed) == (["symptoms"], True)
    with pytest.raises(NotEstimableError, match="no column for Alliance"):
        data.column("alliance")
    described = msgspec.structs.replace(described, fingerprint=hashlib.sha256(content).hexdigest())
    dictionary_path(path).write_text(format_dictionary(described), encoding="utf-8")
    assert not read_edge_table(path, theory().edges).changed
    assert "This table has 1 client;" in what_to_expect(1)

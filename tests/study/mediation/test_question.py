"""Refused designs, and the sentences, tables and diagram of an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mediation_tables import ask, ask_trial, table_of
from securebase.charts import style
from securebase.charts.path_diagram import path_caption, path_diagram
from securebase.charts.render import svg
from securebase.errors import InputError
from securebase.study.mediation.answer import EdgeGrade
from securebase.study.mediation.paths import smallest_indirect
from securebase.study.mediation.question import MediationKind
from securebase.study.table import SessionTable

LABELS = {"x": "Stress", "m": "Support", "k": "Skills", "y": "Symptoms"}
CHANGE, LEVELS = MediationKind.CHANGE, MediationKind.LEVELS


def draw(seed: int = 1, *, n: int = 80, sessions: int = 10, b: float = 0.6) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, m, k, y = rng.normal(size=(4, n, sessions))
    m[:, 1:] += 0.6 * x[:, :-1]
    y[:, 1:] += b * m[:, :-1]
    return {"y": y, "x": x, "m": m, "k": k}


def trial(seed: int = 1, *, n: int = 80, a: float = 1.0, b: float = 0.6) -> tuple[SessionTable, list[str]]:
    rng = np.random.default_rng(seed)
    therapy = np.repeat([1.0, 0.0], n // 2)
    m, y = rng.normal(size=(2, n, 8)) + rng.normal(size=(2, n, 1))
    for t in range(1, 8):
        m[:, t] = 0.6 * m[:, t - 1] + 0.4 * a * therapy + 0.8 * m[:, t]
        y[:, t] = 0.6 * y[:, t - 1] + 0.3 * b * m[:, t - 1] + 0.8 * y[:, t]
    return table_of({"y": y, "m": m}), ["ipt" if value else "waiting" for value in therapy]


@pytest.mark.parametrize(
    ("mediators", "problem"),
    [
        ([], "at least one mediator"),
        (["y"], "the mediator “y” is the outcome"),
        (["x"], "the mediator “x” is the process"),
        (["m", "m"], "the mediator “m” is named twice"),
    ],
)
def test_a_mediator_is_another_column(mediators: Sequence[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        ask(table_of(draw()), "x", mediators)


@pytest.mark.parametrize("kind", [MediationKind.WITHIN, CHANGE, LEVELS])
def test_a_constant_mediator_and_a_copy_are_refused(kind: MediationKind) -> None:
    values = draw()
    with pytest.raises(InputError, match=r"“m” does not vary .got always 3"):
        ask(table_of(values | {"m": np.full((80, 10), 3.0)}), "x", ["m"], kind=kind)
    with pytest.raises(InputError, match=r"“m” does not vary .got no values"):
        ask(table_of(values | {"m": np.full((80, 10), np.nan)}), "x", ["m"], kind=kind)
    with pytest.raises(InputError, match="one column follows from the others"):
        ask(table_of(values | {"m": values["m"], "k": 2 * values["m"]}), "x", ["m", "k"], kind=kind)


@pytest.mark.parametrize("kind", [MediationKind.WITHIN, CHANGE, LEVELS])
def test_few_persons_are_refused(kind: MediationKind) -> None:
    with pytest.raises(InputError, match=r"19 persons .* 20 are needed"):
        ask(table_of(draw(n=19)), "x", ["m"], kind=kind)
    assert ask(table_of(draw(n=20)), "x", ["m"], kind=kind).main.n_persons == 20


def test_a_chain_longer_than_the_occasions_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs 4 successive rows of a person .got at most 3"):
        ask(table_of(draw(sessions=3)), "x", ["m", "k"], serial=True)
    with pytest.raises(InputError, match=r"need 4 occasions .got at most 3"):
        ask(table_of(draw(sessions=3)), "x", ["m", "k"], kind=LEVELS, serial=True)


def test_a_mediator_after_the_outcome_is_refused() -> None:
    values = draw()
    late = values["m"].copy()
    late[:, :-1] = np.nan
    with pytest.raises(InputError, match="“m” has no ratings in part 2 of 3 of the course") as error:
        ask(table_of(values | {"m": late}), "x", ["m"], kind=LEVELS)
    assert "rated after its cause and before what it acts on" in str(error.value)


def test_arms_of_a_trial() -> None:
    table, arms = trial()
    with pytest.raises(InputError, match=r"compares two arms .got 3: ipt, other, waiting"):
        ask_trial(table, ["other", *arms[1:]], ["m"], "y")
    with pytest.raises(InputError, match="arm “ipt” has 3 persons"):
        ask_trial(table, ["ipt"] * 3 + ["waiting"] * 77, ["m"], "y")
    unrated = {**table.values, "m": np.where(np.isin(table.person, range(40)), table.values["m"], np.nan)}
    only_treated = SessionTable(80, table.person, table.times, unrated, table.moments, "session")
    with pytest.raises(InputError, match="arm “waiting” has 0 persons"):
        ask_trial(only_treated, arms, ["m"], "y")
    with pytest.raises(InputError, match="there is no arm “drug”"):
        ask_trial(table, arms, ["m"], "y", reference="drug")
    assert ask_trial(table, arms, ["m"], "y").reference == "ipt"


def test_an_answer_names_the_hidden_cause_that_gives_the_same_pattern() -> None:
    answer = ask(table_of(draw()), "x", ["m", "k"])
    assert answer.supported == (("m",),)
    assert answer.in_words(LABELS) == (
        "Stress → Symptoms: consistent with mediation by Support, and with an unmeasured common cause of Support and "
        "Symptoms."
    )
    assert "Support → Symptoms: a hidden cause that correlates" in answer.figures_in_words(LABELS)
    assert "Smallest indirect effect detectable with 80% power: about" in answer.figures_in_words(LABELS)
    open_answer = ask(table_of(draw(b=0.0)), "x", ["m", "k"])
    assert open_answer.in_words(LABELS) == "Stress → Symptoms through Support or Skills: inconclusive."
    assert "hidden cause" not in open_answer.figures_in_words(LABELS)


def test_simultaneous_changes_name_the_reverse_order() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    m = x + 0.5 * rng.normal(size=(200, 2))
    y = m + 0.5 * rng.normal(size=(200, 2))
    answer = ask(table_of({"x": x, "m": m, "y": y}), "x", ["m"], kind=MediationKind.CHANGE)
    assert answer.supported == (("m",),)
    assert answer.in_words({}).endswith("m and y, and with the reverse order, because the changes are simultaneous.")


def test_the_table_has_steps_and_effects() -> None:
    answer = ask(table_of(draw()), "x", ["m", "k"])
    (table,) = answer.tables(LABELS)
    assert table.columns == ("", "a", "b", "effect (95% interval)", "ρ at zero effect")
    assert [row[0] for row in table.rows] == ["through Support", "through Skills", "all mediators", "direct", "total"]
    assert table.rows[0][3] == answer.text(answer.main.routes[0].effect)
    chain = ask(table_of(draw()), "x", ["m", "k"], serial=True).tables(LABELS)[0]
    assert chain.columns == ("", "a", "d", "b", "effect (95% interval)", "ρ at zero effect")
    assert [row[0] for row in chain.rows] == ["through Support → Skills", "direct", "total"]


def test_a_trial_says_that_random_assignment_does_not_protect_the_path() -> None:
    answer = ask_trial(*trial(n=160, a=2.0, b=1.0), ["m"], "y", reference="waiting")
    assert answer.supported == (("m",),)
    assert answer.in_words(LABELS).startswith("ipt versus waiting → Symptoms: consistent with mediation by Support")
    assert answer.in_words(LABELS).endswith("which random assignment of the arm does not exclude.")
    assert answer.figures_in_words(LABELS).startswith("Proportion mediated: joint model ")
    joint, regression = answer.tables(LABELS)
    assert [row[0] for row in joint.rows] == ["through Support", "total"]
    assert regression.caption == "Effects of ipt versus waiting on symptoms, in SDs of first ratings, by regression"
    none = ask_trial(*trial(a=0.0, seed=4), ["m"], "y")
    assert none.in_words(LABELS).endswith("The data do not show a difference between the arms.")
    assert none.estimate.share is None


def test_the_smallest_effect_is_found_in_four_of_five_cohorts() -> None:
    """Joint significance of two steps with known errors, by simulation: 80 ± 3.5% of 2,000."""
    rng = np.random.default_rng(1)
    errors = np.array([0.1, 0.05])
    effect = np.sqrt(smallest_indirect(errors) * errors / errors[::-1])
    assert effect.prod() == pytest.approx(smallest_indirect(errors))
    z = np.abs(effect + errors * rng.normal(size=(2000, 2))) / errors
    assert (z > 1.96).all(axis=1).mean() == pytest.approx(0.80, abs=0.035)


@pytest.mark.parametrize("width", [style.FULL_WIDTH, style.PHONE_WIDTH])
@pytest.mark.parametrize("serial", [False, True])
def test_the_diagram_says_what_its_edges_rest_on(width: int, serial: bool) -> None:
    answer = ask(table_of(draw()), "x", ["m", "k"], serial=serial)
    drawing = svg(path_diagram(answer, LABELS, width=width))
    for name in ("Stress", "Support", "Skills", "Symptoms"):
        assert name in drawing
    assert "Stress → Support:" in drawing
    grades = {(e.earlier, e.later): e.grade for e in answer.edges}
    assert grades["x", "m"] is EdgeGrade.EARLIER
    assert grades[("m", "k") if serial else ("k", "y")] is EdgeGrade.OPEN
    assert "grey, dashed: the interval includes zero" in path_caption(answer)
    assert 'stroke-dasharray="5,4"' in drawing

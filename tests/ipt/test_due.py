"""Standing of every task in a course, derived from its record alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securebase.errors import ShelfError
from securebase.ipt.due import MAINTENANCE_TASKS, TaskState, course_tasks, open_tasks, shows_little_change
from securebase.ipt.lineage import KLERMAN_WEISSMAN, STUART_ROBERTSON, load_lineage
from securebase.ipt.task import read_tasks, tasks
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Agreement, Phase
from securebase.schema import to_plain


def sessions_held(n: int) -> tuple[TherapySessionRecord, ...]:
    return tuple(TherapySessionRecord(k, 7.0 * k) for k in range(1, n + 1))


def artefact(worksheet: str, at: float = 7.0, session: int | None = None, **values: object) -> ArtefactRecord:
    agreed = Agreement.AGREED if worksheet in {"formulation", "contract"} else Agreement.OPEN
    return ArtefactRecord(f"{worksheet}-{at}", worksheet, values, at=at, begun_at=at, session=session, agreement=agreed)  # type: ignore[arg-type]


def symptoms(*values: float) -> tuple[AdministrationRecord, ...]:
    return tuple(
        AdministrationRecord(
            "session_before",
            7.0 * k,
            scores=(ScoreRecord("symptoms", v, 7.0 * k, instrument="session_before", scale="symptoms"),),
        )
        for k, v in enumerate(values, start=1)
    )


def standing(record: EpisodeRecord, task: str) -> TaskState:
    return {s.task.id: s.standing for s in course_tasks(record)}[task]


EMPTY = EpisodeRecord("Carla", planned_sessions=16)


def test_the_shelf_holds_the_21_tasks_in_order() -> None:
    ids = [t.id for t in tasks()]
    assert [i for i in ids if i != "I3S"] == [
        *(f"I{n}" for n in range(1, 10)), *(f"M{n}" for n in range(1, 8)), *(f"E{n}" for n in range(1, 5)), "X1",
    ]  # fmt: skip
    assert all(t.outputs and t.sources and t.why for t in tasks())


def test_an_empty_course_has_no_overdue_task() -> None:
    standings = course_tasks(EMPTY)
    assert {s.standing for s in standings} <= {TaskState.DUE, TaskState.AHEAD}
    assert [s.task.id for s in open_tasks(standings)][:2] == ["I1", "I2"]


def test_a_task_still_missing_after_its_session_is_overdue() -> None:
    record = replace(EMPTY, sessions=sessions_held(5))
    assert standing(record, "I2") is TaskState.OVERDUE
    assert standing(record, "M6") is TaskState.AHEAD
    assert standing(replace(EMPTY, sessions=sessions_held(8)), "M6") is TaskState.DUE
    assert standing(replace(EMPTY, sessions=sessions_held(9)), "M6") is TaskState.OVERDUE


def test_a_task_with_two_outputs_needs_both() -> None:
    record = replace(EMPTY, sessions=sessions_held(1), administrations=symptoms(6.0))
    assert standing(record, "I1") is not TaskState.DONE
    diagnosis = artefact("diagnosis", name="Depression", told_as_illness=True)
    assert standing(replace(record, artefacts=(diagnosis,)), "I1") is TaskState.DONE
    assert standing(replace(EMPTY, artefacts=(diagnosis,)), "I1") is not TaskState.DONE


def test_the_inventory_needs_people_and_the_circle_somebody_in_it() -> None:
    people = tuple(RelationshipRecord(str(n), f"P{n}") for n in range(3))
    record = replace(
        EMPTY,
        relationships=people,
        artefacts=(artefact("relationship", contact="daily", gives=("emotional",), support_felt=4.0),),
    )
    assert standing(record, "I5") is TaskState.DONE
    fewer = (*people[:2], replace(people[2], left_at=3.0))
    assert standing(replace(record, relationships=fewer), "I5") is not TaskState.DONE
    assert standing(replace(record, circles=(ClosenessCircle("c", 1.0),)), "I6") is not TaskState.DONE
    circle = ClosenessCircle("c", 1.0, placements=(Placement("0", 0.2, 0.0),))
    assert standing(replace(record, circles=(circle,)), "I6") is TaskState.DONE


def test_the_ending_counts_once_it_was_named() -> None:
    unnamed = artefact("ending_talk", named=False, feelings="none yet")
    assert standing(replace(EMPTY, artefacts=(unnamed,)), "E1") is not TaskState.DONE
    assert standing(replace(EMPTY, artefacts=(artefact("ending_talk", named=True),)), "E1") is TaskState.DONE


def test_a_second_circle_must_be_from_another_day() -> None:
    def circles_of_days(*days: float) -> tuple[ClosenessCircle, ...]:
        return tuple(ClosenessCircle(f"c{d}", d, placements=(Placement("0", 0.2, 0.0),)) for d in days)

    assert standing(replace(EMPTY, circles=circles_of_days(14.1, 14.2, 14.3)), "M5") is not TaskState.DONE
    assert standing(replace(EMPTY, circles=circles_of_days(14.1, 42.0)), "M5") is TaskState.DONE


def test_a_formulation_is_done_once_the_client_has_answered_it() -> None:
    formulation = artefact(
        "formulation", narrative="It began with the move", stressor="a", vulnerability="b", support="c"
    )
    assert standing(replace(EMPTY, artefacts=(formulation,)), "I8") is TaskState.DONE
    unanswered = replace(formulation, agreement=Agreement.OPEN)
    assert standing(replace(EMPTY, artefacts=(unanswered,)), "I8") is not TaskState.DONE


def test_a_task_of_every_session_counts_the_sessions_of_the_middle_phase() -> None:
    notes = tuple(artefact("session_note", 7.0 * n, n, event="A call", mood=4.0) for n in (4, 5, 6))
    record = replace(EMPTY, sessions=sessions_held(6), artefacts=notes)
    m1 = {s.task.id: s for s in course_tasks(record)}["M1"]
    assert (m1.standing, m1.sessions) == (TaskState.DONE, (3, 3))
    m1 = {s.task.id: s for s in course_tasks(replace(record, artefacts=notes[:2]))}["M1"]
    assert (m1.standing, m1.sessions) == (TaskState.DUE, (2, 3))
    m1 = {s.task.id: s for s in course_tasks(replace(record, artefacts=notes[1:]))}["M1"]
    assert m1.standing is TaskState.PARTLY


def test_a_technique_counts_only_if_it_was_used() -> None:
    record = replace(EMPTY, sessions=sessions_held(4))
    unused = artefact("session_note", 28.0, 4, role_play=0.0)
    assert standing(replace(record, artefacts=(unused,)), "M3") is TaskState.DUE
    used = artefact("session_note", 28.0, 4, role_play=2.0)
    assert standing(replace(record, artefacts=(used,)), "M3") is TaskState.DONE


@pytest.mark.parametrize(
    ("scores", "sessions", "expected"),
    [((8.0, 7.0), 8, True), ((8.0, 6.0), 8, False), ((8.0, 8.0), 7, False), ((8.0,), 8, False), ((0.0, 0.0), 8, False)],
)
def test_little_change_is_a_fall_of_less_than_a_quarter_at_half_the_course(
    scores: tuple[float, ...], sessions: int, expected: bool
) -> None:
    record = replace(EMPTY, sessions=sessions_held(sessions), administrations=symptoms(*scores))
    assert shows_little_change(record) is expected
    assert ("M7" in {s.task.id for s in course_tasks(record)}) is expected


def test_maintenance_belongs_to_the_course_once_it_was_decided() -> None:
    decision = artefact("disposition", decision="maintenance")
    assert "X1" in {s.task.id for s in course_tasks(replace(EMPTY, artefacts=(decision,)))}
    assert "X1" not in {s.task.id for s in course_tasks(EMPTY)}
    assert "X1" in {s.task.id for s in course_tasks(replace(EMPTY, phase=Phase.MAINTENANCE))}


def test_a_brief_course_is_due_earlier() -> None:
    brief = replace(EMPTY, planned_sessions=8, initial_sessions=2, ending_sessions=2)
    due_by = {s.task.id: s.due_by for s in course_tasks(brief)}
    assert (due_by["I9"], due_by["M6"], due_by["E1"], due_by["E4"]) == (3, 4, 6, 8)


def test_the_sick_role_task_depends_on_the_lineage() -> None:
    assert "I3S" in {s.task.id for s in course_tasks(EMPTY, KLERMAN_WEISSMAN)}
    assert "I3S" not in {s.task.id for s in course_tasks(EMPTY, STUART_ROBERTSON)}
    assert load_lineage(to_plain(STUART_ROBERTSON)) == STUART_ROBERTSON
    assert load_lineage({"areas": ["nonsense"], "formulation": "?"}).areas


def test_a_maintenance_course_asks_for_its_contract_and_its_own_ending_only() -> None:
    acute = EpisodeRecord(person="x", planned_sessions=12, phase=Phase.MAINTENANCE)
    course = replace(acute, initial_sessions=0)
    assert {s.task.id for s in course_tasks(course)} == {"X1", *MAINTENANCE_TASKS}
    assert {s.task.id: s.due_by for s in course_tasks(course)}["X1"] == 1
    assert len(course_tasks(acute)) > 15


def test_an_output_links_to_the_worksheet_that_was_filled_in() -> None:
    # a session note with an experiment until next time counts instead of an experiment worksheet
    note = artefact("session_note", session=5, experiment_next="Call Ines")
    (piece,) = next(s for s in course_tasks(replace(EMPTY, artefacts=(note,))) if s.task.id == "M4").pieces
    assert (piece.present, piece.worksheet, piece.artefacts) == (True, "session_note", (note.id,))
    (piece,) = next(s for s in course_tasks(EMPTY) if s.task.id == "M4").pieces
    assert (piece.present, piece.worksheet) == (False, "experiment")


def test_a_contract_not_yet_discussed_counts_as_begun() -> None:
    contract = replace(
        artefact("contract", goals=({"goal": "Talk with Paul"},), sessions=16.0), agreement=Agreement.OPEN
    )
    assert standing(EMPTY, "I9") is TaskState.AHEAD
    assert standing(replace(EMPTY, artefacts=(contract,)), "I9") is TaskState.PARTLY


@pytest.mark.parametrize(
    ("leaves", "due", "message"),
    [
        ('[{ measure = "symptoms" }]', "each = true", "must leave a worksheet"),
        ('[{ circle = 1 }, { worksheet = "session_note" }]', "each = true", "must leave a worksheet"),
        ("[]", "session = 1", "at least one output"),
        ('[{ worksheet = "horoscope" }]', "session = 1", "unknown worksheet “horoscope”"),
        ('[{ worksheet = "incident", circle = 1 }]', "session = 1", "exactly one of"),
        ('[{ worksheet = "incident", fields = ["mood"] }]', "session = 1", "has a field mood"),
        ('[{ worksheet = "incident" }]', "session = 1, each = true", "exactly one rule"),
    ],
)
def test_an_impossible_task_is_refused(leaves: str, due: str, message: str) -> None:
    head = '[[tasks]]\nid = "T1"\nphase = "middle"\nname = "N"\nwhy = "W"\n'
    good = f'{head}leaves = [{{ worksheet = "session_note" }}]\ndue = {{ each = true }}\n'
    assert len(read_tasks("tasks.toml", good.encode())) == 1
    with pytest.raises(ShelfError, match=message):
        read_tasks("tasks.toml", f"{head}leaves = {leaves}\ndue = {{ {due} }}\n".encode())

"""The table of a clinic against records made by hand: where each value stands, and what it is called."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from episodes import administration, episode
from securebase.errors import InputError
from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import ClinicTable, build_clinic_table
from securebase.ipt.typed_records import add_typed_records
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import (
    AdministrationRecord,
    EpisodeRecord,
    RuptureRecord,
    ScoreRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import CircleKind, Moment, Phase, ProblemArea, Respondent, RuptureKind

MADE_ON = date(2026, 11, 30)
BEGAN = date(2026, 1, 5)


def make(*records: EpisodeRecord, smallest: int = 1) -> ClinicTable:
    courses = [lay_out(f"c{n}", 1, "t1", add_typed_records(record)) for n, record in enumerate(records)]
    return build_clinic_table(courses, made_on=MADE_ON, smallest_cell=smallest)


def rows(table: ClinicTable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.csv.decode())))


def column(table: ClinicTable, name: str) -> list[str]:
    return [row[name] for row in rows(table)]


def scored(
    construct: str,
    value: float,
    at: float,
    *,
    moment: Moment = Moment.BEFORE,
    session: int | None = None,
    instrument: str = "phq9",
    scale: str = "total",
    respondent: Respondent = Respondent.CLIENT,
) -> AdministrationRecord:
    score = ScoreRecord(construct, value, at, moment, session, instrument, scale, respondent)
    return AdministrationRecord(instrument, at, moment, session, respondent, scores=(score,))


def with_answers(record: EpisodeRecord, *answers: AdministrationRecord) -> EpisodeRecord:
    return replace(record, administrations=(*record.administrations, *answers))


def entry(worksheet: str, values: dict[str, Any], *, session: int | None = None, at: float = 1.0) -> ArtefactRecord:
    return ArtefactRecord(f"{worksheet} {session} {at}", worksheet, values, at, at, session=session)


def with_work(record: EpisodeRecord, *entries: ArtefactRecord) -> EpisodeRecord:
    return replace(record, artefacts=(*record.artefacts, *entries), began_on=BEGAN)


def test_one_row_a_session_holds_what_was_asked_before_and_after_it() -> None:
    table = make(episode(3, symptoms=[6, 5, 4], alliance=[7, None, 8]))
    assert column(table, "session") == ["1", "2", "3"]
    assert column(table, "day") == ["0", "7", "14"]
    assert column(table, "days_since_last") == ["", "7", "7"]
    assert column(table, "symptoms") == ["6", "5", "4"]
    assert column(table, "alliance") == ["7", "", "8"]
    symptoms, alliance = table.dictionary.column("symptoms"), table.dictionary.column("alliance")
    assert symptoms is not None
    assert alliance is not None
    assert (symptoms.moment, alliance.moment) == (Moment.BEFORE, Moment.AFTER)
    assert (symptoms.instrument, symptoms.minimum, symptoms.maximum) == ("session_before", 0.0, 10.0)
    assert (alliance.clients, alliance.values) == (1, 2)
    assert "S18" in alliance.claims


@pytest.mark.parametrize(
    ("moment", "day", "row"),
    [
        (Moment.BEFORE, 3.0, 1),  # about the days before the second session
        (Moment.BETWEEN, 3.0, 1),
        (Moment.AFTER, 3.0, 0),  # about the session held last
        (Moment.BEFORE, 7.9, 1),  # typed in on the evening of the session
        (Moment.AFTER, 30.0, 2),
        (Moment.AFTER, -1.0, None),
        (Moment.BEFORE, 15.0, None),  # no session since, and the course goes on
    ],
)
def test_answers_without_a_session_have_one_row(moment: Moment, day: float, row: int | None) -> None:
    table = make(with_answers(episode(3), scored("anxiety", 9.0, day, moment=moment, instrument="gad7")))
    unplaced = any("belongs to no row" in note for note in table.dictionary.notes)
    assert unplaced == (row is None)
    if row is None:
        assert table.dictionary.column("anxiety") is None
    else:
        assert [i for i, value in enumerate(column(table, "anxiety")) if value] == [row]


def test_assessments_after_the_last_session_are_rows_without_a_session() -> None:
    record = replace(
        with_answers(episode(2), scored("symptoms", 11.0, 40.2), scored("symptoms", 8.0, 90.0)), ended_at=7
    )
    table = make(record)
    assert column(table, "session") == ["1", "2", "", ""]
    assert column(table, "day") == ["0", "7", "40", "90"]
    assert column(table, "follow_up") == ["0", "0", "1", "1"]
    assert column(table, "symptoms_phq9") == ["", "", "11", "8"]


def test_other_measures_of_a_construct_have_longer_names() -> None:
    answers = [
        *(scored("symptoms", 10.0 + n, 7.0 * n, session=n + 1) for n in range(2)),
        scored("alliance", 6.5, 0.6, moment=Moment.AFTER, session=1, instrument="therapist_after", scale="alliance",
               respondent=Respondent.THERAPIST),
        scored("symptoms", 3.0, 0.0, session=1, instrument="phq2"),
    ]  # fmt: skip
    table = make(with_answers(episode(2, symptoms=[6, 5]), *answers))
    assert column(table, "symptoms") == ["6", "5"]
    assert column(table, "symptoms_phq9") == ["10", "11"]
    assert column(table, "symptoms_phq2") == ["3", ""]
    assert column(table, "alliance_by_therapist") == ["6.5", ""]
    rated = table.dictionary.column("alliance_by_therapist")
    assert rated is not None
    assert rated.respondent is Respondent.THERAPIST


def test_the_plain_name_is_the_same_measure_for_all_clients() -> None:
    """Each client has one PHQ-9 or PHQ-2; the column “symptoms” must not mix them."""
    one = EpisodeRecord("a", (scored("symptoms", 20.0, 0.0, session=1),), (TherapySessionRecord(1, 0.5),))
    other = EpisodeRecord(
        "b", (scored("symptoms", 4.0, 0.0, session=1, instrument="phq2"),), (TherapySessionRecord(1, 0.5),)
    )
    table = make(one, one, other)
    assert column(table, "symptoms") == ["20", "20", ""]
    assert column(table, "symptoms_phq2") == ["", "", "4"]


def test_items_of_no_scale_and_intake_scores_have_columns() -> None:
    answers = AdministrationRecord("session_before", 7.1, Moment.BEFORE, 2, responses={1: 4.0, 11: 2.0})
    late = scored("anxiety", 9.0, 14.0, session=3, instrument="gad7")
    table = make(with_answers(episode(3, symptoms=[6, 5, 4]), answers, late))
    assert column(table, "session_before_item_11") == ["", "2", ""]
    assert "session_before_item_1" not in rows(table)[0]
    assert column(table, "intake_symptoms") == ["6", "6", "6"]
    assert table.dictionary.column("intake_anxiety") is None


def test_of_two_answers_in_one_row_the_last_counts() -> None:
    later = replace(administration(1, Moment.BEFORE, {"symptoms": 9.0}), at=0.57)
    assert column(make(with_answers(episode(1, symptoms=[6]), later)), "symptoms") == ["9"]


def test_retellings_fall_within_and_return_between() -> None:
    work = [
        entry("telling", {"story": "The call", "peak": 90.0, "end_distress": 60.0, "aroused": 7}, session=1, at=0.6),
        entry("telling", {"story": "the  call", "peak": 80.0, "end_distress": 40.0}, session=3, at=14.6),
        entry("telling", {"story": "The school", "peak": 50.0}, session=2, at=7.6),
        entry("telling", {"story": "The call"}, session=4, at=21.6),  # incomplete: no peak
    ]
    table = make(with_work(episode(4), *work))
    assert column(table, "retelling") == ["1", "1", "1", "0"]
    assert column(table, "retelling_event") == ["1", "2", "1", ""]
    assert column(table, "topic_fear") == ["90", "50", "80", ""]
    assert column(table, "retelling_fall") == ["30", "", "40", ""]
    assert column(table, "retelling_return") == ["", "", "20", ""]
    assert column(table, "emotional_arousal") == ["7", "", "", ""]


def test_ruptures_and_repairs_are_in_the_rows_of_their_sessions() -> None:
    marked = RuptureRecord(0.7, 1, RuptureKind.WITHDRAWAL, repaired_at=14.7)
    table = make(replace(episode(3), ruptures=(marked,)))
    assert column(table, "rupture_withdrawal") == ["1", "0", "0"]
    assert column(table, "rupture_repair") == ["0", "0", "1"]
    assert "rupture_confrontation" in [omitted.name for omitted in table.dictionary.omitted]


def test_life_events_and_medication_are_counted_since_the_last_row() -> None:
    work = [
        entry("life_event", {"happened_on": "2026-01-08", "weight": 10, "dependent": "dependent"}),
        entry("life_event", {"happened_on": "2026-01-12", "weight": 5, "dependent": "independent"}),
        entry("life_event", {"happened_on": "2025-12-30", "weight": 5, "dependent": "independent"}),  # six days before
        entry("life_event", {"happened_on": "2025-03-01", "weight": 5, "dependent": "dependent"}),  # long before
        entry("medication", {"name": "sertraline", "from_on": "2026-01-13", "to_on": "2026-01-19"}),
    ]
    table = make(with_work(episode(4), *work))
    assert column(table, "life_events_dependent") == ["0", "1", "0", "0"]
    assert column(table, "life_events_independent") == ["1", "1", "0", "0"]
    assert column(table, "life_events_weight") == ["1", "3", "0", "0"]
    assert column(table, "medication_taken") == ["0", "0", "1", "0"]
    assert column(table, "medication_changed") == ["0", "0", "1", "0"]
    assert "sertraline" not in table.csv.decode()


def test_the_dose_is_that_of_the_day_and_zero_once_nothing_is_taken() -> None:
    work = [
        entry("medication", {"name": "b", "daily_dose": 100.0, "from_on": "2026-01-13", "to_on": "2026-01-19"}),
        entry("medication", {"name": "a", "daily_dose": 50.0, "to_on": "2026-01-13"}),
        entry("medication", {"name": "c", "from_on": "2026-01-30"}),
    ]
    table = make(with_work(episode(5), *work))
    assert column(table, "medication_dose") == ["50", "50", "100", "0", ""]
    assert column(table, "medication_taken") == ["1", "1", "1", "0", "1"]


def test_missed_sessions_group_and_background_have_columns() -> None:
    values = {"sex": "female", "age_band": "25_to_34", "arm": "b", "assigned_on": "2026-01-12"}
    work = [
        entry("contract", values),
        entry("session_note", {"missed_before": 2.0, "event": "A call"}, session=2, at=7.6),
    ]
    table = make(replace(with_work(episode(2), *work), course_format="weekly"))
    assert column(table, "session_note_missed_before") == ["", "2"]
    assert column(table, "contract_sex") == ["female"] * 2
    assert column(table, "contract_age_band") == ["25_to_34"] * 2
    assert column(table, "contract_arm") == ["b"] * 2
    assert column(table, "assigned_day") == ["7"] * 2
    assert column(table, "course_format") == ["weekly"] * 2


def test_security_is_minus_the_mean_of_both_dimensions_of_one_questionnaire() -> None:
    def both(
        at: float, session: int, anxiety: float, avoidance: float, *, instrument: str = "own_attachment"
    ) -> AdministrationRecord:
        scores = tuple(
            ScoreRecord(name, value, at, Moment.AFTER, session, instrument, name)
            for name, value in (("attachment_anxiety", anxiety), ("attachment_avoidance", avoidance))
        )
        return AdministrationRecord(instrument, at, Moment.AFTER, session, scores=scores)

    lonely = scored("attachment_anxiety", 3.0, 7.6, moment=Moment.AFTER, session=2, instrument="own_attachment",
                    scale="attachment_anxiety")  # fmt: skip
    table = make(with_answers(episode(3), both(0.6, 1, 8.0, 3.0), lonely, both(14.6, 3, 4.0, 3.0)))
    assert column(table, "attachment_security") == ["-5.5", "", "-3.5"]
    # single answers of check-ins are more, and are no scores of the dimensions
    answers = [both(7.0 * n + 1.6, n + 1, 1.0, 1.0, instrument="rotation") for n in range(3)]
    mixed = make(with_answers(episode(3), both(0.6, 1, 8.0, 3.0), lonely, both(14.6, 3, 4.0, 3.0), *answers))
    assert column(mixed, "attachment_security") == ["-5.5", "", "-3.5"]
    security = table.dictionary.column("attachment_security")
    assert security is not None
    assert (security.minimum, security.maximum, security.moment) == (-10.0, 0.0, Moment.AFTER)


def test_practice_with_emotions_adds_up_and_fidelity_is_a_mean_of_the_session() -> None:
    work = [
        entry("session_note", {"encouragement_of_affect": extent, "event": "A call"}, session=session, at=7.0 * session)
        for session, extent in ((1, 2), (2, 0), (3, 1))
    ]
    work.append(entry("fidelity_checklist", {"time_limit": 3, "area_kept": 0}, session=2, at=7.6))
    table = make(with_work(episode(4), *work))
    assert column(table, "emotional_practice") == ["1", "1", "2", "2"]
    assert column(table, "fidelity") == ["", "1.5", "", ""]


def test_people_are_counted_as_known_at_the_end_of_the_day() -> None:
    people = tuple(RelationshipRecord(name, name, at=7.6) for name in ("mother", "friend"))
    places = (Placement("mother", 0.2, 0.0), Placement("friend", 0.9, 90.0))
    circles = (
        ClosenessCircle("present", 7.7, placements=places),
        ClosenessCircle("wished", 14.7, CircleKind.WISHED, placements=(Placement("friend", 0.4, 90.0),)),
    )
    answers = {
        "mother": {"receives": ("emotional",), "strain": 8.0},
        "friend": {"receives": ("practical",), "gives": ("emotional",), "strain": 2.0},
    }
    ratings = [replace(entry("relationship", values, at=7.8), about=name) for name, values in answers.items()]
    record = replace(with_work(episode(3), *ratings), relationships=people, circles=circles)
    table = make(record)
    assert column(table, "people_listed") == ["0", "2", "2"]
    assert column(table, "network_size") == ["", "2", "2"]
    assert column(table, "people_supporting") == ["", "2", "2"]
    assert column(table, "people_giving_practical") == ["", "1", "1"]
    assert column(table, "reciprocity") == ["", "0.5", "0.5"]
    assert column(table, "relationship_strain") == ["", "5", "5"]
    assert column(table, "wished_distance") == ["", "", "0.5"]
    assert "mother" not in table.csv.decode()
    # ratings from before the two questions were asked
    assert {"tie_commitment", "tie_objectivity", "support_quality"}.isdisjoint(c.name for c in table.dictionary.columns)


def test_support_depends_on_people_who_give_it_and_are_both_committed_and_objective() -> None:
    answers = {
        "sister": {"receives": ("emotional",), "committed": 9.0, "objective": 4.0},
        "friend": {"receives": ("practical",), "committed": 5.0, "objective": 8.0},
        "aunt": {"receives": ("practical",), "committed": 4.0},
        "neighbour": {"gives": ("practical",), "committed": 0.0, "objective": 0.0},
    }
    people = tuple(RelationshipRecord(name, name, at=0.5) for name in answers)
    ratings = [replace(entry("relationship", values, at=7.8), about=name) for name, values in answers.items()]
    later = replace(entry("relationship", {"receives": (), "committed": 9.0}, at=14.8), about="sister")
    table = make(replace(with_work(episode(3), *ratings, later), relationships=people))
    assert column(table, "tie_commitment") == ["", "6", "4.5"]
    assert column(table, "tie_objectivity") == ["", "6", "8"]
    assert column(table, "support_quality") == ["", "0.38", "0.4"]  # means of .9 × .4 and .5 × .8, not 6 × 6
    columns = {c.name: c for c in table.dictionary.columns}
    assert {columns[name].claims for name in ("tie_commitment", "tie_objectivity", "support_quality")} == {("S100",)}
    assert columns["tie_commitment"].label.endswith("(mean over people who give support)")


def test_techniques_and_lists_have_columns_and_what_is_brought_along_is_in_every_row() -> None:
    work = [
        entry("session_note", {"role_play": 3, "clarification": 1, "focus_kept": True}, session=2, at=7.6),
        entry("history", {"vulnerability": ("social", "trauma"), "earlier_episodes": ({"helped": 4}, {"helped": 8})}),
        entry("experiment", {"what": "Ring her", "outcome": "done"}, session=2, at=7.6),
        entry("session_note", {"note": "private words"}, session=1, at=0.6),
    ]
    table = make(with_work(episode(2), *work))
    assert column(table, "technique_use") == ["", "2"]
    assert column(table, "session_note_role_play") == ["", "3"]
    assert column(table, "session_note_focus_kept") == ["", "1"]
    assert column(table, "vulnerability") == ["2", "2"]
    assert column(table, "history_earlier_episodes_count") == ["2", "2"]
    assert column(table, "history_earlier_episodes_helped") == ["6", "6"]
    assert column(table, "experiment_outcome") == ["", "done"]
    assert "private" not in table.csv.decode()
    assert "Ring" not in table.csv.decode()


def test_an_entry_about_a_day_belongs_to_the_session_after_it_and_any_other_to_the_one_before() -> None:
    work = [
        entry("boundary_record", {"happened_on": "2026-01-10", "breach": True}, at=14.6),
        entry("risk_review", {"means_safe": True}, at=9.0),
    ]
    table = make(with_work(episode(3), *work))
    assert column(table, "boundary_record_breach") == ["", "1", ""]
    assert column(table, "risk_review_means_safe") == ["", "1", ""]


def test_a_second_course_is_a_person_of_its_own() -> None:
    courses = [lay_out("c1", n, "t1", episode(2)) for n in (1, 2)]
    table = build_clinic_table(courses, made_on=MADE_ON)
    assert column(table, "client") == ["c1", "c1", "c1-2", "c1-2"]
    assert table.dictionary.clients == 1


# ---- small cells -----------------------------------------------------------------------------------------------------
def areas(chosen: Sequence[ProblemArea]) -> ClinicTable:
    return make(*(replace(episode(2), problem_areas=(area,)) for area in chosen), smallest=5)


def test_what_fewer_than_five_clients_have_in_common_is_left_out() -> None:
    grief, dispute = ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE
    table = areas([grief] * 5 + [dispute] * 4)
    assert column(table, "problem_area_grief") == ["1"] * 10 + ["0"] * 8
    assert table.dictionary.column("problem_area_role_dispute") is None
    assert "problem_area_role_dispute" in [omitted.name for omitted in table.dictionary.omitted]
    assert areas([grief] * 5 + [dispute] * 5).dictionary.column("problem_area_role_dispute") is not None


def test_courses_of_one_client_count_once() -> None:
    record = replace(episode(1), problem_areas=(ProblemArea.GRIEF,))
    courses = [lay_out(f"c{min(n, 3)}", 1 + max(n - 3, 0), "t1", record) for n in range(6)]
    assert build_clinic_table(courses, made_on=MADE_ON).dictionary.column("problem_area_grief") is None


def test_a_rare_category_is_blanked_and_the_others_stay() -> None:
    def stage(value: str) -> EpisodeRecord:
        return with_work(episode(1), entry("role_dispute", {"stage": value}, session=1))

    table = make(*[stage("impasse")] * 5, *[stage("dissolution")] * 4, smallest=5)
    assert column(table, "role_dispute_stage") == ["impasse"] * 5 + [""] * 4
    blanked = table.dictionary.column("role_dispute_stage")
    assert blanked is not None
    assert (blanked.blanked, blanked.values) == (4, 5)


def test_questionnaires_and_phases_stay_in_a_small_clinic() -> None:
    table = make(episode(2), smallest=5)
    assert column(table, "symptoms") == ["6.5", "6.5"]
    assert column(table, "phase") == [Phase.MIDDLE.value] * 2


def test_a_table_without_a_session_is_refused() -> None:
    with pytest.raises(InputError, match="the table would be empty"):
        make(EpisodeRecord("a"))

"""Cases for reports on paper: a small test shelf of worksheets, and a course that uses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pictures
from episodes import episode, session_day
from securebase.ipt.worksheet import Audience, Field, FieldKind, Option, Worksheet, WorksheetGroup, WorksheetRole
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord, RuptureRecord
from securebase.records.vocabulary import Agreement, Respondent, RuptureKind
from securebase.reports.part import Case

CLIENT, REFERRER, SUPERVISOR = Audience.CLIENT, Audience.REFERRER, Audience.SUPERVISOR
EVERYWHERE = tuple(Audience)


def shelf() -> dict[str, Worksheet]:
    """Return one worksheet for every kind of selection."""
    sheets = (
        Worksheet(
            "risk_review",
            "Risk review",
            "What was asked about risk, and what was done.",
            WorksheetGroup.BEGINNING,
            (
                Field("thoughts", "Thoughts of suicide", FieldKind.YES_NO, reports=(REFERRER, SUPERVISOR)),
                Field("done", "What was done", FieldKind.TEXT, reports=(REFERRER,)),
                Field("aside", "For myself", FieldKind.TEXT, note=True, reports=EVERYWHERE),
            ),
            tasks=("I2",),
            about_risk=True,
        ),
        Worksheet(
            "contract",
            "Contract",
            "What was agreed at the start.",
            WorksheetGroup.BEGINNING,
            (
                Field(
                    "goals",
                    "Goals",
                    FieldKind.ROWS,
                    columns=(Field("goal", "Goal", FieldKind.LINE), Field("now", "Now", FieldKind.SCALE)),
                    reports=EVERYWHERE,
                ),
                Field("how_often", "How often", FieldKind.LINE, reports=(CLIENT,)),
            ),
            for_client=True,
            agreement=True,
            role=WorksheetRole.CONTRACT,
            expected_in=(CLIENT,),
            report_heading="What we agreed",
        ),
        Worksheet(
            "formulation",
            "Formulation",
            "How symptoms and relationships hang together.",
            WorksheetGroup.FOCUS,
            (Field("story", "In the client’s words", FieldKind.TEXT, quote=True, reports=EVERYWHERE),),
            for_client=True,
            agreement=True,
            role=WorksheetRole.FORMULATION,
            expected_in=(REFERRER, SUPERVISOR),
            report_heading="How we understand it",
        ),
        Worksheet(
            "session_note",
            "Session note",
            "What was done in the hour.",
            WorksheetGroup.SESSION,
            (
                Field("affect", "Encouragement of affect", FieldKind.EXTENT, reports=(SUPERVISOR,)),
                Field("role_play", "Role play", FieldKind.EXTENT, reports=(SUPERVISOR,)),
                Field("kept", "Agenda kept", FieldKind.YES_NO, reports=(SUPERVISOR,)),
                Field("narrative", "What happened", FieldKind.TEXT, note=True, reports=EVERYWHERE),
            ),
            in_session=True,
            role=WorksheetRole.NOTE,
            expected_in=(SUPERVISOR,),
        ),
        Worksheet(
            "story_card",
            "Story card",
            "A hard memory, told another way.",
            WorksheetGroup.EMOTION,
            (
                Field("before", "How I told it then", FieldKind.TEXT, quote=True, reports=(CLIENT,)),
                Field("after", "How I tell it now", FieldKind.TEXT, quote=True, reports=(CLIENT,)),
                Field(
                    "weight",
                    "How heavy it is now",
                    FieldKind.SCALE,
                    low_label="light",
                    high_label="heavy",
                    reports=(CLIENT,),
                ),
                Field("who", "Who was there", FieldKind.PERSON, reports=(CLIENT, SUPERVISOR)),
            ),
            for_client=True,
            report_heading="Your stories",
        ),
        Worksheet(
            "relapse_plan",
            "Plan for later",
            "Early signs, and what to do then.",
            WorksheetGroup.ENDING,
            (
                Field("signs", "Early signs", FieldKind.TEXT, reports=(CLIENT, REFERRER)),
                Field(
                    "first",
                    "What I do first",
                    FieldKind.CHOICES,
                    options=(Option("call", "Call a friend"), Option("walk", "Go out")),
                    reports=(CLIENT,),
                ),
            ),
            for_client=True,
            expected_in=(CLIENT,),
            report_heading="My plan for staying well",
        ),
        Worksheet(
            "private",
            "Private thoughts",
            "Nothing of it is for anybody.",
            WorksheetGroup.RELATIONSHIP,
            (Field("thought", "Thought", FieldKind.TEXT),),
            for_client=True,
        ),
    )
    return {w.id: w for w in sheets}


PEOPLE = (
    RelationshipRecord("r1", "Jo Example", "partner", is_focus=True),
    RelationshipRecord("r2", "Mara", "friend"),
    RelationshipRecord("r3", "Ben", "friend", online=True),
    RelationshipRecord("r4", "Granny Ada", "grandmother", deceased=True),
)
CIRCLES = (
    ClosenessCircle(
        "c1", 2.0, placements=(Placement("r1", 0.9, 20), Placement("r2", 0.6, 200), Placement("r4", 1.2, 300))
    ),
    ClosenessCircle("c2", 40.0, placements=(Placement("r1", 0.6, 20), Placement("r2", 0.5, 190))),
    ClosenessCircle(
        "c3", 80.0, placements=(Placement("r1", 0.3, 30), Placement("r2", 0.4, 180), Placement("r3", 0.9, 90))
    ),
)


def record() -> EpisodeRecord:
    """Return thirteen sessions with entries on all sheets of `shelf`; texts marked UNSHARED are not for the client."""
    notes = tuple(
        ArtefactRecord(
            f"n{k}",
            "session_note",
            {"affect": float(k % 4), "role_play": 1.0, "kept": k % 3 != 0, "narrative": f"UNSHARED note {k}"},
            at=session_day(k),
            begun_at=session_day(k),
            session=k,
        )
        for k in range(1, 14)
    )
    goals = ({"goal": "Say at home what I need", "now": 7.0}, {"goal": "See Mara twice a month", "now": 9.0})
    story = "Since the move I carry everything alone, and Jo and I stopped talking."
    other_worksheets = (
        ArtefactRecord(
            "a1", "risk_review", {"thoughts": False, "done": "Asked again", "aside": "UNSHARED aside"}, 1.0, 1.0
        ),
        ArtefactRecord(
            "a2",
            "contract",
            {"goals": goals, "how_often": "weekly"},
            8.0,
            1.0,
            agreement=Agreement.AGREED,
            for_client=True,
        ),
        ArtefactRecord(
            "a3", "formulation", {"story": story}, 15.0, 14.0, 3, agreement=Agreement.EDITED, for_client=True
        ),
        ArtefactRecord("a4", "story_card", {"before": "UNSHARED card"}, 30.0, 30.0, session=5),
        ArtefactRecord(
            "a5",
            "story_card",
            {"before": "It was all my fault.", "after": "I was seven. Nobody asked me.", "weight": 3.0, "who": "r4"},
            60.0,
            50.0,
            2,
            session=9,
            for_client=True,
        ),
        ArtefactRecord(
            "a6",
            "relapse_plan",
            {"signs": "I stop answering Mara.", "first": ("call", "walk")},
            84.0,
            84.0,
            for_client=True,
        ),
        ArtefactRecord("a7", "private", {"thought": "UNSHARED thought"}, 3.0, 3.0, for_client=True),
    )
    return replace(
        episode(13),
        artefacts=(*other_worksheets, *notes),
        relationships=PEOPLE,
        circles=CIRCLES,
        ruptures=(RuptureRecord(35.6, 6, RuptureKind.WITHDRAWAL, 42.6),),
        began_on=date(2026, 1, 5),
    )


def case(**changes: object) -> Case:
    default = Case(
        record=record(),
        picture=pictures.full(),
        name="Carla",
        therapist="Alma Able",
        clinic="Harbour Practice",
        made_on=date(2026, 4, 6),
        help_now="Call 000 or come to the desk at the harbour, at any hour.",
        recommendations="A talk in three months.",
    )
    return replace(default, **changes)  # type: ignore[arg-type]


def empty() -> Case:
    return case(
        record=EpisodeRecord(person="x"),
        picture=pictures.empty(),
        help_now="",
        recommendations="",
    )


DRAWN_BY_THERAPIST = replace(CIRCLES[0], id="c0", at=1.0, respondent=Respondent.THERAPIST)

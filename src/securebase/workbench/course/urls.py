from __future__ import annotations

from django.urls import path

from securebase.workbench.course import (
    area_pages,
    emotion_pages,
    ending_pages,
    formulation_pages,
    pages,
    relationships_pages,
    session_pages,
    timeline_pages,
)

CLIENT = "clients/<uuid:client_id>/"
SESSION = CLIENT + "sessions/<uuid:session_id>/"

urlpatterns = [
    path(CLIENT + "course/", pages.course, name="course"),
    path(CLIENT + "course/contract/", pages.take_contract, name="contract-take"),
    path(CLIENT + "course/phase/", pages.take_phase, name="phase-take"),
    path(CLIENT + "course/focus/", formulation_pages.take_focus, name="focus-take"),
    path(CLIENT + "timeline/", timeline_pages.timeline_page, name="timeline"),
    path(CLIENT + "formulation/", formulation_pages.formulation, name="formulation"),
    path(CLIENT + "formulation/area/", formulation_pages.choose_areas, name="area-choose"),
    path(CLIENT + "formulation/write/", formulation_pages.write, name="formulation-write"),
    path(CLIENT + "area/", area_pages.area_work, name="area-work"),
    path(CLIENT + "ending/", ending_pages.ending, name="ending"),
    path(CLIENT + "ending/finish/", ending_pages.finish, name="ending-finish"),
    path(CLIENT + "relationships/", relationships_pages.relationships, name="relationships"),
    path(CLIENT + "relationships/circle/paper/", relationships_pages.paper, name="circle-paper"),
    path(CLIENT + "emotion/", emotion_pages.emotional_work, name="emotional-work"),
    path(CLIENT + "strain/", emotion_pages.ruptures, name="ruptures"),
    path(SESSION + "work/", session_pages.work, name="session-work"),
    path(SESSION + "plan-next/", session_pages.plan_next, name="session-plan-next"),
]

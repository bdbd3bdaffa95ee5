from __future__ import annotations

from django.urls import path

from securebase.workbench.course import pages, relationships_pages, session_pages

CLIENT = "clients/<uuid:client_id>/"
SESSION = CLIENT + "sessions/<uuid:session_id>/"

urlpatterns = [
    path(CLIENT + "course/", pages.course, name="course"),
    path(CLIENT + "relationships/", relationships_pages.relationships, name="relationships"),
    path(CLIENT + "relationships/circle/paper/", relationships_pages.paper, name="circle-paper"),
    path(SESSION + "work/", session_pages.work, name="session-work"),
    path(SESSION + "plan-next/", session_pages.plan_next, name="session-plan-next"),
]

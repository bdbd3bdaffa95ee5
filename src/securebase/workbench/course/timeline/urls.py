from __future__ import annotations

from django.urls import path

from securebase.workbench.course.entries import CourseEntry
from securebase.workbench.course.timeline import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "timeline/", pages.timeline_page, name="timeline"),
]
ENTRIES = (CourseEntry(1, "timeline", "Timeline", "Life events, roles, medication and symptoms over time"),)

from __future__ import annotations

from django.urls import path

from securebase.workbench.course.entries import CourseEntry
from securebase.workbench.course.relationships import circle_pages, pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "relationships/", pages.relationships, name="relationships"),
    path(CLIENT + "relationships/circle/", circle_pages.save, name="circle-save"),
    path(CLIENT + "relationships/circle/paper/", pages.paper, name="circle-paper"),
]
ENTRIES = (CourseEntry(2, "relationships", "Relationships", "Interpersonal inventory and closeness circle"),)

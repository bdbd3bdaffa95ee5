from __future__ import annotations

from django.urls import path

from securebase.workbench.course.ending import pages
from securebase.workbench.course.entries import CourseEntry

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "ending/", pages.ending, name="ending"),
    path(CLIENT + "ending/finish/", pages.finish, name="ending-finish"),
]
ENTRIES = (CourseEntry(7, "ending", "", "Sessions left, gains, and plans for afterwards"),)

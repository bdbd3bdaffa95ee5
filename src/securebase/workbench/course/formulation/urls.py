from __future__ import annotations

from django.urls import path

from securebase.workbench.course.entries import CourseEntry
from securebase.workbench.course.formulation import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "formulation/", pages.formulation, name="formulation"),
    path(CLIENT + "formulation/area/", pages.choose_areas, name="area-choose"),
    path(CLIENT + "formulation/write/", pages.write, name="formulation-write"),
    path(CLIENT + "course/focus/", pages.take_focus, name="focus-take"),
]
ENTRIES = (CourseEntry(3, "formulation", "Focus and formulation", "Problem area and the story of the illness"),)

from __future__ import annotations

from django.urls import path

from securebase.workbench.course.area import pages
from securebase.workbench.course.entries import CourseEntry

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "area/", pages.area_work, name="area-work"),
]
ENTRIES = (CourseEntry(4, "area-work", "Problem area work", "Goals, strategies and progress"),)

from __future__ import annotations

from django.urls import path

from securebase.workbench.course.emotion import pages
from securebase.workbench.course.entries import CourseEntry

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "emotion/", pages.emotional_work, name="emotional-work"),
    path(CLIENT + "strain/", pages.ruptures, name="ruptures"),
]
ENTRIES = (
    CourseEntry(5, "emotional-work", "Emotional work", "Retellings, story cards, corrective experiences"),
    CourseEntry(6, "ruptures", "Ruptures and repair", "Each rupture and how it was repaired"),
)

from __future__ import annotations

from django.urls import path

from securebase.workbench.course.emotion import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "emotion/", pages.emotional_work, name="emotional-work"),
    path(CLIENT + "strain/", pages.ruptures, name="ruptures"),
]

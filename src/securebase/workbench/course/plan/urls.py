from __future__ import annotations

from django.urls import path

from securebase.workbench.course.plan import pages

CLIENT = "clients/<uuid:client_id>/"

urlpatterns = [
    path(CLIENT + "course/", pages.course, name="course"),
    path(CLIENT + "course/contract/", pages.take_contract, name="contract-take"),
    path(CLIENT + "course/phase/", pages.take_phase, name="phase-take"),
]

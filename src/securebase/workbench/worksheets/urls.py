from __future__ import annotations

from django.urls import path

from securebase.workbench.worksheets import pages

CLIENT = "clients/<uuid:client_id>/"
WORK = CLIENT + "work/<slug:name>/"
ARTEFACT = WORK + "<uuid:artefact_id>/"

urlpatterns = [
    path(WORK, pages.begin, name="worksheet-begin"),
    path(WORK + "about/<uuid:about_id>/", pages.begin_about, name="worksheet-about"),
    path(WORK + "paper/", pages.paper, name="worksheet-paper"),
    path(ARTEFACT, pages.worksheet, name="worksheet"),
    path(ARTEFACT + "history/", pages.history, name="worksheet-history"),
    path(ARTEFACT + "restore/", pages.restore, name="worksheet-restore"),
    path(ARTEFACT + "remove/", pages.remove, name="worksheet-remove"),
    path(ARTEFACT + "share/", pages.share, name="worksheet-share"),
    path(ARTEFACT + "answer/", pages.answer, name="worksheet-answer"),
]

from __future__ import annotations

from django.urls import path

from securebase.workbench.worksheets import pages

CLIENT = "clients/<uuid:client_id>/"
WORK = CLIENT + "work/<slug:name>/"
ONE = WORK + "<uuid:artefact_id>/"

urlpatterns = [
    path(WORK, pages.begin, name="worksheet-begin"),
    path(WORK + "about/<uuid:about_id>/", pages.begin_about, name="worksheet-about"),
    path(WORK + "paper/", pages.paper, name="worksheet-paper"),
    path(ONE, pages.worksheet, name="worksheet"),
    path(ONE + "history/", pages.history, name="worksheet-history"),
    path(ONE + "restore/", pages.restore, name="worksheet-restore"),
    path(ONE + "remove/", pages.remove, name="worksheet-remove"),
    path(ONE + "share/", pages.share, name="worksheet-share"),
    path(ONE + "answer/", pages.answer, name="worksheet-answer"),
]

from __future__ import annotations

from django.urls import path

from securebase.workbench.own_pages import circle_pages, pages, settings_pages

SETTINGS = "clients/<uuid:client_id>/own-page/"
SHEET = "own/sheet/<slug:name>/"
ARTEFACT = SHEET + "<uuid:artefact_id>/"

urlpatterns = [
    path(SETTINGS, settings_pages.own_page, name="own-page-settings"),
    path(SETTINGS + "link/", settings_pages.make_link, name="own-page-link"),
    path(SETTINGS + "hand-over/", settings_pages.hand_over, name="own-page-hand-over"),
    path(SETTINGS + "close/", settings_pages.close, name="own-page-close"),
    path("p/<str:token>/", pages.link, name="own-link"),
    path("own/", pages.home, name="own-home"),
    path("own/code/", pages.code, name="own-code"),
    path("own/notify/", pages.notify, name="own-notify"),
    path("own/close/", pages.close, name="own-close"),
    path("own/end/", pages.end, name="own-end"),
    path("own/still-here/", pages.still_here, name="own-still-here"),
    path("own/check-in/<uuid:check_in_id>/", pages.check_in, name="own-check-in"),
    path("own/circle/", circle_pages.circle, name="own-circle"),
    path("own/circle/save/", circle_pages.save, name="own-circle-save"),
    path("own/circle/person/", circle_pages.add_person, name="own-circle-person"),
    path(SHEET, pages.begin, name="own-begin"),
    path(ARTEFACT, pages.worksheet, name="own-worksheet"),
    path(ARTEFACT + "answer/", pages.answer, name="own-answer"),
]

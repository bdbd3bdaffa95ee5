from __future__ import annotations

from django.urls import path

from securebase.workbench.therapy_sessions import pages

CLIENT = "clients/<uuid:client_id>/"
SESSION = CLIENT + "sessions/<uuid:session_id>/"

urlpatterns = [
    path(CLIENT + "sessions/new/", pages.new_session, name="session-new"),
    path(SESSION + "remove/", pages.remove_session, name="session-remove"),
    path(SESSION + "rupture/", pages.mark_rupture, name="rupture-mark"),
    path(CLIENT + "ruptures/<uuid:rupture_id>/repair/", pages.repair_rupture, name="rupture-repair"),
    path(CLIENT + "ruptures/<uuid:rupture_id>/remove/", pages.remove_rupture, name="rupture-remove"),
]

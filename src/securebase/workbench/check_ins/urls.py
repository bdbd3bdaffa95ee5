from __future__ import annotations

from django.urls import path

from securebase.workbench.check_ins import app_pages, client_pages, pages, preview_pages, session_pages

CLIENT = "clients/<uuid:client_id>/"
SESSION = CLIENT + "sessions/<uuid:session_id>/"
CHECK_IN = SESSION + "<str:moment>/"

urlpatterns = [
    path("manifest.webmanifest", app_pages.manifest, name="manifest"),
    path("icon-<int:size>.png", app_pages.icon, name="icon"),
    path("offline/", app_pages.offline, name="offline"),
    path("worker.js", app_pages.worker, name="worker"),
    path(CLIENT + "sessions/", session_pages.sessions, name="client-sessions"),
    path(SESSION, session_pages.session, name="session"),
    path(SESSION + "own-rating/", session_pages.rate_session, name="session-rate"),
    path(CHECK_IN + "link/", pages.make_link, name="check-in-link"),
    path(CHECK_IN + "hand-over/", pages.hand_over, name="check-in-hand-over"),
    path(CHECK_IN + "withdraw/", pages.withdraw, name="check-in-withdraw"),
    path(CHECK_IN + "paper/", pages.paper, name="check-in-paper"),
    path(CHECK_IN + "type-in/", pages.type_in_check_in, name="check-in-type-in"),
    path(
        "library/<slug:instrument_id>/wording/<slug:tag>/preview/",
        preview_pages.preview,
        name="library-wording-preview",
    ),
    path("c/<str:token>/", client_pages.check_in, name="check-in"),
    path("c/<str:token>/sent/", client_pages.sent, name="check-in-sent"),
]

from __future__ import annotations

from django.urls import path

from securebase.workbench.therapy_sessions import check_in_pages, measure_pages, pages

CLIENT = "clients/<uuid:client_id>/"
SESSION = CLIENT + "sessions/<uuid:session_id>/"
CHECK_IN = SESSION + "<str:moment>/"

urlpatterns = [
    path(CLIENT + "sessions/", pages.sessions, name="client-sessions"),
    path(CLIENT + "sessions/new/", pages.new_session, name="session-new"),
    path(SESSION, pages.session, name="session"),
    path(SESSION + "remove/", pages.remove_session, name="session-remove"),
    path(SESSION + "own-rating/", pages.rate_session, name="session-rate"),
    path(SESSION + "rupture/", pages.mark_rupture, name="rupture-mark"),
    path(CLIENT + "ruptures/<uuid:rupture_id>/repair/", pages.repair_rupture, name="rupture-repair"),
    path(CLIENT + "ruptures/<uuid:rupture_id>/remove/", pages.remove_rupture, name="rupture-remove"),
    path(CHECK_IN + "link/", pages.make_link, name="check-in-link"),
    path(CHECK_IN + "hand-over/", pages.hand_over, name="check-in-hand-over"),
    path(CHECK_IN + "withdraw/", pages.withdraw, name="check-in-withdraw"),
    path(CHECK_IN + "paper/", pages.paper, name="check-in-paper"),
    path(CHECK_IN + "type-in/", pages.type_in_check_in, name="check-in-type-in"),
    path(CLIENT + "alerts/<uuid:alert_id>/", pages.alert, name="alert"),
    path(CLIENT + "measures/", measure_pages.measures, name="client-measures"),
    path(CLIENT + "measures/ratings-<slug:width>.svg", measure_pages.ratings_drawing, name="client-ratings"),
    path(CLIENT + "measures/extra/<slug:instrument_id>/", measure_pages.choose_extra, name="extra-choose"),
    path(CLIENT + "measures/<uuid:administration_id>/", measure_pages.administration, name="administration"),
    path(
        CLIENT + "measures/<uuid:administration_id>/set-aside/",
        measure_pages.set_aside,
        name="administration-set-aside",
    ),
    path(CLIENT + "measures/type-in/<slug:instrument_id>/", measure_pages.type_in, name="type-in"),
    path("library/", measure_pages.library, name="library"),
    path("library/<slug:instrument_id>/", measure_pages.library_instrument, name="library-instrument"),
    path("c/<str:token>/", check_in_pages.check_in, name="check-in"),
    path("c/<str:token>/sent/", check_in_pages.sent, name="check-in-sent"),
]

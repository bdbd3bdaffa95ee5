from __future__ import annotations

from django.urls import path

from securebase.workbench.measures import alert_pages, library_pages, pages, wording_pages

CLIENT = "clients/<uuid:client_id>/"
ADMINISTRATION = CLIENT + "measures/<uuid:administration_id>/"

urlpatterns = [
    path(CLIENT + "measures/", pages.measures, name="client-measures"),
    path(CLIENT + "measures/ratings-<slug:width>.svg", pages.ratings_drawing, name="client-ratings"),
    path(CLIENT + "measures/extra/<str:choice>/", pages.choose_extra, name="extra-choose"),
    path(CLIENT + "measures/type-in/<slug:instrument_id>/", pages.type_in, name="type-in"),
    path(ADMINISTRATION, pages.administration, name="administration"),
    path(ADMINISTRATION + "set-aside/", pages.set_aside, name="administration-set-aside"),
    path(CLIENT + "alerts/<uuid:alert_id>/", alert_pages.alert, name="alert"),
    path("library/", library_pages.library, name="library"),
    path("library/<slug:instrument_id>/", library_pages.library_instrument, name="library-instrument"),
    path("library/<slug:instrument_id>/wording/", wording_pages.load_wording, name="library-wording"),
    path(
        "library/<slug:instrument_id>/wording/<slug:tag>/withdraw/",
        wording_pages.withdraw,
        name="library-wording-withdraw",
    ),
]

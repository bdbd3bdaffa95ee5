from __future__ import annotations

from django.urls import path

from securebase.workbench.progress import calibration_pages, match_pages, outcomes_pages, pages, theory_pages

urlpatterns = [
    path("", pages.caseload, name="caseload"),
    path("clients/<uuid:client_id>/", pages.client, name="client"),
    path("clients/<uuid:client_id>/charts/<slug:name>/<str:ticket>/", pages.chart, name="client-chart"),
    path("clients/<uuid:client_id>/matches/", match_pages.matches, name="client-matches"),
    path("clinic/calibration/", calibration_pages.clinic_calibration, name="clinic-calibration"),
    path("clinic/outcomes/", outcomes_pages.clinic_outcomes_page, name="clinic-outcomes"),
    path("clinic/theory/", theory_pages.try_theory, name="theory"),
    path("clients/<uuid:client_id>/report/", pages.report, name="client-report"),
]

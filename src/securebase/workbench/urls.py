"""URL configuration of the workbench."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("securebase.workbench.accounts.urls")),
    path("", include("securebase.workbench.jobs.urls")),
    path("", include("securebase.workbench.clients.urls")),
    path("", include("securebase.workbench.therapy_sessions.urls")),
    path("", include("securebase.workbench.measures.urls")),
    path("", include("securebase.workbench.check_ins.urls")),
    path("", include("securebase.workbench.requests.urls")),
    path("", include("securebase.workbench.inventory.urls")),
    path("", include("securebase.workbench.worksheets.urls")),
    path("", include("securebase.workbench.course.urls")),
    path("", include("securebase.workbench.supervision.urls")),
    path("", include("securebase.workbench.progress.urls")),
    path("", include("securebase.workbench.own_pages.urls")),
    path("", include("securebase.workbench.exports.urls")),
    path("", include("securebase.workbench.ui.urls")),
]

handler400 = "securebase.workbench.ui.pages.bad_request"
handler403 = "securebase.workbench.ui.pages.permission_denied"
handler404 = "securebase.workbench.ui.pages.not_found"
handler500 = "securebase.workbench.ui.pages.server_error"

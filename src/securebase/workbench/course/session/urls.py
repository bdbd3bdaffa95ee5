from __future__ import annotations

from django.urls import path

from securebase.workbench.course.session import pages

SESSION = "clients/<uuid:client_id>/sessions/<uuid:session_id>/"

urlpatterns = [
    path(SESSION + "work/", pages.work, name="session-work"),
    path(SESSION + "plan-next/", pages.plan_next, name="session-plan-next"),
]

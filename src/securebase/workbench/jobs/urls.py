from __future__ import annotations

from django.urls import path

from securebase.workbench.jobs import pages

urlpatterns = [path("clinic/mail/", pages.mail, name="clinic-mail")]

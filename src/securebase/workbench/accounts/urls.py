from __future__ import annotations

from django.urls import path

from securebase.workbench.accounts import alert_settings, pages, practice_settings

urlpatterns = [
    path("sign-in/", pages.sign_in, name="sign-in"),
    path("sign-out/", pages.sign_out, name="sign-out"),
    path("still-here/", pages.still_here, name="still-here"),
    path("welcome/", pages.first_account, name="first-account"),
    path("profile/", pages.profile, name="profile"),
    path("clinic/", pages.clinic, name="clinic"),
    path("clinic/lineage/", practice_settings.lineage, name="clinic-lineage"),
    path("clinic/alerts/", alert_settings.alerts, name="clinic-alerts"),
    path("clinic/course-forms/", practice_settings.course_formats, name="course-forms"),
    path("clinic/accounts/new/", pages.new_account, name="account-new"),
    path("clinic/accounts/<uuid:account_id>/active/", pages.set_account_active, name="account-active"),
    path("clinic/accounts/<uuid:account_id>/password/", pages.reset_password, name="account-password"),
    path("healthy/", pages.healthy, name="healthy"),
]

from __future__ import annotations

from django.urls import path

from securebase.workbench.requests import pages

CLIENT = "clients/<uuid:client_id>/requests/"

urlpatterns = [
    path(CLIENT, pages.plan, name="requests"),
    path(CLIENT + "check-ins/", pages.plan_check_ins, name="requests-check-ins"),
    path(CLIENT + "<uuid:plan_id>/switch/", pages.switch, name="request-plan-switch"),
    path(CLIENT + "<uuid:request_id>/again/", pages.send_again, name="request-again"),
    path(CLIENT + "<uuid:request_id>/withdraw/", pages.withdraw, name="request-withdraw"),
    path(CLIENT + "<uuid:check_in_id>/code/", pages.show_code, name="check-in-code"),
    path(CLIENT + "<uuid:check_in_id>/hand-over/", pages.hand_over, name="request-hand-over"),
    path("late/", pages.late, name="late"),
    path("clinic/reminders/", pages.reminders, name="clinic-reminders"),
    path("reminders/<uuid:person>/<str:token>/", pages.stop_reminders, name="reminders-stop"),
]

from __future__ import annotations

from django.urls import path

from securebase.workbench.inventory import pages

INVENTORY = "clients/<uuid:client_id>/relationships/"
PERSON = INVENTORY + "<uuid:relationship_id>/"
CIRCLE = INVENTORY + "circle/"

urlpatterns = [
    path(INVENTORY + "new/", pages.new_relationship, name="relationship-new"),
    path(PERSON, pages.relationship, name="relationship"),
    path(PERSON + "take-out/", pages.remove_relationship, name="relationship-take-out"),
    path(PERSON + "put-back/", pages.restore_relationship, name="relationship-put-back"),
    path(PERSON + "focus/", pages.focus, name="relationship-focus"),
    path(CIRCLE + "<uuid:circle_id>/remove/", pages.remove_circle, name="circle-remove"),
    path(CIRCLE + "<uuid:circle_id>/restore/", pages.restore_circle, name="circle-restore"),
]

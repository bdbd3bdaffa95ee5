from __future__ import annotations

from django.urls import path

from securebase.workbench.supervision import pages, sharing_pages

CLIENT = "clients/<uuid:client_id>/"
SHARE = CLIENT + "supervision/<uuid:share_id>/"
SHARED = "supervision/<uuid:share_id>/"

urlpatterns = [
    path(CLIENT + "supervision/", sharing_pages.supervision, name="client-supervision"),
    path(SHARE + "end/", sharing_pages.revoke, name="share-revoke"),
    path(SHARE + "answer/", sharing_pages.answer, name="share-answer"),
    path(CLIENT + "portfolio/", sharing_pages.portfolio, name="client-portfolio"),
    path("supervision/", pages.supervisees, name="supervisees"),
    path(SHARED, pages.course, name="shared-course"),
    path(SHARED + "sheets/<uuid:artefact_id>/", pages.sheet, name="shared-sheet"),
    path(SHARED + "comment/", pages.comment, name="shared-comment"),
    path("supervision/comments/<uuid:comment_id>/", pages.change_comment, name="comment-change"),
]

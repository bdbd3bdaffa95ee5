"""Change shares and comments, and audit every access to a shared course."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from securebase.errors import InputError, NotPermittedError
from securebase.ipt.shelf import worksheets as shelf
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Episode
from securebase.workbench.supervision.models import Comment, Share, SharedPart
from securebase.workbench.worksheets.models import Artefact

SHARED = "a course shared with this supervisor"


@transaction.atomic
def share_course(
    *,
    episode: Episode,
    by: Account,
    supervisor: Account,
    label: str,
    until: datetime,
    parts: Sequence[SharedPart],
    worksheets: Sequence[str],
    at: datetime,
    agreed: bool,
    consent_note: str = "",
) -> Share:
    """Share parts of the course with a supervisor of the clinic until a moment.

    `agreed` is True if the contract records the client's consent to supervision; without it, `consent_note` must give
    the reason for sharing. Raises InputError if that reason is missing, nothing is chosen, or the end is not in the
    future.
    """
    ensure_own(episode.client, by)
    if supervisor.clinic_id != by.clinic_id or not supervisor.has_role(Role.SUPERVISOR) or supervisor.pk == by.pk:
        raise NotPermittedError("a course can only be shared with another supervisor of the clinic")
    unknown = [name for name in worksheets if name not in shelf()]
    if unknown:
        raise InputError(f"unknown worksheet “{unknown[0]}”")
    if not parts and not worksheets:
        raise InputError("nothing is chosen to share", advice="Select what the supervisor may see.")
    if until <= at:
        raise InputError("the end date must be after the start date", where="Last day")
    if not agreed and not consent_note.strip():
        raise InputError(
            "the contract does not record the client’s consent to supervision",
            where="Consent",
            advice="Ask the client, or give the reason for sharing without it.",
        )
    if _reveals(episode.client.name_shown, label):
        raise InputError("the label contains the client’s name", where="Label", advice="Choose another label.")
    share = Share.objects.create(
        episode=episode,
        supervisor=supervisor,
        label=label.strip(),
        made_at=at,
        until=until,
        parts=[SharedPart(p).value for p in parts],
        worksheets=list(worksheets),
        consent_note="" if agreed else consent_note.strip(),
    )
    detail = {"supervisor": str(supervisor.id), "parts": share.parts, "worksheets": share.worksheets, "agreed": agreed}
    _record(by, "share.made", share, **detail)
    return share


@transaction.atomic
def revoke_share(*, share: Share, by: Account, at: datetime) -> None:
    """End the share now; its comments stay with the therapist."""
    ensure_own(share.episode.client, by)
    if not Share.objects.visible_to(by).filter(id=share.id, revoked_at=None).update(revoked_at=at):
        raise InputError("this share has already ended")
    _record(by, "share.revoked", share)


@transaction.atomic
def record_look(*, share: Share, by: Account, part: str, object_id: object = "") -> None:
    """Audit that a supervisor read a shared course or one of its worksheets."""
    _record(by, "share.read", share, what=part, id=str(object_id))


def _reveals(name: str, label: str) -> bool:
    """Return True if the label contains the client's name or a word of it longer than an initial."""
    name_words, label_words = (set(re.findall(r"\w+", text.casefold())) for text in (name, label))
    return name.casefold() in label.casefold() or any(len(w) > 1 for w in name_words & label_words)


def _ensure_may_comment(share: Share, by: Account, at: datetime) -> None:
    mine = share.episode.client.therapist_id == by.id and by.is_therapist
    theirs = share.supervisor_id == by.id and by.has_role(Role.SUPERVISOR) and share.is_live(at)
    if not mine and not theirs:
        raise NotPermittedError("this course is not shared with you")


@transaction.atomic
def comment(*, share: Share, by: Account, text: str, at: datetime, artefact: Artefact | None = None) -> Comment:
    """Comment on the whole course or on one of its worksheets. Raises InputError if the text is empty."""
    _ensure_may_comment(share, by, at)
    if artefact is not None and artefact.episode_id != share.episode_id:
        raise InputError("the worksheet belongs to another course")
    row = Comment.objects.create(share=share, artefact=artefact, by=by, text=_clean(text), at=at)
    _record(by, "comment.made", share, comment=str(row.id))
    return row


@transaction.atomic
def change_comment(*, comment: Comment, by: Account, text: str, at: datetime) -> Comment:
    """Reword one's own comment; earlier wordings stay stored."""
    _ensure_author(comment, by, at)
    text = _clean(text)
    if text != comment.text:
        comment.earlier = [*comment.earlier, {"text": comment.text, "until": at.isoformat()}]
        comment.text, comment.changed_at, comment.seen_at = text, at, None
        comment.save(update_fields=["text", "earlier", "changed_at", "seen_at"])
        _record(by, "comment.changed", comment.share, comment=str(comment.id))
    return comment


@transaction.atomic
def remove_comment(*, comment: Comment, by: Account, at: datetime, undo: bool = False) -> Comment:
    """Remove one's own comment; `undo` restores it."""
    _ensure_author(comment, by, at)
    comment.removed_at = None if undo else at
    comment.save(update_fields=["removed_at"])
    _record(by, "comment.put_back" if undo else "comment.removed", comment.share, comment=str(comment.id))
    return comment


@transaction.atomic
def mark_seen(*, comments: Sequence[uuid.UUID], by: Account, at: datetime) -> None:
    """Mark comments by the other person as seen."""
    rows = Comment.objects.unscoped(reason="comments on the page being shown")
    rows.filter(id__in=list(comments), seen_at=None).exclude(by=by).update(seen_at=at)


def _ensure_author(comment: Comment, by: Account, at: datetime) -> None:
    _ensure_may_comment(comment.share, by, at)
    if comment.by_id != by.id:
        raise NotPermittedError("only the author can edit a comment")


def _clean(text: str) -> str:
    # browsers count a line break as one character and send two: a comment that fills its field must fit
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InputError("the comment must not be empty")
    if len(text) > 4000:
        raise InputError(
            f"the comment must have at most 4000 characters (got {len(text)})", advice="Split it into two comments."
        )
    return text


def _record(by: Account, action: str, share: Share, **detail: object) -> None:
    record(
        actor=by,
        action=action,
        object_type="share",
        object_id=share.pk,
        client=share.episode.client_id,
        detail=dict(detail),
    )

"""Everything that changes a share or a comment, and the audit row of every look at a shared course."""

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

SHARED = "a course that was shared with this supervisor"


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
    """Let a supervisor of the clinic see a part of the course until a day.

    `agreed`: the contract says that the client agreed to a supervisor; where it does not, a note has to say why it is
    shared all the same. Raises InputError where that is missing, nothing is shared, or it would end before it begins.
    """
    ensure_own(episode.client, by)
    if supervisor.clinic_id != by.clinic_id or not supervisor.has_role(Role.SUPERVISOR) or supervisor.pk == by.pk:
        raise NotPermittedError("only a supervisor of the clinic can be shared with")
    unknown = [name for name in worksheets if name not in shelf()]
    if unknown:
        raise InputError(f"there is no worksheet called “{unknown[0]}”")
    if not parts and not worksheets:
        raise InputError("nothing is chosen to share", advice="Tick what the supervisor may see.")
    if until <= at:
        raise InputError("it would end before it begins", where="Until")
    if not agreed and not consent_note.strip():
        raise InputError(
            "the contract does not say that the client agreed",
            where="Consent",
            advice="Ask the client, or say why it is shared all the same.",
        )
    if _names(episode.client.name_shown, label):
        raise InputError("the label names the client", where="Label", advice="Choose another word.")
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
    """End it now. What was said to it stays with the therapist."""
    ensure_own(share.episode.client, by)
    if not Share.objects.visible_to(by).filter(id=share.id, revoked_at=None).update(revoked_at=at):
        raise InputError("this was ended already")
    _record(by, "share.revoked", share)


@transaction.atomic
def record_look(*, share: Share, by: Account, what: str, object_id: object = "") -> None:
    """A supervisor looked at a shared course, or at one worksheet of it."""
    _record(by, "share.read", share, what=what, id=str(object_id))


def _names(name: str, label: str) -> bool:
    """Whether the label holds the client’s name or a word of it that is longer than an initial."""
    words, said = (set(re.findall(r"\w+", text.casefold())) for text in (name, label))
    return name.casefold() in label.casefold() or any(len(w) > 1 for w in words & said)


def _may_speak(share: Share, by: Account, at: datetime) -> None:
    mine = share.episode.client.therapist_id == by.id and by.is_therapist
    theirs = share.supervisor_id == by.id and by.has_role(Role.SUPERVISOR) and share.is_live(at)
    if not mine and not theirs:
        raise NotPermittedError("this course is not shared with you")


@transaction.atomic
def comment(*, share: Share, by: Account, text: str, at: datetime, artefact: Artefact | None = None) -> Comment:
    """Say something to the whole course or to one worksheet of it. Raises InputError where there are no words."""
    _may_speak(share, by, at)
    if artefact is not None and artefact.episode_id != share.episode_id:
        raise InputError("the worksheet belongs to another course")
    made = Comment.objects.create(share=share, artefact=artefact, by=by, text=_words(text), at=at)
    _record(by, "comment.made", share, comment=str(made.id))
    return made


@transaction.atomic
def change_comment(*, found: Comment, by: Account, text: str, at: datetime) -> Comment:
    """Other words; those before them are kept."""
    _own(found, by, at)
    words = _words(text)
    if words != found.text:
        found.earlier = [*found.earlier, {"text": found.text, "until": at.isoformat()}]
        found.text, found.changed_at, found.seen_at = words, at, None
        found.save(update_fields=["text", "earlier", "changed_at", "seen_at"])
        _record(by, "comment.changed", found.share, comment=str(found.id))
    return found


@transaction.atomic
def remove_comment(*, found: Comment, by: Account, at: datetime, undo: bool = False) -> Comment:
    """Take one's own comment back; `undo` puts it there again."""
    _own(found, by, at)
    found.removed_at = None if undo else at
    found.save(update_fields=["removed_at"])
    _record(by, "comment.put_back" if undo else "comment.removed", found.share, comment=str(found.id))
    return found


@transaction.atomic
def mark_seen(*, comments: Sequence[uuid.UUID], by: Account, at: datetime) -> None:
    """The other one's comments were on a page."""
    rows = Comment.objects.unscoped(reason="comments that are on the page")
    rows.filter(id__in=list(comments), seen_at=None).exclude(by=by).update(seen_at=at)


def _own(found: Comment, by: Account, at: datetime) -> None:
    _may_speak(found.share, by, at)
    if found.by_id != by.id:
        raise NotPermittedError("this comment is somebody else’s")


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise InputError("there are no words in it")
    if len(words) > 4000:
        raise InputError("it is longer than 4000 characters", advice="Say it in two comments.")
    return words


def _record(by: Account, action: str, share: Share, **detail: object) -> None:
    record(
        actor=by,
        action=action,
        object_type="share",
        object_id=share.pk,
        client=share.episode.client_id,
        detail=dict(detail),
    )

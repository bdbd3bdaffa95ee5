"""Writes of artefacts (filled-in worksheets)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.ipt import shelf
from securebase.ipt.parsing import ParsedValues
from securebase.records.vocabulary import Agreement, Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import ensure_own, raise_record_version, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion

#: Saves by the same writer within this time of the last version update it: a version per autosave would make the
#: history useless.
SITTING_LENGTH = timedelta(minutes=30)
_OWN_PAGE_REASON = "the client’s own page"


class EmptyWorksheetError(InputError):
    """The first save of a worksheet without any input. No text is lost."""

    def __init__(self) -> None:
        super().__init__("nothing is filled in yet", advice="Fill in at least one field.")


@dataclass(frozen=True, slots=True)
class Writer:
    """The author of a save: a therapist, or the client on their own page (account None).

    from_paper: the therapist types in a form that the client filled in on paper.
    """

    account: Account | None
    from_paper: bool = False

    @property
    def respondent(self) -> Respondent:
        return Respondent.THERAPIST if self.account and not self.from_paper else Respondent.CLIENT

    @property
    def id(self) -> uuid.UUID | None:
        return self.account.id if self.account else None

    def ensure_may_write(self, episode: Episode, name: str) -> None:
        """Raise NotPermittedError for another therapist's client and for worksheets that clients may not fill in."""
        if self.account is not None:
            ensure_own(episode.client, self.account)
        if (self.account is None or self.from_paper) and not shelf.worksheet(name).client_fills:
            raise NotPermittedError("clients may not fill in this worksheet")


@transaction.atomic
def save_artefact(
    *,
    id: uuid.UUID,  # noqa: A002 (chosen when the page is opened, so that a request sent twice saves once)
    episode: Episode,
    worksheet: str,
    by: Account | None,
    filled: ParsedValues,
    revision: int,
    at: datetime,
    session: TherapySession | None = None,
    about: uuid.UUID | None = None,
    simulated: bool = False,
    from_paper: bool = False,
    new_version: bool = False,
) -> Artefact:
    """Save the values of a worksheet. Creates the artefact if no artefact has this id.

    `revision` is the one that the page was opened with (0 for a new artefact). Raises ConflictError if somebody
    else has saved since, EmptyWorksheetError for a new artefact without input, and InputError if the id, session or
    person belongs elsewhere. `from_paper`: `by` types in what the client wrote on paper. `new_version`: add a version
    even within the sitting, so that the text saved elsewhere meanwhile stays in the history.
    """
    writer = Writer(by, from_paper)
    writer.ensure_may_write(episode, worksheet)
    if session is not None and session.episode_id != episode.id:
        raise InputError("the session belongs to another therapy")
    if about is not None and not episode.relationships.filter(id=about).exists():
        raise InputError("this person is not in the client’s inventory", advice="Choose someone from the inventory.")
    change = _Change(writer, _to_json(filled.values), _unread_to_json(filled), at, session, about, new_version)
    rows = Artefact.objects.unscoped(reason="an artefact of an episode that is in reach")
    artefact = rows.select_for_update().filter(id=id).first()
    if artefact is None:
        return _create(id, episode, worksheet, change, simulated=simulated)
    if artefact.episode_id != episode.id or artefact.worksheet != worksheet:
        raise InputError("this page belongs to another worksheet", advice="Open the worksheet again from the course.")
    if artefact.revision != revision:
        if artefact.values == change.values and artefact.unread == change.unread:
            return artefact  # the same request again, after its response was lost
        raise ConflictError
    if not change.applies_to(artefact):
        return artefact
    _update(artefact, change)
    return artefact


@dataclass(frozen=True, slots=True)
class _Change:
    """The arguments of one save."""

    writer: Writer
    values: dict[str, Any]
    unread: dict[str, list[str]]
    at: datetime
    session: TherapySession | None
    about: uuid.UUID | None
    new_version: bool = False

    def applies_to(self, artefact: Artefact) -> bool:
        """Return whether saving would change the artefact."""
        unchanged = artefact.values == self.values and artefact.unread == self.unread and artefact.about == self.about
        return not unchanged or artefact.therapy_session != self.session or artefact.removed_at is not None


def _create(id: uuid.UUID, episode: Episode, worksheet: str, change: _Change, *, simulated: bool) -> Artefact:  # noqa: A002
    if not change.values and not change.unread:
        raise EmptyWorksheetError
    artefact = Artefact.objects.create(
        id=id,
        episode=episode,
        worksheet=worksheet,
        therapy_session=change.session,
        about=change.about,
        values=change.values,
        unread=change.unread,
        respondent=change.writer.respondent.value,
        # clients keep access to what they wrote
        for_client=change.writer.account is None,
        simulated=simulated,
        begun_at=change.at,
        changed_at=change.at,
    )
    _add_version(artefact, change.writer, change.at)
    _record(change.writer.account, "artefact.begun", artefact, fields=len(change.values))
    return artefact


def _update(artefact: Artefact, change: _Change) -> None:
    changed = artefact.values != change.values
    last = artefact.versions.order_by("-number").first()
    artefact.values, artefact.unread, artefact.changed_at = change.values, change.unread, change.at
    put_back = artefact.removed_at is not None
    moved = (artefact.therapy_session, artefact.about) != (change.session, change.about)
    artefact.therapy_session, artefact.about, artefact.removed_at = change.session, change.about, None
    artefact.revision += 1
    if changed and (last is None or not _same_sitting(last, change)):
        artefact.version += 1
        # the client agreed to the previous version, not to this one
        artefact.agreement = Agreement.OPEN.value
        artefact.save()
        _add_version(artefact, change.writer, change.at)
        _record(change.writer.account, "artefact.changed", artefact, fields=len(change.values))
        return
    artefact.save()
    if changed and last is not None:
        # a version keeps the time of its first save, so that a long stretch of autosaves yields several versions
        last.values = change.values
        last.save(update_fields=["values"])
    if put_back or moved:
        _record(change.writer.account, "artefact.put_back" if put_back else "artefact.moved", artefact)
        return
    # one audit row per sitting, not per autosave; the record version rises with every save
    raise_record_version(artefact.episode)


def _same_sitting(last: ArtefactVersion, change: _Change) -> bool:
    same_writer = last.saved_by == change.writer.id and last.respondent == change.writer.respondent
    same_writer = same_writer and last.restored_from is None and not change.new_version
    return same_writer and last.agreement == Agreement.OPEN and change.at - last.saved_at < SITTING_LENGTH


def _add_version(artefact: Artefact, writer: Writer, at: datetime, restored_from: int | None = None) -> ArtefactVersion:
    return ArtefactVersion.objects.create(
        artefact=artefact,
        number=artefact.version,
        values=artefact.values,
        saved_at=at,
        saved_by=writer.id,
        respondent=writer.respondent.value,
        restored_from=restored_from,
    )


@transaction.atomic
def restore_version(*, artefact: Artefact, by: Account, number: int, at: datetime) -> Artefact:
    """Restore an earlier version by adding a copy of it as the newest version."""
    ensure_own(artefact.episode.client, by)
    earlier = artefact.versions.filter(number=number).first()
    if earlier is None:
        raise InputError(f"there is no version {number}")
    artefact.values, artefact.unread, artefact.changed_at = earlier.values, {}, at
    artefact.agreement = Agreement.OPEN.value
    artefact.version += 1
    artefact.revision += 1
    artefact.save()
    _add_version(artefact, Writer(by), at, restored_from=number)
    _record(by, "artefact.restored", artefact, version=number)
    return artefact


@transaction.atomic
def answer_artefact(
    *,
    artefact: Artefact,
    by: Account | None,
    version: int,
    agreement: Agreement,
    client_words: str,
    at: datetime,
    revision: int | None = None,
) -> Artefact:
    """Record the client's answer to a version: agreed, agreed after changes, or declined. OPEN withdraws the answer.

    `by` is the therapist who notes the answer, None for the client. `revision` is the one that was read: within a
    sitting the text of a version still changes. Raises ConflictError if there is a newer one.
    """
    if by is not None:
        ensure_own(artefact.episode.client, by)
    elif not artefact.for_client:
        raise NotPermittedError("this was not shared with the client")
    if not artefact.kind.agreement:
        raise InputError("this worksheet does not ask for agreement")
    if artefact.version != version or (revision is not None and artefact.revision != revision):
        raise ConflictError("the worksheet changed while you were reading it", advice="Read the current version first.")
    answer = Agreement(agreement)
    rows = ArtefactVersion.objects.unscoped(reason=_OWN_PAGE_REASON).filter(artefact=artefact, number=version)
    rows.update(
        agreement=answer.value,
        # browsers count a line break as one character and send two
        said=client_words.replace("\r\n", "\n").strip()[:1000],
        answered_at=None if answer is Agreement.OPEN else at,
    )
    artefact.agreement = answer.value
    artefact.revision += 1
    artefact.save(update_fields=["agreement", "revision"])
    _record(by, "artefact.answered", artefact, agreement=answer.value)
    return artefact


@transaction.atomic
def share_artefact(
    *, artefact: Artefact, by: Account, client: bool | None = None, supervisor: bool | None = None
) -> None:
    """Set whether the client and supervisors may see the artefact; None leaves the setting unchanged."""
    ensure_own(artefact.episode.client, by)
    if client and not artefact.kind.for_client:
        raise InputError("this worksheet cannot be shared with clients")
    if client is not None:
        artefact.for_client = client
    if supervisor is not None:
        artefact.for_supervisor = supervisor
    artefact.save(update_fields=["for_client", "for_supervisor"])
    _record(by, "artefact.shared", artefact, client=artefact.for_client, supervisor=artefact.for_supervisor)


@transaction.atomic
def remove_artefact(*, artefact: Artefact, by: Account, at: datetime | None) -> Artefact:
    """Remove an artefact from the record; `at` None puts it back. Its versions stay."""
    ensure_own(artefact.episode.client, by)
    artefact.removed_at = at
    artefact.revision += 1
    artefact.save(update_fields=["removed_at", "revision"])
    _record(by, "artefact.removed" if at else "artefact.put_back", artefact)
    return artefact


def _unread_to_json(filled: ParsedValues) -> dict[str, list[str]]:
    return {field: list(entry) for field, entry in filled.unread.items()}


def _to_json(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as JSON would give them back, with lists for tuples."""
    return {
        name: [dict(v) if not isinstance(v, str) else v for v in value] if isinstance(value, tuple) else value
        for name, value in ((n, _rows_to_json(v)) for n, v in values.items())
    }


def _rows_to_json(value: Any) -> Any:
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return tuple({k: list(v) if isinstance(v, tuple) else v for k, v in row.items()} for row in value)
    return value


def _record(by: Account | None, action: str, row: Artefact, **detail: object) -> None:
    """Raise the record version and add the audit row; every write ends with this, in its transaction."""
    record_write(by, action, row, row.episode, **{"worksheet": row.worksheet, "version": row.version, **detail})

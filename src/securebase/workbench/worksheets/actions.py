"""Everything that changes a filled-in worksheet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from securebase.errors import InputError, NotPermittedError
from securebase.ipt.parsing import ParsedValues
from securebase.ipt.shelf import worksheet as worksheet_called
from securebase.records.vocabulary import Agreement, Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.actions import CHANGED_MEANWHILE, ensure_own, raise_record_version
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion

#: Saves of one person within so long of the last are one version: every pause in typing is saved, and a history of
#: pauses would tell nobody anything.
SITTING_LENGTH = timedelta(minutes=30)
#: Refused because there is nothing to keep: no text is lost by it.
NOTHING_YET = "nothing is filled in yet"
_THE_CLIENTS_OWN = "the client’s own page"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who saves: a therapist, or the client on their own page (account None). `from_paper`: the therapist types in what
    the client filled in on paper.
    """

    account: Account | None
    from_paper: bool = False

    @property
    def respondent(self) -> Respondent:
        return Respondent.THERAPIST if self.account and not self.from_paper else Respondent.CLIENT

    @property
    def id(self) -> uuid.UUID | None:
        return self.account.id if self.account else None

    def may_write(self, episode: Episode, name: str) -> None:
        """Raises NotPermittedError where this is not the client's therapist, or not for clients to fill in."""
        if self.account is not None:
            ensure_own(episode.client, self.account)
        if (self.account is None or self.from_paper) and not worksheet_called(name).client_fills:
            raise NotPermittedError("this is not for clients to fill in")


@transaction.atomic
def save_artefact(
    *,
    id: uuid.UUID,  # noqa: A002 (made where the page was opened: a sending that came twice is kept once)
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
    anew: bool = False,
) -> Artefact:
    """Keep what is in the worksheet now; begins it where there is none of this id.

    `revision` is the one the page was opened with (0 for a new one). Raises InputError where somebody saved meanwhile,
    where the id belongs to something else, or where nothing was filled in yet. `from_paper`: the client filled it in,
    `by` types it in. `anew`: what is saved now was written elsewhere and stays in the history, by any author.
    """
    writer = Writer(by, from_paper)
    writer.may_write(episode, worksheet)
    if session is not None and session.episode_id != episode.id:
        raise InputError("the session belongs to another therapy")
    if about is not None and not episode.relationships.filter(id=about).exists():
        raise InputError("this person is not in the client’s inventory", advice="Choose somebody who is.")
    saving = _Saving(writer, _plain(filled.values), _typed(filled), at, session, about, anew)
    rows = Artefact.objects.unscoped(reason="an artefact of an episode that is in reach")
    there = rows.select_for_update().filter(id=id).first()
    if there is None:
        return _begin(id, episode, worksheet, saving, simulated=simulated)
    if there.episode_id != episode.id or there.worksheet != worksheet:
        raise InputError("this page belongs to another worksheet", advice="Open it again from the course.")
    if there.revision != revision:
        if there.values == saving.values and there.unread == saving.unread:
            return there  # the same sending once more, after an answer that was lost on the way
        raise InputError(CHANGED_MEANWHILE, advice="Compare with what is saved now, then save again.")
    if not saving.changes(there):
        return there
    _keep(there, saving)
    return there


@dataclass(frozen=True, slots=True)
class _Saving:
    """One save: by whom, what, when, and what it belongs to."""

    writer: Writer
    values: dict[str, Any]
    unread: dict[str, list[str]]
    at: datetime
    session: TherapySession | None
    about: uuid.UUID | None
    anew: bool = False

    def changes(self, there: Artefact) -> bool:
        """Whether anything is another after it."""
        same = there.values == self.values and there.unread == self.unread and there.about == self.about
        return not same or there.therapy_session != self.session or there.removed_at is not None


def _begin(id: uuid.UUID, episode: Episode, worksheet: str, saving: _Saving, *, simulated: bool) -> Artefact:  # noqa: A002
    if not saving.values and not saving.unread:
        raise InputError(NOTHING_YET, advice="Write or choose something first.")
    made = Artefact.objects.create(
        id=id,
        episode=episode,
        worksheet=worksheet,
        therapy_session=saving.session,
        about=saving.about,
        values=saving.values,
        unread=saving.unread,
        respondent=saving.writer.respondent.value,
        # what the client wrote is the client's to see again
        for_client=saving.writer.account is None,
        simulated=simulated,
        begun_at=saving.at,
        changed_at=saving.at,
    )
    _version(made, saving.writer, saving.at)
    _record(saving.writer.account, "artefact.begun", made, fields=len(saving.values))
    return made


def _keep(there: Artefact, saving: _Saving) -> None:
    changed = there.values != saving.values
    last = there.versions.order_by("-number").first()
    there.values, there.unread, there.changed_at = saving.values, saving.unread, saving.at
    put_back = there.removed_at is not None
    moved = (there.therapy_session, there.about) != (saving.session, saving.about)
    there.therapy_session, there.about, there.removed_at = saving.session, saving.about, None
    there.revision += 1
    if changed and (last is None or not _one_sitting(last, saving)):
        there.version += 1
        # what was agreed to was another version
        there.agreement = Agreement.OPEN.value
        there.save()
        _version(there, saving.writer, saving.at)
        _record(saving.writer.account, "artefact.changed", there, fields=len(saving.values))
        return
    there.save()
    if changed and last is not None:
        # the time of a version is that of its first save: an hour of pauses is more than one sitting
        last.values = saving.values
        last.save(update_fields=["values"])
    if put_back or moved:
        _record(saving.writer.account, "artefact.put_back" if put_back else "artefact.moved", there)
        return
    # an audit row a sitting, not a pause in typing; the record has another version all the same
    raise_record_version(there.episode)


def _one_sitting(last: ArtefactVersion, saving: _Saving) -> bool:
    same_writer = last.saved_by == saving.writer.id and last.respondent == saving.writer.respondent
    same_writer = same_writer and last.restored_from is None and not saving.anew
    return same_writer and last.agreement == Agreement.OPEN and saving.at - last.saved_at < SITTING_LENGTH


def _version(of: Artefact, writer: Writer, at: datetime, restored_from: int | None = None) -> ArtefactVersion:
    return ArtefactVersion.objects.create(
        artefact=of,
        number=of.version,
        values=of.values,
        saved_at=at,
        saved_by=writer.id,
        respondent=writer.respondent.value,
        restored_from=restored_from,
    )


@transaction.atomic
def restore_version(*, artefact: Artefact, by: Account, number: int, at: datetime) -> Artefact:
    """Make an earlier version the present one, as a new version: nothing is lost by it."""
    ensure_own(artefact.episode.client, by)
    old = artefact.versions.filter(number=number).first()
    if old is None:
        raise InputError(f"there is no version {number}")
    artefact.values, artefact.unread, artefact.changed_at = old.values, {}, at
    artefact.agreement = Agreement.OPEN.value
    artefact.version += 1
    artefact.revision += 1
    artefact.save()
    _version(artefact, Writer(by), at, restored_from=number)
    _record(by, "artefact.restored", artefact, version=number)
    return artefact


@transaction.atomic
def answer_artefact(
    *,
    artefact: Artefact,
    by: Account | None,
    version: int,
    agreement: Agreement,
    said: str,
    at: datetime,
    revision: int | None = None,
) -> Artefact:
    """What the client said to this version: agreed, agreed after changes, or declined; OPEN takes the answer back.

    `by` is the therapist who writes it down, None the client. `revision`: the one that was read; within a sitting the
    text of a version still changes. Raises InputError where there is a newer one.
    """
    if by is not None:
        ensure_own(artefact.episode.client, by)
    elif not artefact.for_client:
        raise NotPermittedError("this was not shared with the client")
    if not artefact.kind.agreement:
        raise InputError("this is nothing to agree to")
    if artefact.version != version or (revision is not None and artefact.revision != revision):
        raise InputError("it was changed while you read it", advice="Read the version that is there now.")
    answered = Agreement(agreement)
    rows = ArtefactVersion.objects.unscoped(reason=_THE_CLIENTS_OWN).filter(artefact=artefact, number=version)
    rows.update(
        agreement=answered.value, said=said.strip()[:1000], answered_at=None if answered is Agreement.OPEN else at
    )
    artefact.agreement = answered.value
    artefact.revision += 1
    artefact.save(update_fields=["agreement", "revision"])
    _record(by, "artefact.answered", artefact, agreement=answered.value)
    return artefact


@transaction.atomic
def share_artefact(
    *, artefact: Artefact, by: Account, client: bool | None = None, supervisor: bool | None = None
) -> None:
    """Let the client, or a supervisor, see it, or no longer; None leaves as it is."""
    ensure_own(artefact.episode.client, by)
    if client and not artefact.kind.for_client:
        raise InputError("this worksheet is not for the client’s eyes")
    if client is not None:
        artefact.for_client = client
    if supervisor is not None:
        artefact.for_supervisor = supervisor
    artefact.save(update_fields=["for_client", "for_supervisor"])
    _record(by, "artefact.shared", artefact, client=artefact.for_client, supervisor=artefact.for_supervisor)


@transaction.atomic
def remove_artefact(*, artefact: Artefact, by: Account, at: datetime | None) -> Artefact:
    """Take it out of the record; `at` None puts it back. Its versions stay."""
    ensure_own(artefact.episode.client, by)
    artefact.removed_at = at
    artefact.revision += 1
    artefact.save(update_fields=["removed_at", "revision"])
    _record(by, "artefact.removed" if at else "artefact.put_back", artefact)
    return artefact


def _typed(filled: ParsedValues) -> dict[str, list[str]]:
    return {place: list(what) for place, what in filled.unread.items()}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As JSON gives it back: tuples are lists."""
    return {
        name: [dict(v) if not isinstance(v, str) else v for v in value] if isinstance(value, tuple) else value
        for name, value in ((n, _lists(v)) for n, v in values.items())
    }


def _lists(value: Any) -> Any:
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return tuple({k: list(v) if isinstance(v, tuple) else v for k, v in row.items()} for row in value)
    return value


def _record(by: Account | None, action: str, row: Artefact, **detail: object) -> None:
    """The end of every write here, in its transaction: the audit row, and the episode's record has another version."""
    raise_record_version(row.episode)
    record(
        actor=by,
        action=action,
        object_type="artefact",
        object_id=row.pk,
        client=row.episode.client_id,
        detail={"worksheet": row.worksheet, "version": row.version, **detail},
    )

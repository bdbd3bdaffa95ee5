"""The clinic's research table: who is in it, who is not and why, and what remains known of tables made before."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.urls import reverse
from django.utils import timezone

from securebase.cli import cohort as command_module
from securebase.errors import InputError
from securebase.exchange.clinic_table.table import ClinicTable
from securebase.exchange.data_dictionary import read_dictionary
from securebase.ipt.consent import ConsentState
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.models import Client
from securebase.workbench.exports.clinic_table import (
    client_research,
    consents,
    earlier_tables,
    last_dictionary,
    left_out,
    make_clinic_table,
)
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.worksheets.actions import remove_artefact, save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast, answers

LATER = NOON + timedelta(days=30)


def agree(client: Client, by: Account, readers: list[str], week: int = 0) -> Artefact:
    """Save the client's contract, or a new version of it, with these readers."""
    spec, episode = worksheet("contract"), client.episode
    assert episode is not None
    last = episode.artefacts.filter(worksheet="contract").first()
    return save_artefact(
        id=last.id if last else uuid.uuid4(),
        episode=episode,
        worksheet=spec.id,
        by=by,
        filled=parse_values(spec, {"sharing_consent": readers, "practicalities": "Thursdays"}),
        revision=last.revision if last else 0,
        at=NOON + timedelta(days=7 * week),
    )


@pytest.fixture
def answered(cast: Cast) -> Cast:
    check_in = cast.invite(Moment.BEFORE).check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 6.0), submission="s", at=NOON)
    return cast


@pytest.fixture
def consenting(answered: Cast) -> Cast:
    agree(answered.carla, answered.alma, ["supervisor", "research"])
    return answered


def make(cast: Cast, by: Account | None = None, at: datetime = LATER) -> ClinicTable:
    clinic = cast.alma.clinic
    return make_clinic_table(clinic=clinic, clients=consents(clinic, at), by=by, at=at)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_consenting_client_is_in_the_table_under_a_pseudonym(consenting: Cast) -> None:
    table = make(consenting, by=consenting.adam)
    (row,) = rows(table.csv)
    assert (row["session"], row["symptoms"]) == ("1", "6")
    text = table.csv.decode() + json.dumps(last_dictionary(consenting.alma.clinic).notes)  # type: ignore[union-attr]
    for secret in ("Carla", "Alma", "alma", str(consenting.carla.id), str(consenting.alma.id), "2026-09", "Thursdays"):
        assert secret not in text
    assert row["client"].startswith("client-")
    assert rows(make(consenting).csv) == rows(table.csv)  # stable
    entry = Entry.objects.filter(action="research_table.made").earliest("sequence")
    assert entry.actor == str(consenting.adam.id)
    assert entry.detail == {"clients": 1, "rows": 1, "fingerprint": table.dictionary.fingerprint}


def test_everybody_else_is_left_out_with_the_reason(consenting: Cast) -> None:
    clinic, alma = consenting.alma.clinic, consenting.alma
    bare = create_client(therapist=alma, name_shown="Bea", began_on=BEGAN)
    refused = create_client(therapist=consenting.dario, name_shown="Cy", began_on=BEGAN)
    agree(refused, consenting.dario, ["supervisor"])
    early = create_client(therapist=alma, name_shown="Di", began_on=BEGAN)
    agree(early, alma, ["research"])
    Client.objects.unscoped(reason="a client without a course").create(clinic=clinic, therapist=alma, name_shown="Ed")
    for client in (bare, refused):
        create_session(episode=client.episode, by=client.therapist, number=1, held_at=NOON)  # type: ignore[arg-type]
    clients = consents(clinic, LATER)
    assert left_out(clients) == {
        "No contract yet": 2,
        "Contract without consent to research": 1,
        "No session held yet": 1,
    }
    assert [c.client for c in clients if c.included] == [consenting.carla]
    assert make(consenting).dictionary.clients == 1


def test_who_withdraws_is_out_of_the_next_table_and_the_earlier_one_is_named(consenting: Cast) -> None:
    clinic, alma = consenting.alma.clinic, consenting.alma
    other = create_client(therapist=alma, name_shown="Bea", began_on=BEGAN)
    create_session(episode=other.episode, by=alma, number=1, held_at=NOON)  # type: ignore[arg-type]
    agree(other, alma, ["research"])
    first = make(consenting)
    assert first.dictionary.clients == 2
    agree(consenting.carla, alma, ["supervisor"], week=1)
    second = make(consenting, at=LATER + timedelta(days=1))
    assert second.dictionary.clients == 1
    (left,) = {r["client"] for r in rows(first.csv)} - {r["client"] for r in rows(second.csv)}
    assert left not in second.csv.decode()
    newest, oldest = earlier_tables(clinic, consents(clinic, LATER))
    assert (oldest.fingerprint, oldest.clients, oldest.withdrawn) == (first.dictionary.fingerprint, 2, 1)
    assert (newest.clients, newest.withdrawn) == (1, 0)
    research = client_research(consenting.carla, LATER)
    assert research.state is ConsentState.WITHDRAWN
    assert research.on == (NOON + timedelta(days=7)).date()
    assert research.tables == (timezone.localdate(LATER),)


def test_consent_counts_as_it_was_at_the_time(consenting: Cast) -> None:
    agree(consenting.carla, consenting.alma, [], week=2)
    clinic = consenting.alma.clinic
    states = [consents(clinic, NOON + timedelta(days=7 * week))[0].state for week in (1, 3)]
    assert states == [ConsentState.GIVEN, ConsentState.WITHDRAWN]


def test_a_removed_contract_allows_nothing(consenting: Cast) -> None:
    contract = consenting.episode.artefacts.get(worksheet="contract")
    remove_artefact(artefact=contract, by=consenting.alma, at=NOON + timedelta(days=1))
    with pytest.raises(InputError, match="the table would be empty"):
        make(consenting)
    assert Entry.objects.filter(action="research_table.made").count() == 0


# ---- pages -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def rosa(consenting: Cast, browser: Browser) -> Browser:
    browser.force_login(consenting.rosa)
    return browser


def test_a_researcher_downloads_table_and_dictionary(rosa: Browser) -> None:
    page = rosa.get(reverse("research-table")).content.decode()
    assert "No table has been made yet" in page
    assert "1 client" in page
    response = rosa.post(reverse("research-table-download"))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = archive.namelist()
        (row,) = rows(archive.read(names[0]))
        dictionary = json.loads(archive.read(names[1]))
    assert names == ["securebase-research-table.csv", "securebase-research-table.json"]
    assert set(row) == {column["name"] for column in dictionary["columns"]}
    page = rosa.get(reverse("research-table")).content.decode()
    assert "Earlier tables" in page
    assert dictionary["fingerprint"][:8] in page
    assert "<code>symptoms</code>" in page
    assert "Carla" not in page


def test_the_page_says_why_there_is_no_table(answered: Cast, browser: Browser) -> None:
    browser.force_login(answered.adam)
    response: Any = browser.post(reverse("research-table-download"), follow=True)
    assert "the table would be empty" in response.content.decode().lower()
    assert "No contract yet" in response.content.decode()


def test_the_clients_page_names_the_tables_made_before(consenting: Cast, alma: Browser) -> None:
    url = reverse("client-downloads", args=[consenting.carla.id])
    assert "next research table includes this client’s sessions" in alma.get(url).content.decode()
    make(consenting)
    agree(consenting.carla, consenting.alma, [], week=1)
    page = alma.get(url).content.decode()
    assert "Consent withdrawn" in page
    assert "leaves this client out" in page
    assert f"include this client: {timezone.localdate(LATER):%-d %B %Y}" in page


# ---- command line ----------------------------------------------------------------------------------------------------
@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a directory that looks like a clinic; the command then uses the database of the tests."""
    (tmp_path / "securebase.db").touch()
    monkeypatch.setattr(command_module, "configure", lambda **_: None)
    monkeypatch.setattr(command_module, "ready", lambda: None)
    return tmp_path


def test_the_command_writes_table_and_dictionary(consenting: Cast, data_dir: Path) -> None:
    out = data_dir / "c.csv"
    agree(create_client(therapist=consenting.alma, name_shown="Di", began_on=BEGAN), consenting.alma, [])
    result = CliRunner().invoke(command_module.command, ["--data-dir", str(data_dir), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "The table has 1 client who consents to research, 1 row and" in " ".join(result.output.split())
    assert "Left out: 1 (contract without consent to research)." in result.output
    dictionary = read_dictionary(out.with_suffix(".json"))
    assert [column.name for column in dictionary.columns] == list(rows(out.read_bytes())[0])


def test_the_command_refuses_other_directories_and_names(data_dir: Path, tmp_path: Path) -> None:
    named = CliRunner().invoke(command_module.command, ["--data-dir", str(data_dir), "--out", str(tmp_path / "c.json")])
    assert "must not end in .json" in named.output
    empty = tmp_path / "empty"
    empty.mkdir()
    result = CliRunner().invoke(command_module.command, ["--data-dir", str(empty), "--out", str(tmp_path / "c.csv")])
    assert isinstance(result.exception, InputError)
    assert "holds no clinic" in str(result.exception)

"""Open a copy of an existing clinic's data directory as `securebase serve` does, and report what is in it as JSON.

Run as a program with the data directory as its argument: settings are read once per process.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

from workbench.browser import Browser

#: time at which the clinic is opened: an hour after it was built
NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)
#: tables that Django fills itself, and stored pictures, which may be recomputed from the record
DERIVED = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations",
    "django_session", "progress_storedpicture", "sqlite_sequence",
}  # fmt: skip
#: tables that were renamed since the fixture was built
RENAMED = {
    f"therapy_sessions_{model}": f"{app}_{model}"
    for app, models in {
        "measures": ("administration", "response", "score", "safetyalert", "extrachoice"),
        "check_ins": ("checkin",),
    }.items()
    for model in models
}
#: rows that a migration adds: choices about retired questionnaires hold for the topics that replaced them
ADDED = {"therapy_sessions_extrachoice": "instrument LIKE 'rotation:%'"}
#: pages of a client whose address has no other id
CLIENT_PAGES = (
    "client", "client-sessions", "client-measures", "client-edit", "course", "timeline", "formulation", "area-work",
    "ending", "relationships", "emotional-work", "ruptures", "client-supervision", "client-portfolio",
    "own-page-settings", "client-report", "client-downloads",
)  # fmt: skip
CLINIC_PAGES = ("caseload", "library", "clinic", "clinic-lineage", "course-forms")
#: items that were reworded later; their administrations show what was asked then
ASKED_THEN = {
    "session_before": "How hard was it to enjoy or care about things?",
    "session_after": "How much clearer is what you feel, and why?",
    "dispute_week": "How heated or frozen were things with that person?",
    "own_attachment": "How often do you want someone near and push them away at once?",
    "emotion_month": "How many kinds of feeling could you let yourself have?",
}
REASON = "a test opens an existing clinic"


def main(folder: Path) -> dict[str, Any]:
    from securebase.cli.serve import configure, ready

    configure(host="127.0.0.1", data_dir=folder)
    ready()
    from django.utils import timezone

    timezone.now = lambda: NOW
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return {
        "tables": tables({name: table["columns"] for name, table in expected["tables"].items()}),
        **summary(),
        **worksheet_content(),
        **pages(expected["texts"]),
        **pictures(),
        **records(folder),
    }


# ---- the database itself ---------------------------------------------------------------------------------------------
def tables(columns: dict[str, list[str]] | None) -> dict[str, Any]:
    """Return rows and a checksum of each table, over these columns only (None: all); a missing column is named."""
    from django.db import connection

    result: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = sorted({row[0] for row in cursor.fetchall()} - DERIVED)
        for name in names if columns is None else sorted(columns):
            table = RENAMED.get(name, name)
            cursor.execute(f'PRAGMA table_info("{table}")')
            existing = [row[1] for row in cursor.fetchall()]
            wanted = sorted(existing) if columns is None else columns[name]
            if missing := sorted(set(wanted) - set(existing)):
                result[name] = {"missing": missing}
                continue
            condition = ADDED.get(name, "1 = 0")
            cursor.execute("SELECT " + ", ".join(f'"{c}"' for c in wanted) + f' FROM "{table}" WHERE NOT ({condition})')
            rows = sorted(json.dumps(row, ensure_ascii=True, default=str) for row in cursor.fetchall())
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            result[name] = {"columns": wanted, "rows": len(rows), "sha256": digest}
    return result


def summary() -> dict[str, Any]:
    """Return counts of clients and their work, and the parameter set in use."""
    from securebase.workbench.accounts.models import Clinic
    from securebase.workbench.audit.queries import verify_chain
    from securebase.workbench.clients.models import Client
    from securebase.workbench.clinic_set import set_in_use
    from securebase.workbench.worksheets.models import Artefact

    trail = verify_chain()
    return {
        "audit": {"whole": trail.intact, "rows": trail.rows, "last_hash": trail.last_hash},
        "clinic": [[c.name, c.help_text, c.lineage, c.course_forms] for c in Clinic.objects.all()],
        "parameter_set": set_in_use().parameter_set.version,
        "clients": {
            client.name_shown: {
                "sessions": [[s.number, s.held_at.isoformat(), s.phase] for s in episode.therapy_sessions.all()],
                "scores": sum(a.scores.count() for a in episode.administrations.all()),
                "alerts": [[a.value, a.acknowledged_at is None] for a in episode.safety_alerts.all()],
                "people": [[p.name_shown, p.relation, p.left_at is None] for p in episode.relationships.all()],
                "circles": [[len(c.placement_values), c.removed_at is None] for c in episode.circles.all()],
                "comments": [c.text for share in episode.shares.all() for c in share.comments.all()],
                "ended": str(episode.ended_on or ""),
            }
            for client in Client.objects.unscoped(reason=REASON)
            for episode in client.episodes.all()
        },
        "texts": {
            str(row.id): {"worksheet": row.worksheet, "texts": _texts(row)}
            for row in _longest_artefacts(Artefact.objects.unscoped(reason=REASON))
        },
    }


def _longest_artefacts(rows: Any) -> list[Any]:
    """Return the artefact with the longest content for each worksheet."""
    longest: dict[str, Any] = {}
    for row in sorted(rows.filter(removed_at=None), key=lambda r: str(r.id)):
        if row.worksheet not in longest or len(json.dumps(row.values)) > len(json.dumps(longest[row.worksheet].values)):
            longest[row.worksheet] = row
    return [longest[name] for name in sorted(longest)]


def _texts(row: Any) -> list[str]:
    """Return the texts of an artefact and of its rows, without choices and dates."""
    kind = row.kind
    result: list[str] = []
    for field in kind.fields:
        value = row.values.get(field.id)
        result += [value] if field.kind.value in TEXTUAL and value else []
        result += (
            [r[c.id] for r in (value or []) for c in field.columns if c.kind.value in TEXTUAL and r.get(c.id)]
            if field.columns
            else []
        )
    return result


TEXTUAL = {"text", "line"}


# ---- worksheets, pages, pictures and records -------------------------------------------------------------------------
def worksheet_content() -> dict[str, Any]:
    """Parse every version of every worksheet as if it were typed in; return those that change or lose values."""
    from securebase.ipt.parsing import parse_values
    from securebase.ipt.shelf import worksheet
    from securebase.workbench.worksheets.models import ArtefactVersion

    lost = []
    versions = ArtefactVersion.objects.unscoped(reason=REASON).select_related("artefact")
    for version in versions:
        filled = parse_values(worksheet(version.artefact.worksheet), version.values)
        if _plain(filled.values) != version.values or filled.unread:
            lost.append([version.artefact.worksheet, version.values, str(filled)])
    return {"lost": lost, "versions": len(versions)}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=list))


def pages(texts: dict[str, Any]) -> dict[str, Any]:
    """Visit the main pages of every client and one page of each worksheet; return failed pages and missing texts."""
    from django.urls import reverse

    from securebase.workbench.accounts.models import Account
    from securebase.workbench.clients.models import Client
    from securebase.workbench.measures.models import Administration
    from securebase.workbench.supervision.models import Share
    from securebase.workbench.worksheets.models import Artefact

    browser, refused, unseen, visited = Browser(HTTP_HOST="localhost"), [], [], 0
    supervisor = Browser(HTTP_HOST="localhost")

    def visit(url: str, wanted: list[str], by: Any = browser) -> None:
        nonlocal visited
        visited += 1
        answer = by.get(url)
        if answer.status_code != 200:
            refused.append([url, answer.status_code])
            return
        content = " ".join(unescape(answer.content.decode()).split())
        unseen.extend([url, text] for text in wanted if " ".join(text.split()) not in content)

    browser.force_login(Account.objects.get(user_name="demo"))
    supervisor.force_login(Account.objects.get(user_name="supervisor"))
    clients = list(Client.objects.unscoped(reason=REASON))
    for name in CLINIC_PAGES:
        visit(reverse(name), [c.name_shown for c in clients] if name == "caseload" else [])
    for client in clients:
        people = [p.name_shown for p in client.episodes.get().relationships.filter(left_at=None)]
        for name in CLIENT_PAGES:
            visit(reverse(name, args=[client.id]), [client.name_shown, *(people if name == "relationships" else [])])
    for row in Artefact.objects.unscoped(reason=REASON).filter(id__in=list(texts)):
        args = [row.episode.client_id, row.worksheet, row.id]
        visit(reverse("worksheet", args=args), texts[str(row.id)]["texts"])
    for name, asked in ASKED_THEN.items():
        rows = Administration.objects.unscoped(reason=REASON).filter(instrument=name).select_related("episode")
        assert {row.instrument_version for row in rows} == {"1"}, name
        visit(reverse("administration", args=[rows[0].episode.client_id, rows[0].id]), [asked])
    for share in Share.objects.unscoped(reason=REASON).filter(revoked_at=None):
        comments = [c.text for c in share.comments.filter(removed_at=None, artefact=None)]
        visit(reverse("shared-course", args=[share.id]), [share.label, *comments], by=supervisor)
    return {"refused": refused, "unseen": unseen, "visited": visited}


def pictures() -> dict[str, Any]:
    """Compute the picture of every client; return the parameter set behind each."""
    from securebase.workbench.clients.models import Episode
    from securebase.workbench.progress.queries import current_picture

    episodes = Episode.objects.unscoped(reason=REASON).select_related("client")
    computed = {e.client.name_shown: current_picture(episode=e, as_of=NOW, whole=False) for e in episodes}
    return {"pictures": {name: picture.versions.parameter_set_version for name, picture in computed.items()}}


def records(folder: Path) -> dict[str, Any]:
    """Compare the record of one client with an earlier download; return missing and different values."""
    from securebase.exchange.record_json import format_record, read_record
    from securebase.workbench.clients.models import Client
    from securebase.workbench.course.queries import record_of

    earlier = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    client = Client.objects.unscoped(reason=REASON).get(id=earlier["record"]["person"])
    now = json.loads(format_record(record_of(client.episodes.get(), NOW)))
    again = json.loads(format_record(read_record(folder / "record.json")))
    return {"differences": [*_differences(earlier, now, "now"), *_differences(earlier, again, "read")]}


def _differences(earlier: Any, now: Any, path: str) -> list[str]:
    """Return every place where `now` lacks or changes a value of `earlier`; additions are not differences."""
    if isinstance(earlier, dict) and isinstance(now, dict):
        missing = [f"{path}.{key} is missing" for key in earlier if key not in now]
        pairs = [(earlier[key], now[key], f"{path}.{key}") for key in earlier if key in now]
        return missing + [difference for pair in pairs for difference in _differences(*pair)]
    if isinstance(earlier, list) and isinstance(now, list) and len(earlier) == len(now):
        items = [(a, b, f"{path}[{n}]") for n, (a, b) in enumerate(zip(earlier, now, strict=True))]
        return [difference for item in items for difference in _differences(*item)]
    return [] if earlier == now else [f"{path}: {earlier!r} became {now!r}"]


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(Path(sys.argv[1]))) + "\n")

"""The page of the clinic's research table, and its download with the data dictionary."""

from __future__ import annotations

import io
from itertools import groupby
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from securebase.exchange.clinic_table.table import ClinicTable
from securebase.exchange.data_dictionary import format_dictionary
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.exports.clinic_table import (
    consents,
    earlier_tables,
    last_dictionary,
    left_out,
    make_clinic_table,
)
from securebase.workbench.exports.sentences import describe_since
from securebase.workbench.ui.conflict import refusal_as_message

_NAME = "securebase-research-table"


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_GET
def research_table(request: HttpRequest) -> HttpResponse:
    """Show who is in the next table and why others are not, earlier tables, and the last data dictionary."""
    clinic = current_account(request).clinic
    clients = consents(clinic, timezone.now())
    dictionary = last_dictionary(clinic)
    context = {
        "included": sum(c.included for c in clients),
        "left_out": sorted(left_out(clients).items()),
        "tables": [(table, describe_since(table)) for table in earlier_tables(clinic, clients)],
        "dictionary": dictionary,
        "blocks": [(name, list(rows)) for name, rows in groupby(dictionary.columns, key=lambda c: c.block)]
        if dictionary
        else [],
        "section": "clinic",
    }
    return render(request, "exports/research_table.html", context)


@require_role(Role.ADMINISTRATOR, Role.RESEARCHER)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """Make the table and download it with its data dictionary, or return to the page with the reason why not."""
    account, now = current_account(request), timezone.now()
    with refusal_as_message(request):
        clients = consents(account.clinic, now)
        table = make_clinic_table(clinic=account.clinic, clients=clients, by=account, at=now)
        headers = {"Content-Disposition": f'attachment; filename="{_NAME}.zip"'}
        return HttpResponse(_archive(table), content_type="application/zip", headers=headers)
    return redirect("research-table")


def _archive(table: ClinicTable) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{_NAME}.csv", table.csv)
        archive.writestr(f"{_NAME}.json", format_dictionary(table.dictionary))
    return content.getvalue()

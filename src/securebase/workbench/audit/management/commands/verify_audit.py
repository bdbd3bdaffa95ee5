"""`python -m django verify_audit`: walk the audit trail and say whether it is whole."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from securebase.workbench.audit.queries import verify


class Command(BaseCommand):
    help = "Walk the audit trail and say whether it is whole."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify()
        if not verdict.whole:
            raise CommandError(f"The audit trail is broken at row {verdict.first_bad}: {verdict.reason}.")
        self.stdout.write(f"The audit trail is whole: {verdict.rows} rows, last seal {verdict.last_hash}.")

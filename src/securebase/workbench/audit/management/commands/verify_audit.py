"""`python -m django verify_audit`: walk the audit trail and say whether it is whole."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from securebase.workbench.audit.queries import verify_chain


class Command(BaseCommand):
    help = "Walk the audit trail and say whether it is whole."

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify_chain()
        if not result.intact:
            raise CommandError(f"The audit trail is broken at row {result.first_bad}: {result.reason}.")
        self.stdout.write(f"The audit trail is whole: {result.rows} rows, last seal {result.last_hash}.")

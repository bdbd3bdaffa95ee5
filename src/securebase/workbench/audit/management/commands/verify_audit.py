"""`python -m django verify_audit`: check the hash chain of the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from securebase.workbench.audit.queries import verify_chain


class Command(BaseCommand):
    help = "Check the hash chain of the audit trail."

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify_chain()
        if not result.intact:
            raise CommandError(f"The audit trail is broken at row {result.first_bad}: {result.reason}.")
        self.stdout.write(f"The audit trail is intact: {result.rows} rows, last hash {result.last_hash}.")

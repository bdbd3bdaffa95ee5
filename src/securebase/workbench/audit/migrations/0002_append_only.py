"""The database itself refuses to change or remove a row of the trail."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

REFUSE = """
CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER audit_no_{verb}") for verb in ("update", "delete")
    ]

"""Check-ins move here from `therapy_sessions`, whose migration 0003 renamed the table."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("therapy_sessions", "0003_rename_moved_tables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="CheckIn",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "moment",
                            models.CharField(
                                choices=[
                                    ("before", "Before the session"),
                                    ("after", "After the session"),
                                    ("between", "Between sessions"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("link", "Link to another device"),
                                    ("device", "This device, handed over"),
                                    ("paper", "Paper, typed in"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting for an answer"),
                                    ("answered", "Answered"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("token_digest", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("invited_at", models.DateTimeField()),
                        ("opened_at", models.DateTimeField(blank=True, null=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        ("submission_digest", models.CharField(blank=True, max_length=64)),
                        ("extras", models.JSONField(blank=True, default=list)),
                        ("simulated", models.BooleanField(default=False)),
                        (
                            "therapy_session",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="check_ins",
                                to="therapy_sessions.therapysession",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("invited_at",),
                        "constraints": [
                            models.UniqueConstraint(fields=("therapy_session", "moment"), name="one_check_in_a_moment")
                        ],
                    },
                ),
            ]
        ),
    ]

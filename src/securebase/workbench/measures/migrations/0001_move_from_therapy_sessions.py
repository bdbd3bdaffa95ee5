"""Administrations and what belongs to them move here from `therapy_sessions`, whose migration 0003 renamed the tables."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clients", "0002_record_version"),
        ("check_ins", "0001_move_from_therapy_sessions"),
        ("therapy_sessions", "0003_rename_moved_tables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Administration",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("instrument", models.CharField(max_length=60)),
                        ("instrument_version", models.CharField(default="1", max_length=20)),
                        ("at", models.DateTimeField()),
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
                            "respondent",
                            models.CharField(
                                choices=[("client", "Client"), ("therapist", "Therapist"), ("observer", "Observer")],
                                default="client",
                                max_length=10,
                            ),
                        ),
                        ("typed_in_by", models.UUIDField(blank=True, null=True)),
                        ("submission_digest", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                        ("set_aside_at", models.DateTimeField(blank=True, null=True)),
                        ("simulated", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "episode",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="administrations",
                                to="clients.episode",
                            ),
                        ),
                        (
                            "therapy_session",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="administrations",
                                to="therapy_sessions.therapysession",
                            ),
                        ),
                        (
                            "check_in",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="administrations",
                                to="check_ins.checkin",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("at",),
                        "constraints": [
                            models.UniqueConstraint(fields=("check_in", "instrument"), name="one_form_a_check_in")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Response",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("item", models.PositiveSmallIntegerField()),
                        ("value", models.FloatField(null=True)),
                        (
                            "administration",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="responses",
                                to="measures.administration",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("item",),
                        "constraints": [
                            models.UniqueConstraint(fields=("administration", "item"), name="one_response_an_item")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Score",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("scale", models.CharField(max_length=60)),
                        ("construct", models.CharField(max_length=60)),
                        ("value", models.FloatField(null=True)),
                        ("n_missing", models.PositiveSmallIntegerField(default=0)),
                        ("note", models.CharField(blank=True, max_length=200)),
                        (
                            "administration",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scores",
                                to="measures.administration",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("scale",),
                        "constraints": [
                            models.UniqueConstraint(fields=("administration", "scale"), name="one_score_a_scale")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SafetyAlert",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("item", models.PositiveSmallIntegerField()),
                        ("value", models.FloatField()),
                        ("concern", models.CharField(max_length=200)),
                        ("raised_at", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                        ("acknowledged_by", models.UUIDField(blank=True, null=True)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        (
                            "administration",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="safety_alerts",
                                to="measures.administration",
                            ),
                        ),
                        (
                            "episode",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="safety_alerts",
                                to="clients.episode",
                            ),
                        ),
                    ],
                    options={"ordering": ("-raised_at",)},
                ),
                migrations.CreateModel(
                    name="ExtraChoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("instrument", models.CharField(max_length=60)),
                        ("off", models.BooleanField(default=False)),
                        ("asked_for", models.BooleanField(default=False)),
                        (
                            "episode",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="extra_choices",
                                to="clients.episode",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("instrument",),
                        "constraints": [
                            models.UniqueConstraint(fields=("episode", "instrument"), name="one_choice_an_extra")
                        ],
                    },
                ),
            ]
        ),
    ]

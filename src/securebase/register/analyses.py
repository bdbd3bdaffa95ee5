"""Probes of analyses: a command, run on a small simulated table, and the key in its JSON that holds the result."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from securebase.errors import ModelError
from securebase.model.retellings import fit_retellings, retelling_rows
from securebase.model.simulate import simulate
from securebase.picture.client import client_picture
from securebase.records.vocabulary import ProblemArea
from securebase.register.commands import run_command
from securebase.register.specimen import specimen_record
from securebase.schema import Place, ShelfStruct, Text, read_toml, to_plain

_TABLE = ("--person", "person", "--time", "time", "--time-unit", "week", "--outcome", "symptoms")

_WEB = ("--person", "person", "--time", "session")


class ClaimAnalysis(ShelfStruct, frozen=True):
    """An analysis that a claim needs. result: key of `RESULTS`; key: where in it, steps parted by dots."""

    claim: Text
    shows: Text
    result: Text
    key: Text


class AnalysesFile(ShelfStruct, frozen=True):
    """The file of the analyses that claims need."""

    analysis: tuple[ClaimAnalysis, ...] = ()


@cache
def analyses() -> tuple[ClaimAnalysis, ...]:
    """Return the shelf of analyses. Raises ModelError if the file is invalid."""
    content = (resources.files("securebase.register") / "analyses.toml").read_bytes()
    return read_toml(content, AnalysesFile, Place("analyses.toml", ModelError)).analysis


def analyses_of(claim: str) -> list[str]:
    """Return the analyses of a claim whose key holds a result, in words."""
    return [f"{a.shows} (`{a.result}`, `{a.key}`)" for a in analyses() if a.claim == claim and holds(a)]


def holds(analysis: ClaimAnalysis) -> bool:
    """Return whether the key of an analysis leads to a value: no null, no empty list or text."""
    return find_result(analysis.result, analysis.key) not in (None, "", [], {})


def find_result(result: str, key: str) -> Any:
    """Return the value at a key of a result; None if it leads nowhere."""
    return find(_result(result), key)


def find(values: Any, key: str) -> Any:
    """Return the value at a path such as `lags.0.main`; None if it leads nowhere.

    A step into a list is a position, or the name or the question of one of its parts.
    """
    for step in key.split("."):
        if isinstance(values, list) and step.isdigit() and int(step) < len(values):
            values = values[int(step)]
        elif isinstance(values, Mapping) and step in values:
            values = values[step]
        else:
            parts = values if isinstance(values, list) else []
            values = next(
                (v for v in parts if isinstance(v, Mapping) and step in {v.get("name"), v.get("question")}), None
            )
    return values


@cache
def _result(name: str) -> Any:
    return RESULTS[name]()


@cache
def _simulated_table() -> str:
    path = Path(tempfile.mkdtemp()) / "table.csv"
    run_command("simulate", "whole_clinic", "--clients", "14", "--out", str(path))
    return str(path)


def _study() -> Any:
    """Return a study of alliance and of a rival that it may moderate: simulated skills stand in for fidelity."""
    process = ("--process", "alliance", "--process", "fidelity", "--map", "fidelity=interpersonal_skills")
    words = ("--moderator", "alliance", "--covariate", "attachment_anxiety")
    rivals = ("--rivals", "alliance", "fidelity", "--json")
    return json.loads(run_command("study", _simulated_table(), *_TABLE, *process, *words, *rivals))


@cache
def _web_table() -> str:
    """Return a table of all constructs, with a column of 0 and 1 for each problem area, as a clinic's table has it."""
    path = Path(tempfile.mkdtemp()) / "web.csv"
    run_command("simulate", "treatment_by_problem", "--clients", "36", "--out", str(path))
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    areas = {f"problem_area_{area.value}": area.value for area in ProblemArea}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *areas])
        writer.writeheader()
        writer.writerows(
            {**row, **{name: int(row["problem_area"] == area) for name, area in areas.items()}} for row in rows
        )
    return str(path)


def _questions() -> Any:
    """Return a study with further questions. A second rating of the client stands in for the therapist's."""
    words = (*_WEB, "--outcome", "symptoms", "--process", "interpersonal_stress")
    areas = (ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION)
    factors = ("--factor", "alliance", "--factor", "felt_understood", "--factor", "positive_regard")
    agreement = ("--agreement", "alliance", "felt_understood")
    questions = (*agreement, *factors, "--gain", "interpersonal_problems", "--graphs")
    outcomes = ("--outcomes", "--instrument", "session_before:symptoms")
    by_area = (word for area in areas for word in ("--area", f"problem_area_{area.value}"))
    return json.loads(run_command("study", _web_table(), *words, *questions, *outcomes, *by_area, "--json"))


def _disputes() -> Any:
    words = (*_WEB, "--outcome", "social_support", "--process", "dispute")
    return json.loads(run_command("study", _web_table(), *words, "--every", "--json"))


def _mediation(cause: str, mediators: Sequence[str], *options: str, outcome: str = "symptoms") -> Any:
    """Return a study of the paths from a cause through mediators to the outcome."""
    words = (word for name in mediators for word in ("--mediator", name))
    return json.loads(
        run_command("study", _web_table(), *_WEB, "--outcome", outcome, "--process", cause, *words, *options, "--json")
    )


def _therapists() -> Any:
    words = ("--process", "alliance", "--therapist", "therapist", "--json")
    return json.loads(run_command("study", _simulated_table(), *_TABLE, *words))


def _trial() -> Any:
    path = str(Path(tempfile.mkdtemp()) / "trial.csv")
    run_command("simulate", "default", "--arm", "ipt", "--arm", "other_therapy", "--clients", "60", "--out", path)
    words = ("--arm", "arm", "--instrument", "session_before:symptoms", "--trend", "none", "--json")
    return json.loads(run_command("study", path, *_TABLE, *words))


def _track() -> Any:
    words = ("--process", "alliance", "--client", "sim-001", "--instrument", "session_before:symptoms", "--json")
    return json.loads(run_command("track", _simulated_table(), *_TABLE, *words))


def _picture() -> Any:
    cohort = simulate("whole_clinic", n_clients=6, rng=np.random.default_rng(2), sessions=26, dropout=0.0, missing=0.0)
    return json.loads(client_picture(max(cohort.episodes, key=lambda e: len(e.sessions)), as_of=400.0).to_json())


def _specimen_picture() -> Any:
    return json.loads(client_picture(specimen_record(ProblemArea.GRIEF), as_of=400.0).to_json())


def _retellings() -> Any:
    cohort = simulate("whole_clinic", n_clients=80, rng=np.random.default_rng(1), dropout=0.0)
    return to_plain(fit_retellings(retelling_rows(cohort.episodes)))


def _theory() -> Any:
    return json.loads(run_command("theory", "--json"))


def _calibrate() -> Any:
    return json.loads(run_command("calibrate", "--cohorts", "1", "--workers", "1", "--target", "C18", "--json"))


#: Result → how to get it: JSON of a command, or of the page that shows it.
RESULTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "study": _study,
        "study with therapists": _therapists,
        "study of a trial": _trial,
        "study with questions": _questions,
        "study of disputes": _disputes,
        "study of the alliance": partial(
            _mediation, "alliance", ("interpersonal_stress", "insight", "interpersonal_skills")
        ),
        "study of stress": partial(_mediation, "interpersonal_stress", ("social_support",)),
        "study of processing": partial(_mediation, "emotional_processing", ("social_support", "interpersonal_stress")),
        "study of security": partial(
            _mediation,
            "attachment_security",
            ("self_appraisal", "emotion_regulation", "social_support"),
            *("--mediation", "levels"),
        ),
        "study of change in security": partial(
            _mediation, "attachment_security", ("self_appraisal",), "--mediation", "change"
        ),
        "study of asking for help": partial(
            _mediation,
            "attachment_anxiety",
            ("support_seeking", "social_support"),
            *("--mediation", "levels", "--serial"),
        ),
        "study of insecurity and stress": partial(
            _mediation,
            "attachment_security",
            ("attachment_anxiety", "network_size"),
            *("--mediation", "levels"),
            outcome="interpersonal_stress",
        ),
        "track": _track,
        "client page": _picture,
        "client page of a specimen": _specimen_picture,
        "page of retellings": _retellings,
        "theory": _theory,
        "calibrate": _calibrate,
    }
)

"""Write docs/schemas/*.json from the structs of the shelf files. A test fails when they differ.

Run: python docs/make_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from securebase.charts.tokens import Tokens
from securebase.exchange.data_dictionary import DataDictionary
from securebase.ipt.areas import AreasFile
from securebase.ipt.claim_locations import PlacesFile
from securebase.ipt.course_format import CourseFormatsFile
from securebase.ipt.sources import SourcesFile
from securebase.ipt.task import TasksFile
from securebase.ipt.worksheet import Worksheet
from securebase.measurement.instrument_reader import instrument_schema
from securebase.measurement.rotation import RotationPlan
from securebase.model.parameter_set_file import ParameterSetFile
from securebase.model.processes import SINGLE, AdditionalMeasure, Processes, SimulatedCovariate
from securebase.model.scenario import ScenarioFile
from securebase.model.states import StatesFile
from securebase.model.theory import ClaimEntry, EdgesFile
from securebase.schema import json_schema
from securebase.study.calibration.target import TargetsFile

#: A scenario's file holds its statements and the tables of its processes.
_Scenario = msgspec.defstruct(
    "Scenario",
    [
        *((name, type(getattr(Processes(), name)) | None, None) for name in SINGLE),
        ("own_effect", tuple[dict[str, Any], ...], ()),
        ("brings", tuple[SimulatedCovariate, ...], ()),
        ("given", tuple[AdditionalMeasure, ...], ()),
    ],
    bases=(ScenarioFile,),
    frozen=True,
    forbid_unknown_fields=True,
)
FOLDER = Path(__file__).parent / "schemas"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas by the name of their file."""
    return {
        "instrument": instrument_schema(),
        "rotation": json_schema(RotationPlan, "The plan of the rotating questions"),
        "worksheet": json_schema(Worksheet, "A worksheet of Securebase"),
        "areas": json_schema(AreasFile, "The problem areas of IPT"),
        "tasks": json_schema(TasksFile, "The tasks of IPT"),
        "course_formats": json_schema(CourseFormatsFile, "The course formats of IPT"),
        "sources": json_schema(SourcesFile, "The sources of the shelf"),
        "claims": json_schema(dict[str, dict[str, ClaimEntry]], "The claims of the theory, by part"),
        "edges": json_schema(EdgesFile, "The edges of the theory of one pillar"),
        "states": json_schema(StatesFile, "The states of one layer of the simulated web"),
        "parameter_set": json_schema(ParameterSetFile, "A parameter set of Securebase"),
        "scenario": json_schema(_Scenario, "A scenario of Securebase"),
        "calibration_targets": json_schema(TargetsFile, "Calibration targets of Securebase"),
        "tokens": json_schema(Tokens, "Colours, type and space of pages, charts and reports"),
        "data_dictionary": json_schema(DataDictionary, "The data dictionary beside a table of Securebase"),
        "places": json_schema(PlacesFile, "The locations of the claims"),
    }


def text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / f"{name}.json").write_text(text(schema), encoding="utf-8")
    print(f"wrote {FOLDER.name}")  # noqa: T201

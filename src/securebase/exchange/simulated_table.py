"""The table of a simulated cohort as CSV with its data dictionary, in the format of the table of a clinic."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from securebase import __version__
from securebase.exchange.clinic_table.table import ClinicTable
from securebase.exchange.data_dictionary import DataDictionary, TableColumn, item_column
from securebase.measurement.constructs import CONSTRUCTS
from securebase.measurement.rotation import ITEM_COLUMN
from securebase.records.vocabulary import Moment, Respondent

PERSON = TableColumn("person", "Simulated client", "course", "identifier")
TIME = TableColumn("session", "Number of the session", "course", minimum=1.0)


def _event(name: str, label: str, construct: str = "", *, moment: Moment = Moment.AFTER) -> TableColumn:
    return TableColumn(
        name,
        label,
        "context" if moment is Moment.BEFORE else "emotional work",
        construct=construct,
        minimum=0.0,
        moment=moment,
        respondent=Respondent.THERAPIST,
    )


def _distress(name: str, label: str) -> TableColumn:
    return replace(_event(name, label), maximum=100.0, respondent=Respondent.CLIENT)


def _by_therapist(name: str) -> TableColumn:
    return replace(_rating(name), respondent=Respondent.THERAPIST)


def _rating(name: str) -> TableColumn:
    construct = CONSTRUCTS[name]
    return TableColumn(
        name,
        construct.label,
        "questionnaires",
        construct=name,
        minimum=0.0,
        maximum=10.0,
        moment=Moment(construct.moment),
        respondent=Respondent.CLIENT,
        claims=construct.claims,
    )


#: columns that are no rating by the client, by name
_DESCRIBED = {
    column.name: column
    for column in (
        PERSON,
        TIME,
        TableColumn("day", "Days since the first session", "course", unit="days", minimum=0.0),
        TableColumn("arm", "Treatment arm", "background", "category"),
        TableColumn("therapy", "Sessions of therapy were held", "background", "yes_no", minimum=0.0, maximum=1.0),
        TableColumn("therapist", "Simulated therapist", "course", "identifier"),
        TableColumn("problem_area", "Problem area in focus", "background", "category"),
        TableColumn("style", "Attachment style", "background", "category"),
        _by_therapist("fidelity"),
        _by_therapist("technique_use"),
        _event(
            "life_events_dependent",
            "Dependent life events since the last row (client had a part in them)",
            "life_events",
            moment=Moment.BEFORE,
        ),
        _event(
            "life_events_independent",
            "Independent life events since the last row (client had no part)",
            moment=Moment.BEFORE,
        ),
        _event("rupture", "Ruptures that the therapist marked"),
        _event("rupture_repair", "Ruptures that were repaired", "rupture_repair"),
        _event("corrective_experience", "Corrective experiences", "corrective_experience"),
        _event("retelling", "Retellings of a distressing event", "retelling"),
        _distress("retelling_peak", "Highest distress during the retelling"),
        _distress("retelling_end", "Distress at the end of the retelling"),
        _distress("retelling_expectation", "Certainty before the retelling that something bad will happen"),
        _event("boundary_breach", "Breaches of the therapeutic frame"),
        _event("emotional_practice", "Sessions that worked with emotions", "emotional_practice"),
        TableColumn("ending", "How the course ended", "ending", "category"),
    )
}


def build_simulated_table(
    columns: Mapping[str, NDArray[Any]], *, made_on: date, notes: Sequence[str] = ()
) -> ClinicTable:
    """Return the columns (rows,) of a simulated table as CSV, with their data dictionary. NaN is an empty cell."""
    texts = {name: _texts(values) for name, values in columns.items()}
    lines = [",".join(columns), *map(",".join, zip(*texts.values(), strict=True))]
    csv = ("\r\n".join(lines) + "\r\n").encode()
    person = columns[PERSON.name]
    dictionary = DataDictionary(
        format="securebase-data-dictionary",
        version=1,
        person=PERSON.name,
        time=TIME.name,
        time_unit="session",
        therapist="therapist" if "therapist" in columns else "",
        made_on=made_on.isoformat(),
        software=f"securebase {__version__}",
        fingerprint=hashlib.sha256(csv).hexdigest(),
        simulated=True,
        clients=len(np.unique(person)),
        rows=len(person),
        # nothing is blanked: nobody can be recognised
        smallest_cell=1,
        columns=tuple(_count(_describe(name), values, person) for name, values in columns.items()),
        notes=(*notes, "One row per session that took place. An empty cell was not asked or not answered."),
    )
    return ClinicTable(csv, dictionary)


def _describe(name: str) -> TableColumn:
    if name in _DESCRIBED:
        return _DESCRIBED[name]
    if (rated := name.removesuffix(ITEM_COLUMN)) != name and rated in CONSTRUCTS:
        return item_column(_rating(rated))
    return _rating(name) if name in CONSTRUCTS else TableColumn(name, name, "background")


def _count(column: TableColumn, values: NDArray[Any], person: NDArray[np.str_]) -> TableColumn:
    filled = ~np.isnan(values) if values.dtype.kind == "f" else values != ""
    # the rows of a client follow each other
    owners = person[filled]
    clients = int(np.count_nonzero(owners[1:] != owners[:-1])) + bool(len(owners))
    return replace(column, clients=clients, values=int(filled.sum()))


def _texts(values: NDArray[Any]) -> list[str]:
    """Return cells as texts; each distinct number, of which a column has few, is formatted once."""
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    distinct, place = np.unique(values, return_inverse=True)
    formatted = np.array(["" if np.isnan(v) else f"{v:.10g}" for v in distinct], dtype=object)
    texts: list[str] = formatted[place].tolist()
    return texts

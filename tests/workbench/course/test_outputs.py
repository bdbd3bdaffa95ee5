"""Targets of the links of a task’s outputs."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from securebase.ipt.due import OutputStatus
from securebase.workbench.course.templatetags.outputs import output_link

# the same in every worker, as the names of the cases contain them
CLIENT, ENTRY, OTHER = (uuid.UUID(int=n) for n in (1, 2, 3))
HERE = reverse("course", args=[CLIENT])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (OutputStatus("scores", False, "measures"), reverse("client-measures", args=[CLIENT])),
        (OutputStatus("people", True, "relationships"), reverse("relationships", args=[CLIENT])),
        (OutputStatus("area", False, "worksheet", "problem_area"), reverse("formulation", args=[CLIENT])),
        (
            OutputStatus("formulation", True, "worksheet", "formulation", (str(ENTRY),)),
            reverse("formulation", args=[CLIENT]) + "#formulation",
        ),
        (OutputStatus("events", True, "worksheet", "life_event"), reverse("timeline", args=[CLIENT])),
        (
            OutputStatus("events", False, "worksheet", "life_event"),
            reverse("timeline", args=[CLIENT]) + "?add=life_event#panel",
        ),
        (
            OutputStatus("contract", True, "worksheet", "contract", (str(OTHER), str(ENTRY))),
            reverse("worksheet", args=[CLIENT, "contract", ENTRY]) + f"?next={HERE}",
        ),
        (
            OutputStatus("contract", False, "worksheet", "contract"),
            reverse("worksheet-begin", args=[CLIENT, "contract"]) + f"?next={HERE}",
        ),
    ],
)
def test_an_output_links_to_its_page(output: OutputStatus, expected: str) -> None:
    assert output_link(output, CLIENT, HERE) == expected

"""The mood before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.rating_shift import rating_shift
from securebase.records.artefact import Value


def above(values: Mapping[str, Value]) -> dict[str, Any]:
    return {"change": rating_shift(values, "mood_before", "mood_after")}


BEHAVIOUR = Behaviour(above=above)

"""Readings of the design with both columns rated before and after each session, as plain values."""

from __future__ import annotations

from typing import Any

import msgspec

from securebase.study.verdicts.before_and_after import read_sessions
from truths.sessions import ALLIANCE_AFTER, ALLIANCE_BEFORE, SYMPTOMS_AFTER, SYMPTOMS_BEFORE
from truths.truth import Columns, Truth


def read_cohort(columns: Columns, truth: Truth) -> dict[str, Any]:
    """Read symptoms (y) and alliance (x)."""
    names = (SYMPTOMS_BEFORE, ALLIANCE_BEFORE, SYMPTOMS_AFTER, ALLIANCE_AFTER)
    result: dict[str, Any] = msgspec.to_builtins(read_sessions(*(columns[name] for name in names)), str_keys=True)
    return result

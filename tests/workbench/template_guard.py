"""Guard against templates that read missing names, which Django renders as nothing and treats as false."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.base import Variable, VariableDoesNotExist
from django.template.context import BaseContext

#: Names that only some pages pass to their shared templates.
OPTIONAL = {
    "changed", "drawn_by", "exception", "half", "handed_over", "help_open", "here_url", "section", "show_about",
    "visit",
}  # fmt: skip
#: Names that a course page lacks before the therapy has begun, when it shows only a notice.
THERAPY_NAMES = {"drawing", "lineage", "panel", "people", "view"}
#: Mappings whose keys are data: completed fields of a worksheet, charts that could be drawn.
DATA_MAPPINGS = (
    "card.words", "charts", "handed_over", "note.values", "request.session", "row.how_we_know", "user.clinic.lineage",
)  # fmt: skip
_resolve = Variable._resolve_lookup


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Patch Django's templates and return the list to which every failed look-up is added."""
    missing: list[str] = []

    def resolve(variable: Variable, context: Any) -> Any:
        try:
            return _resolve(variable, context)
        except VariableDoesNotExist as error:
            name, holder = error.params
            if not _may_be_missing(holder, variable.var, name):
                kind = "the context" if isinstance(holder, BaseContext) else type(holder).__name__
                missing.append(f"{_template_name(context)} reads {variable.var}, and {kind} has no {name}")
            raise

    monkeypatch.setattr(Variable, "_resolve_lookup", resolve)
    return missing


def _may_be_missing(holder: object, variable: str, name: str) -> bool:
    if holder is None:  # the object itself is optional, such as the picture of a client without sessions
        return True
    if isinstance(holder, BaseContext):
        has_therapy = "client" not in holder or holder.get("episode") is not None
        return name in OPTIONAL or (not has_therapy and name in THERAPY_NAMES)
    return hasattr(holder, "keys") and variable.startswith(DATA_MAPPINGS)


def _template_name(context: Any) -> str:
    template = getattr(context.render_context, "template", None) or context.template
    return str(template.origin.name).rpartition("templates/")[2]

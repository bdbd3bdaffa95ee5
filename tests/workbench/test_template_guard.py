"""The template guard reports every missing name that a template reads."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.template import engines

from workbench.template_guard import watch


@dataclass
class Row:
    name: str
    other: Row | None = None


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return watch(monkeypatch)


def render(text: str) -> str:
    return engines["django"].from_string(text).render({"row": Row("Ada"), "rows": {"a": 1}})


@pytest.mark.parametrize(
    "text",
    [
        "{{ row.nmae }}",
        "{% if row.nmae %}x{% endif %}",
        "{% for r in row.nmae %}x{% endfor %}",
        "{{ row.nmae|default:'' }}",
        "{% with r=row %}{{ r.nmae }}{% endwith %}",
        "{{ rwo.name }}",
        "{{ rows.b }}",
    ],
)
def test_missing_name_is_reported(missing: list[str], text: str) -> None:
    assert "x" not in render(text)
    assert len(missing) == 1
    missing.clear()


@pytest.mark.parametrize(
    "text", ["{{ row.name }}", "{{ row.other.name }}", "{{ rows.a }}", "{% if section %}{% endif %}"]
)
def test_existing_and_optional_names_pass(missing: list[str], text: str) -> None:
    render(text)
    assert missing == []

"""The demo never mixes simulated with real clients."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from securebase.cli.demo import command
from securebase.errors import InputError, NotPermittedError
from securebase.workbench.clients.models import Client
from securebase.workbench.demo.actions import build_clinic
from workbench.cast import make_cast

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
REASON = "looking at the demo clinic"


@pytest.mark.django_db
def test_real_and_simulated_clients_never_mix(settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(NotPermittedError, match="demo mode"):
        build_clinic(now=NOW)
    settings.DEMO = True  # type: ignore[attr-defined]
    make_cast()
    with pytest.raises(NotPermittedError, match="already holds a clinic"):
        build_clinic(now=NOW)
    assert Client.objects.unscoped(reason=REASON).count() == 1


def test_command_refuses_a_directory_with_other_data(tmp_path: Path) -> None:
    (tmp_path / "securebase.db").write_bytes(b"a real clinic")
    result = CliRunner().invoke(command, ["--data-dir", str(tmp_path), "--fresh"])
    assert isinstance(result.exception, InputError)
    assert (tmp_path / "securebase.db").read_bytes() == b"a real clinic"

"""Library and command line import little, so that they start quickly."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ["django", "altair", "pandas", "vl_convert", "jinja2", "scipy.stats"]


def loaded_after(code: str) -> set[str]:
    probe = f"import json, sys\n{code}\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    process = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(json.loads(process.stdout.splitlines()[-1]))


def test_the_probe_detects_a_loaded_module() -> None:
    assert loaded_after("import pandas") == {"pandas"}


def test_importing_the_library_loads_neither_web_nor_charts_nor_all_distributions() -> None:
    verbs = "import securebase, securebase.study.study, securebase.study.power, securebase.model.track"
    assert loaded_after(verbs) & {"django", "altair", "vl_convert", "jinja2", "scipy.stats"} == set()


def test_help_loads_no_command() -> None:
    code = (
        "from securebase.cli.main import cli\n"
        "try:\n    cli(['--help'], prog_name='securebase')\nexcept SystemExit:\n    pass"
    )
    assert loaded_after(code) == set()

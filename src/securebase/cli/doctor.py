"""`securebase doctor`: what is installed, which kernel runs, where data live, and whether the core does its sums."""

from __future__ import annotations

import math
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np

from securebase.cli.output import as_json, sentences
from securebase.errors import ModelError
from securebase.model.likelihood import kernel_choice, log_likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters, Specification

CORE = ("numpy", "scipy", "pandas", "altair", "vl-convert-python", "jinja2", "click", "rich")
#: package → what is imported of it
WORKBENCH = {
    "django": "django",
    "sqlcipher3": "sqlcipher3",
    "django-htmx": "django_htmx",
    "argon2-cffi": "argon2",
    "cryptography": "cryptography",
    "whitenoise": "whitenoise",
    "waitress": "waitress",
    "typst": "typst",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """One thing looked at. `well` is None where it is only told, or optional and not there."""

    about: str
    well: bool | None
    sentence: str


@click.command("doctor")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
def command(*, json_wanted: bool) -> None:
    """Say what is installed, which kernel runs and why, and where data live.

    Ends with exit code 1 where the core does not work.
    """
    found = (versions(), core(), kernel(), sums(), workbench(), data(), browser())
    well = all(f.well is not False for f in found)
    if json_wanted:
        as_json({"well": well, "findings": [asdict(f) for f in found]}, None)
    else:
        for finding in found:
            mark = {True: "ok", False: "NOT WELL", None: "–"}[finding.well]
            sentences([f"{finding.about} [{mark}]: {finding.sentence}"], indent="")
    sys.exit(0 if well else 1)


def versions() -> SystemCheck:
    return SystemCheck(
        "Securebase",
        None,
        f"{_version('securebase')} on Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
    )


def core() -> SystemCheck:
    """The packages without which nothing works."""
    there = {name: _version(name) for name in CORE}
    missing = [name for name, found in there.items() if found is None]
    if missing:
        return SystemCheck("Packages", False, f"Missing: {', '.join(missing)}. Install securebase again.")
    return SystemCheck("Packages", True, ", ".join(f"{name} {found}" for name, found in there.items()) + ".")


def kernel() -> SystemCheck:
    try:
        name, why = kernel_choice()
    except ModelError as error:
        return SystemCheck("Kernel", False, str(error))
    return SystemCheck("Kernel", True, f"The {name} kernel runs: {why}.")


def sums() -> SystemCheck:
    """One score of one person has a likelihood that can be written down: normal, of variance level + movement + noise
    = 1 + 0.5 / (2 · 0.25) + 0.5."""
    panel = Panel(("one",), ("x",), np.array([0, 1]), np.zeros(1), np.array([[2.0]]), np.array([-1]))
    q = Parameters(np.array([[-0.25]]), np.array([[0.5]]), np.zeros(1), np.eye(1), np.array([0.5]))
    expected = -0.5 * (math.log(2 * math.pi * 2.5) + 2.0**2 / 2.5)
    try:
        found = log_likelihood(panel, Specification(("x",)), q)
    except ModelError as error:
        return SystemCheck("Likelihood", False, str(error))
    if abs(found - expected) > 1e-10:
        return SystemCheck("Likelihood", False, f"It gives {found}, and {expected} is right. Please report this.")
    return SystemCheck("Likelihood", True, "A sum that can be done by hand comes out right.")


def workbench() -> SystemCheck:
    missing = [name for name, module in WORKBENCH.items() if find_spec(module) is None]
    if len(missing) == len(WORKBENCH):
        return SystemCheck("Workbench", None, "Not installed: pip install 'securebase[workbench]' adds the web.")
    if missing:
        return SystemCheck(
            "Workbench", None, f"Half installed, without {', '.join(missing)}: pip install 'securebase[workbench]'."
        )
    return SystemCheck("Workbench", True, f"Installed, Django {_version('django')}.")


def data() -> SystemCheck:
    """Where the workbench keeps its data; nothing is written to find out."""
    asked = os.environ.get("SECUREBASE_DATA_DIR", "").strip()
    folder = Path(asked or "securebase-data").resolve()
    said = "set by SECUREBASE_DATA_DIR" if asked else "the default; SECUREBASE_DATA_DIR changes it"
    if not folder.exists():
        return SystemCheck("Data", None, f"{folder} ({said}): not there yet, made when the workbench is first served.")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return SystemCheck("Data", False, f"{folder} ({said}): not a folder that can be written to. Choose another.")
    database = folder / "securebase.db"
    what = f"a database of {database.stat().st_size / 1e6:,.1f} MB" if database.exists() else "no database yet"
    return SystemCheck("Data", True, f"{folder} ({said}): {what}.")


def browser() -> SystemCheck:
    where = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if where is None:
        return SystemCheck("Chromium", None, "Not found: browser tests will skip. Nothing else needs it.")
    driver = "with" if find_spec("playwright") else "without"
    return SystemCheck("Chromium", None, f"{where}, {driver} playwright. Only browser tests use it.")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

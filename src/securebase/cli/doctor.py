"""`securebase doctor`: check of the installation, the likelihood kernel and the data directory."""

from __future__ import annotations

import math
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np

from securebase.cli.output import print_sentences, write_json
from securebase.errors import ModelError
from securebase.model.likelihood import kernel_choice, log_likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification

CORE = (
    "numpy",
    "scipy",
    "pandas",
    "altair",
    "vl-convert-python",
    "jinja2",
    "msgspec",
    "click",
    "rich",
    "joblib",
    "statsmodels",
)
#: package → module
WORKBENCH = {
    "django": "django",
    "sqlcipher3": "sqlcipher3",
    "argon2-cffi": "argon2",
    "cryptography": "cryptography",
    "whitenoise": "whitenoise",
    "waitress": "waitress",
    "typst": "typst",
}
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """Result of one check. `passed` is None if it only informs, or the part is optional and absent."""

    subject: str
    passed: bool | None
    sentence: str


@click.command("doctor")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
def command(*, json_wanted: bool) -> None:
    """Check the installation: packages, likelihood kernel, workbench and data directory.

    Ends with exit code 1 if a check fails.
    """
    checks = (versions(), core(), kernel(), likelihood(), workbench(), data(), browser())
    passed = all(check.passed is not False for check in checks)
    if json_wanted:
        write_json({"passed": passed, "checks": checks}, None)
    else:
        for check in checks:
            status = {True: "ok", False: "FAILED", None: "–"}[check.passed]
            print_sentences([f"{check.subject} [{status}]: {check.sentence}"], indent="")
    sys.exit(0 if passed else 1)


def versions() -> SystemCheck:
    """Return the versions of Securebase, Python and the operating system."""
    return SystemCheck(
        "Securebase",
        None,
        f"{_version('securebase')} on Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
    )


def core() -> SystemCheck:
    """Check that the required packages are installed."""
    versions = {name: _version(name) for name in CORE}
    missing = [name for name, number in versions.items() if number is None]
    if missing:
        return SystemCheck("Packages", False, f"Missing: {', '.join(missing)}. Reinstall securebase.")
    return SystemCheck("Packages", True, ", ".join(f"{name} {number}" for name, number in versions.items()) + ".")


def kernel() -> SystemCheck:
    """Check that a likelihood kernel loads."""
    try:
        name, reason = kernel_choice()
    except ModelError as error:
        return SystemCheck("Kernel", False, str(error))
    return SystemCheck("Kernel", True, f"The {name} kernel is in use: {reason}.")


def likelihood() -> SystemCheck:
    """Check the log-likelihood of one score against its closed form.

    The score is normal with variance level + stationary state + noise = 1 + 0.5 / (2 · 0.25) + 0.5 = 2.5.
    """
    panel = Panel(("one",), ("x",), np.array([0, 1]), np.zeros(1), np.array([[2.0]]), np.array([-1]))
    q = Parameters(np.array([[-0.25]]), np.array([[0.5]]), np.zeros(1), np.eye(1), np.array([0.5]))
    expected = -0.5 * (math.log(2 * math.pi * 2.5) + 2.0**2 / 2.5)
    try:
        value = log_likelihood(panel, Specification(("x",)), q)
    except ModelError as error:
        return SystemCheck("Likelihood", False, str(error))
    if abs(value - expected) > 1e-10:
        return SystemCheck("Likelihood", False, f"Got {value}, expected {expected}. Please report this bug.")
    return SystemCheck("Likelihood", True, "The log-likelihood agrees with its closed form.")


def workbench() -> SystemCheck:
    """Check that the packages of the workbench are installed."""
    missing = [name for name, module in WORKBENCH.items() if find_spec(module) is None]
    if len(missing) == len(WORKBENCH):
        return SystemCheck("Workbench", None, "Not installed (optional). Install: pip install 'securebase[workbench]'.")
    if missing:
        return SystemCheck(
            "Workbench",
            None,
            f"Incomplete, missing {', '.join(missing)}. Install: pip install 'securebase[workbench]'.",
        )
    return SystemCheck("Workbench", True, f"Installed, Django {_version('django')}.")


def data() -> SystemCheck:
    """Check the data directory of the workbench without writing to it."""
    setting = os.environ.get("SECUREBASE_DATA_DIR", "").strip()
    folder = Path(setting or "securebase-data").resolve()
    origin = "set by SECUREBASE_DATA_DIR" if setting else "default; change it with SECUREBASE_DATA_DIR"
    if not folder.exists():
        return SystemCheck("Data", None, f"{folder} ({origin}): does not exist yet; “securebase serve” creates it.")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return SystemCheck("Data", False, f"{folder} ({origin}): not a writable directory. Choose another.")
    database = folder / "securebase.db"
    content = f"a database of {database.stat().st_size / 1e6:,.1f} MB" if database.exists() else "no database yet"
    return SystemCheck("Data", True, f"{folder} ({origin}): {content}.")


def browser() -> SystemCheck:
    """Look for a Chromium, which only the browser tests need."""
    executable = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if executable is None:
        return SystemCheck("Chromium", None, "Not found. Browser tests are skipped; nothing else needs it.")
    driver = "with" if find_spec("playwright") else "without"
    return SystemCheck("Chromium", None, f"{executable}, {driver} playwright. Only browser tests use it.")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

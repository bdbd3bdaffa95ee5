"""A clinic's own parameter set: pictures use the adopted one, follow a rollback, and report an unreadable one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from securebase.model.parameter_set import parameter_set
from securebase.model.simulate import simulate_panel
from securebase.picture.client import ClientPicture
from securebase.picture.fingerprints import default_parameter_set
from securebase.study.clinic_sets import ClinicSets, fit_next
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress import queries
from workbench.browser import Browser
from workbench.cast import NOON, Cast

LATER = NOON + timedelta(days=3)


@pytest.fixture
def sets(tmp_path: Path, settings: object) -> ClinicSets:
    settings.PARAMETER_SETS = tmp_path / "parameters"  # type: ignore[attr-defined]
    return ClinicSets(tmp_path / "parameters")


def adopt(sets: ClinicSets) -> None:
    base = parameter_set()
    rows = simulate_panel(base.specification, base.in_score_units(), [np.arange(9.0)] * 25, np.random.default_rng(1))
    sets.adopt(fit_next(rows, sets, made_on="2026-11-25", simulated=True, prior=base)[1], on="2026-11-25")


def current_picture(cast: Cast) -> ClientPicture:
    return queries.current_picture(episode=cast.episode, as_of=LATER, whole=False)


def test_pictures_use_the_adopted_set_and_follow_a_rollback(cast: Cast, sets: ClinicSets) -> None:
    assert current_picture(cast).versions.parameter_set == default_parameter_set().id
    adopt(sets)
    assert set_in_use().parameter_set.version.startswith("1 ")
    assert current_picture(cast).versions.parameter_set_version.startswith("1 ")
    sets.roll_back(on="2026-11-26")
    assert current_picture(cast).versions.parameter_set == default_parameter_set().id


def test_administrator_sees_the_set_in_use(cast: Cast, browser: Browser, sets: ClinicSets) -> None:
    browser.force_login(cast.adam)
    page = browser.get("/clinic/").content.decode()
    assert default_parameter_set().name in page
    adopt(sets)
    page = browser.get("/clinic/").content.decode()
    assert "Fitted on 2026-11-25" in page
    assert "version 1 adopted" in " ".join(page.split())


def test_unreadable_set_is_reported_and_pictures_use_the_default(
    cast: Cast, browser: Browser, sets: ClinicSets
) -> None:
    adopt(sets)
    (sets.folder / "0001.toml").write_text("broken [")
    history = sets.folder / "history.toml"
    history.write_text(history.read_text() + "\n")
    assert current_picture(cast).versions.parameter_set == default_parameter_set().id
    assert "0001.toml" in set_in_use().problem
    browser.force_login(cast.adam)
    assert "cannot be used" in browser.get("/clinic/").content.decode()

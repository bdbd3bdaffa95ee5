"""Versions of a clinic's own parameter sets: adoption, use and rollback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from securebase.errors import ParameterSetError
from securebase.model.fitted_set import FittedSet
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.simulate import simulate_panel
from securebase.study.clinic_sets import ClinicSets, fit_next, named_set

BASE = parameter_set()


def rows(seed: int, n: int = 25) -> Panel:
    parameters = BASE.in_score_units()
    return simulate_panel(BASE.specification, parameters, [np.arange(9.0)] * n, np.random.default_rng(seed))


def next_set(folder: Path, seed: int) -> FittedSet:
    return fit_next(rows(seed), ClinicSets(folder), made_on="2026-11-25", simulated=True, prior=BASE)[1]


def test_adoption_and_rollback_change_the_set_in_use(tmp_path: Path) -> None:
    sets = ClinicSets(tmp_path / "sets")
    assert sets.in_use == 0
    assert sets.current() is BASE
    assert sets.versions() == ()
    for seed in (1, 2):
        sets.adopt(next_set(sets.folder, seed), on=f"2026-11-2{seed}")
    assert [s.version for s in sets.versions()] == [1, 2]
    assert sets.in_use == 2
    assert sets.current().version.startswith("2 ")
    before = (sets.folder / "0001.toml").read_bytes()
    assert sets.roll_back(on="2026-11-23") == 1
    assert sets.current().version.startswith("1 ")
    assert sets.roll_back(on="2026-11-24", to=0) == 0
    assert sets.current() is BASE
    assert [(c.version, c.why) for c in sets.history()] == [(1, "adopted"), (2, "adopted"), (1, "back"), (0, "back")]
    assert (sets.folder / "0001.toml").read_bytes() == before
    # a version that is no longer in use keeps its number
    assert sets.next_number() == 3


def test_a_small_clinics_set_lies_between_its_data_and_the_literature(tmp_path: Path) -> None:
    """Symptoms of 25 simulated persons are ten points higher: levels follow the data, the drift stays at the prior."""
    panel = rows(3)
    panel.scores[:, 0] += 10.0
    fitted, clinic_set = fit_next(panel, ClinicSets(tmp_path), made_on="2026-11-25", simulated=True, prior=BASE)
    assert fitted.outcome.kind == "regularised"
    shift = clinic_set.parameters.level_mean[0] - rows(3).scores[::9, 0].mean()
    assert shift == pytest.approx(10.0, abs=1.5)
    assert clinic_set.from_data["level_mean[symptoms]"] > 0.5
    assert clinic_set.from_data["drift[symptoms,alliance]"] < 0.4


def test_errors_leave_everything_unchanged(tmp_path: Path) -> None:
    sets = ClinicSets(tmp_path)
    with pytest.raises(ParameterSetError, match="no earlier version"):
        sets.roll_back(on="2026-11-25")
    first = next_set(tmp_path, 1)
    sets.adopt(first, on="2026-11-25")
    with pytest.raises(ParameterSetError, match="next version is 2"):
        sets.adopt(first, on="2026-11-25")
    with pytest.raises(ParameterSetError, match="unknown version 7"):
        sets.roll_back(on="2026-11-25", to=7)
    with pytest.raises(ParameterSetError, match="already in use"):
        sets.roll_back(on="2026-11-25", to=1)
    assert sets.in_use == 1
    assert len(sets.history()) == 1
    (tmp_path / "history.toml").write_text("[[change")
    with pytest.raises(ParameterSetError, match="invalid history"):
        _ = sets.in_use


def test_named_set_accepts_an_id_a_file_or_a_folder(tmp_path: Path) -> None:
    ClinicSets(tmp_path).adopt(next_set(tmp_path, 1), on="2026-11-25")
    assert named_set("literature") is BASE
    from_folder, from_file = named_set(str(tmp_path)), named_set(str(tmp_path / "0001.toml"))
    assert np.array_equal(from_folder.parameters.drift, from_file.parameters.drift)
    with pytest.raises(ParameterSetError, match="does not exist"):
        named_set(str(tmp_path / "0009.toml"))

"""Write full_model.csv: 120 simulated clients of 15 therapists, drawn from stated parameters with a fixed seed.

Two questionnaires measure symptoms. The alliance lowers symptoms, exposure in a session lowers them until the next
session, men score 3 points lower, usual levels differ between therapists, and clients have random slopes.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from securebase import Parameters, Specification
from securebase.model.simulate import simulate_panel

SEED, PERSONS, SESSIONS, THERAPISTS = 20, 120, 16, 15

SPECIFICATION = Specification(
    ("symptoms", "alliance"),
    trend="linear",
    random_slopes=True,
    indicators=(("phq9", "symptoms"), ("bdi", "symptoms"), ("alliance", "alliance")),
    inputs=("exposure",),
    covariates=("gender=man",),
    therapists=True,
    time_unit="session",
)
TRUTH = Parameters(
    drift=np.array([[-0.5, -1.5], [0.0, -0.45]]),
    diffusion=np.array([[4.0, -0.2], [-0.2, 0.25]]),
    level_mean=np.array([16.0, 5.0]),
    level_covariance=np.array([[9.0, -0.6], [-0.6, 0.4]]),
    measurement_noise=np.array([2.0, 9.0, 0.1]),
    slope=np.array([-0.35, 0.06]),
    change_covariance=np.array([[0.2, 0.0], [0.0, 0.006]]),
    level_change_covariance=np.zeros((2, 2)),
    input_effect=np.array([[-1.5], [0.0]]),
    covariate_effect=np.array([[-3.0], [0.2]]),
    therapist_covariance=np.array([[4.0, 0.0], [0.0, 0.2]]),
    loading=np.array([1.0, 1.6, 1.0]),
    intercept=np.array([0.0, 3.0, 0.0]),
)


def main() -> None:
    rng = np.random.default_rng(SEED)
    men = rng.random(PERSONS) < 0.4
    therapist = rng.permutation(np.arange(PERSONS) % THERAPISTS)
    exposure = (rng.random((PERSONS, SESSIONS)) < 0.4) * rng.choice([0.5, 1.0], size=(PERSONS, SESSIONS))
    lengths = rng.integers(10, SESSIONS + 1, size=PERSONS)
    # exposure in a session is an input until the next row
    inputs_by_client = [np.concatenate([[0.0], exposure[i, : n - 1]]) for i, n in enumerate(lengths)]
    rows = simulate_panel(
        SPECIFICATION,
        TRUTH,
        [np.arange(1.0, n + 1) for n in lengths],
        rng,
        inputs=np.concatenate(inputs_by_client)[:, None],
        covariates=men[:, None].astype(float),
        therapist=therapist,
    )
    missing = rng.random(rows.scores.shape) < np.array([0.05, 0.3, 0.08])
    with Path(__file__).with_name("full_model.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["client", "session", "phq9", "bdi", "alliance", "exposure", "gender", "therapist"])
        for i in range(PERSONS):
            for j, row in enumerate(range(rows.starts[i], rows.starts[i + 1])):
                scores = [
                    "" if is_missing else f"{v:.1f}"
                    for v, is_missing in zip(rows.scores[row], missing[row], strict=True)
                ]
                person = ["man" if men[i] else "woman", f"T{therapist[i] + 1}"]
                out.writerow([f"C{i + 1:03}", j + 1, *scores, f"{exposure[i, j]:g}", *person])


if __name__ == "__main__":
    main()

"""Therapy adds to the fall in symptoms, through all paths."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="symptoms",
    claims=("S3", "S6", "S63"),
    prior=Prior(
        mean=-0.8,
        sd=0.25,
        basis=(
            "Arms with IPT: symptoms fall by 46%, from which control arms reach about half (public trial data). "
            "Trials against usual care or waiting: .46 and .69."
        ),
    ),
    grade=Grade.COMPUTED,
    pillar=Pillar.COMMON_FACTORS,
    about=(
        "By the planned end clients in therapy are lower in symptoms than they would be without. What is not "
        "carried by the tracked constructs is called not tracked."
    ),
    calibration=("C14", "C15", "C17"),
    lag=Lag.COURSE,
)

"""Therapy contributes to the fall in symptoms, through all paths."""

from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct=THERAPY,
    to_construct="symptoms",
    claims=("S3", "S6", "S63"),
    prior=Prior(
        mean=-0.8,
        sd=0.25,
        basis=(
            "Arms with IPT: symptoms fall by 46%; control arms reach about half of this fall (public trial data). "
            "Trials against usual care or a waiting list: .46 and .69."
        ),
    ),
    grade=Grade.COMPUTED,
    pillar=Pillar.COMMON_FACTORS,
    about=(
        "By the planned end, clients in therapy have fewer symptoms than they would without it. The part that no "
        "tracked construct mediates is called not tracked."
    ),
    calibration=("C14", "C15", "C17"),
    lag=Lag.COURSE,
)

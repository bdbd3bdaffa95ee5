"""The reverse direction: symptoms may affect the alliance."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="symptoms",
    to_construct="alliance",
    claims=("S15",),
    prior=Prior(
        mean=-0.08,
        sd=0.06,
        basis=(
            "Lagged effects in both directions in 17 data sets (Flückiger et al. 2020). Only the direction was "
            "reported; the size is a judgement."
        ),
    ),
    grade=Grade.VERIFIED,
    pillar=Pillar.COMMON_FACTORS,
    about=(
        "After a week with fewer symptoms than usual, the alliance tends to be rated higher: it may follow improvement."
    ),
    calibration=("C7",),
)

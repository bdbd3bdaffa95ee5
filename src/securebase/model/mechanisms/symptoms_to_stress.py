"""Symptoms may generate interpersonal stress."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="symptoms",
    to_construct="interpersonal_stress",
    claims=("S64", "S79"),
    prior=Prior(
        mean=0.06,
        sd=0.06,
        basis=(
            "Depression and later stress that depends on the person: r = .23, against .10 for independent stress "
            "(Rnic et al. 2023). Converted to one week by judgement."
        ),
    ),
    grade=Grade.VERIFIED,
    pillar=Pillar.SOCIAL,
    about=(
        "After a week with more symptoms than usual, interpersonal stress tends to rise. This loop (stress "
        "generation) may maintain an episode."
    ),
    calibration=("C23",),
)

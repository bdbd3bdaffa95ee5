"""More interpersonal stress than usual tends to precede more symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_stress",
    to_construct="symptoms",
    claims=("S38", "S64", "S65", "S82", "S88"),
    prior=Prior(
        mean=0.07,
        sd=0.08,
        basis=(
            "All four effects share one prior, so none is favoured. Public data on a process in parent-child "
            "sessions: -.13; detrended -.08, uncertain. No weekly figure for interpersonal stress was found. On the "
            "day after a stressor, mood is better than without one (Bolger et al. 1989), which speaks against a lag."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="A week with more interpersonal stress than usual tends to precede more symptoms.",
    calibration=("C23",),
    exchangeable_with="mechanism_to_symptoms",
)

"""More emotional processing than usual tends to precede fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="emotional_processing",
    to_construct="symptoms",
    claims=("S82", "S94"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "All four effects share one prior, so none is favoured. Public data on a process in parent-child "
            "sessions: -.13; detrended -.08, uncertain. Between clients, depth of experiencing and outcome: -.19. No "
            "weekly figure was found."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about=(
        "A week in which the client recognises, names and expresses feelings more than usual tends to precede fewer "
        "symptoms. Venting alone does not count."
    ),
    calibration=("C24",),
    exchangeable_with="mechanism_to_symptoms",
)

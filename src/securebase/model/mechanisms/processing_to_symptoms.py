"""More emotional processing than usual tends to come before fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="emotional_processing",
    to_construct="symptoms",
    claims=("S82", "S94"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "One prior for all four so that none is favoured. Public data on a process in sessions of parent and "
            "child: -.13, or -.08 and not certain once trends are out. Between clients, depth of experiencing and "
            "outcome: -.19; no weekly figure."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about=(
        "Recognising, naming and voicing feeling more than usual goes with fewer symptoms a week later. Venting "
        "alone is not meant."
    ),
    calibration=("C24",),
    exchangeable_with="mechanism_to_symptoms",
)

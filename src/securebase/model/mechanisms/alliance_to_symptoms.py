"""A rise in the alliance tends to come before a fall in symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="symptoms",
    claims=("S1", "S17", "S23", "S24"),
    prior=Prior(
        mean=-0.1,
        sd=0.07,
        basis=(
            "Large samples without taking trends out: -.16 to -.21 (Falkenström et al., 345 clients); close to none "
            "in a trial of cognitive therapy once they are out. The mean lies between."
        ),
    ),
    grade=Grade.VERIFIED,
    pillar=Pillar.COMMON_FACTORS,
    about="After a session that felt more allied than usual for this client, symptoms tend to be lower a week later.",
    calibration=("C5", "C6", "C8", "C9"),
)

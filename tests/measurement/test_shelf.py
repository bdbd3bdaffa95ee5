"""Every worked example of every instrument file gives the stated scores and alerts."""

import pytest

from each import each
from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, WorkedExample
from securebase.measurement.scoring import score

EXAMPLES = [(i, example) for i in catalogue.instruments().values() for example in i.examples]


@each(EXAMPLES, lambda case: f"{case[0].id}, {case[1].about}")
def test_worked_example(case: tuple[Instrument, WorkedExample]) -> None:
    instrument, example = case
    result = score(instrument, example.responses)
    assert {name: s.value for name, s in result.scores.items()} == pytest.approx(dict(example.scores), abs=1e-9)
    assert tuple(sorted(alert.item for alert in result.alerts)) == tuple(sorted(example.safety_items))

"""Every worked example of every instrument file gives the stated scores and alerts."""

import pytest

from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, WorkedExample
from securebase.measurement.scoring import score

EXAMPLES = [
    pytest.param(instrument, example, id=f"{instrument.id}-{i}-{example.about}")
    for instrument in catalogue.instruments().values()
    for i, example in enumerate(instrument.examples, start=1)
]


@pytest.mark.parametrize(("instrument", "example"), EXAMPLES)
def test_worked_example(instrument: Instrument, example: WorkedExample) -> None:
    result = score(instrument, example.responses)
    assert {name: s.value for name, s in result.scores.items()} == pytest.approx(dict(example.scores), abs=1e-9)
    assert tuple(sorted(alert.item for alert in result.alerts)) == tuple(sorted(example.safety_items))

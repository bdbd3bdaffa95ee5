"""Person, time and moments of a table, from options or from the data dictionary beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from securebase.exchange.data_dictionary import DataDictionary, dictionary_beside, dictionary_path
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class TableKeys:
    """The columns of person and time, and the unit of the time where the data dictionary says it."""

    person: str | None
    time: str | None
    time_unit: str = ""
    file: str = ""
    dictionary: DataDictionary | None = None

    def moment(self, column: str) -> Moment | None:
        """Return when a column was measured; None if the data dictionary does not say.

        What was measured between sessions is in the row of the next session, so it counts as measured before it.
        """
        moment = self.dictionary.moment(column) if self.dictionary else None
        return Moment.BEFORE if moment is Moment.BETWEEN else moment

    def remark_on(self, cohort: Cohort) -> Cohort:
        """Return the cohort with a remark on what came from the data dictionary."""
        report = cohort.import_report
        if self.dictionary is None or report is None:
            return cohort
        remark = (
            f"Read with the data dictionary {self.file}: person “{self.person}”, time “{self.time}”, and when each "
            f"column was measured.{' All data are simulated.' if self.dictionary.simulated else ''}"
        )
        report = replace(report, remarks=(*report.remarks, remark))
        return replace(cohort, import_report=report, simulated=self.dictionary.simulated)


def table_keys(table: Path, *, person: str | None, time: str | None, layout: str) -> TableKeys:
    """Return the keys of a table; options take precedence over the data dictionary. A wide table has none."""
    dictionary = dictionary_beside(table) if layout == "long" else None
    if dictionary is None:
        return TableKeys(person, time)
    return TableKeys(
        person or dictionary.person,
        time or dictionary.time,
        dictionary.time_unit if time in {None, dictionary.time} else "",
        dictionary_path(table).name,
        dictionary,
    )

from securebase.errors import SecurebaseError as SecurebaseError
from securebase.exchange.csv_tables import read_cohort as read_cohort
from securebase.exchange.csv_writing import write_cohort as write_cohort
from securebase.exchange.record_json import read_record as read_record
from securebase.measurement.catalogue import instrument as instrument
from securebase.measurement.instrument import Instrument as Instrument
from securebase.measurement.scoring import score as score
from securebase.model.discrete_time import fit_waves as fit_waves
from securebase.model.discrete_time import wave_specification as wave_specification
from securebase.model.fit import fit as fit
from securebase.model.observations import panel as panel
from securebase.model.parameter_set import parameter_set as parameter_set
from securebase.model.parameters import Parameters as Parameters
from securebase.model.parameters import Specification as Specification
from securebase.model.simulate import simulate as simulate
from securebase.model.track import track as track
from securebase.picture.client import client_picture as client_picture
from securebase.records.cohort import Cohort as Cohort
from securebase.records.episode import EpisodeRecord as EpisodeRecord
from securebase.reports.client_report import client_report as client_report
from securebase.reports.power_report import power_report as power_report
from securebase.reports.study_report import study_report as study_report
from securebase.study.models import specification_for as specification_for
from securebase.study.power.plan import PowerPlan as PowerPlan
from securebase.study.power.power import power as power
from securebase.study.study import study as study_cohort

__all__ = [
    "Cohort",
    "EpisodeRecord",
    "Instrument",
    "Parameters",
    "PowerPlan",
    "SecurebaseError",
    "Specification",
    "__version__",
    "client_picture",
    "client_report",
    "fit",
    "fit_waves",
    "instrument",
    "panel",
    "parameter_set",
    "power",
    "power_report",
    "read_cohort",
    "read_record",
    "score",
    "simulate",
    "specification_for",
    "study_cohort",
    "study_report",
    "track",
    "wave_specification",
    "write_cohort",
]

__version__: str

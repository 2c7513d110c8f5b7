"""The bugs. Each is one replacement in one file; a bug that nobody finds means that a checker or a
test is missing."""

from tests.mutants.bugs.centre_bugs import CENTRE_BUGS
from tests.mutants.bugs.count_bugs import COUNT_BUGS
from tests.mutants.bugs.decision_bugs import DECISION_BUGS
from tests.mutants.bugs.gate_bugs import GATE_BUGS
from tests.mutants.bugs.lane_bugs import LANE_BUGS
from tests.mutants.bugs.list_bugs import LIST_BUGS
from tests.mutants.bugs.office_bugs import OFFICE_BUGS
from tests.mutants.bugs.presence_bugs import PRESENCE_BUGS
from tests.mutants.bugs.station_bugs import STATION_BUGS
from tests.mutants.bugs.trust_bugs import TRUST_BUGS

CATALOGUE = (
    *LANE_BUGS,
    *PRESENCE_BUGS,
    *DECISION_BUGS,
    *GATE_BUGS,
    *TRUST_BUGS,
    *LIST_BUGS,
    *STATION_BUGS,
    *COUNT_BUGS,
    *CENTRE_BUGS,
    *OFFICE_BUGS,
)

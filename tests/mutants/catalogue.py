"""The bugs. Each is one replacement in one file; a bug that the park does not find means that a
checker is missing."""

from tests.mutants.centre_bugs import CENTRE_BUGS
from tests.mutants.gate_bugs import GATE_BUGS
from tests.mutants.lane_bugs import LANE_BUGS

CATALOGUE = (*LANE_BUGS, *GATE_BUGS, *CENTRE_BUGS)

"""Acts on boards: their enrolment."""

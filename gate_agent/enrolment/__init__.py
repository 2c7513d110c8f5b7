"""The enrolment of this board: keys drawn here, everything else from the centre's door."""

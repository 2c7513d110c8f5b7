"""What must hold whatever attackers send: device events are not lost and not late, strange bytes
change nothing, recordings take nothing back, a gate that lies is named and harms no other."""

"""What is put on boards and beside a centre: units, rules, settings, and two small programs."""

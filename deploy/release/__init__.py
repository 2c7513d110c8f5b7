"""Make release folders on a machine with internet, for boards that have none."""

"""Make Debian packages of a release folder, for boards and for the centre."""

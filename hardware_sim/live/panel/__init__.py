"""The control panel of the live park: a page on this machine that sends the same orders as the
terminal and scenario files."""

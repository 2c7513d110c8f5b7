"""Releases of this software on a machine: how one is read, installed and replaced."""

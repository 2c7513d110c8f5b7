"""Locks, folders and files that are whole or not there: how the centre writes to disk."""

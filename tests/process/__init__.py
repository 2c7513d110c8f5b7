"""Daemons, guard, page and panel as real processes: killed, restarted, looked at by a browser."""

"""The operations of the API, a module a topic; importing this registers all of them."""

from fleet_manager.web.api.topics import (
    audit_lines,
    conflicts,
    counts,
    gates,
    incidents,
    live,
    passages,
    products,
    tickets,
    webhooks,
)

__all__ = [
    "audit_lines",
    "conflicts",
    "counts",
    "gates",
    "incidents",
    "live",
    "passages",
    "products",
    "tickets",
    "webhooks",
]

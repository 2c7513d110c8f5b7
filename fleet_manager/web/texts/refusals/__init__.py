"""What services refuse, in Chinese: patterns of their sentences, and the words for each."""

from fleet_manager.web.texts.refusals import fields, gates, lists, people, sales, tickets

CHINESE = (
    *people.CHINESE,
    *sales.CHINESE,
    *tickets.CHINESE,
    *gates.CHINESE,
    *lists.CHINESE,
    *fields.CHINESE,
)
"""Later ones are tried only where no earlier one fits."""

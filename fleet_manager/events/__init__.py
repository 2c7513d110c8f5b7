"""Events out of the house: what is told to whom, signed, in order, and how it went.

`detection` finds what has happened since the last event, `outbox` numbers it, `webhooks` are the
receivers, each with its own mark. `services/webhooks` delivers and writes; nothing here writes by
itself.
"""

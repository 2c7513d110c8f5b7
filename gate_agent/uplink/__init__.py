"""Talk with the centre: the session, the outbox of records, MQTT, the other gates."""

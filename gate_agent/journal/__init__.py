"""Record passages durably, and read them back; what other gates of the station recorded."""

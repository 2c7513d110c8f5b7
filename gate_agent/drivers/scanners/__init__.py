"""Read codes from serial scanners, GM65 modules and keyboard wedges."""

"""The serving process: broker link, collector, refresh."""

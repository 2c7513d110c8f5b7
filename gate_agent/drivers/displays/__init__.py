"""Show and say: lamps, buzzer, voice, small displays."""

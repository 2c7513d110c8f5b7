"""PURE. What the air does to packets between a gate and its centre."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkWeather:
    """Shares of packets, in each direction: `loss`, `twice`. `delay_ms` is the usual one; each
    packet takes half of it to one and a half, so that some overtake others."""

    loss: float = 0.0
    delay_ms: float = 0.0
    twice: float = 0.0


FAIR = LinkWeather()


def flights_s(weather: LinkWeather, rng: random.Random) -> list[float]:
    """Return how long each copy of a packet is under way, in seconds: none if it is lost."""
    copies = (rng.random() >= weather.loss) + (rng.random() < weather.twice)
    return [weather.delay_ms * rng.uniform(0.5, 1.5) / 1000 for _ in range(copies)]

"""What becomes of packets in the air."""

import random
from collections import Counter

from hardware_sim.live.weather import FAIR, LinkWeather, flights_s

PACKETS = 4000


def _flights(weather: LinkWeather) -> list[list[float]]:
    rng = random.Random(1)
    return [flights_s(weather, rng) for _ in range(PACKETS)]


def test_in_fair_weather_every_packet_arrives_once_and_at_once() -> None:
    assert _flights(FAIR) == [[0.0]] * PACKETS


def test_the_shares_are_kept() -> None:
    copies = Counter(map(len, _flights(LinkWeather(loss=0.25, twice=0.1))))
    lost, twice = copies[0] / PACKETS, copies[2] / PACKETS
    assert abs(lost - 0.25 * 0.9) < 0.02
    assert abs(twice - 0.75 * 0.1) < 0.02


def test_the_later_packet_may_be_the_first() -> None:
    times_s = [flight for [flight] in _flights(LinkWeather(delay_ms=200.0))]
    assert 0.1 <= min(times_s) < 0.11
    assert 0.29 < max(times_s) <= 0.3


def test_nothing_passes_a_dead_radio() -> None:
    assert _flights(LinkWeather(loss=1.0)) == [[]] * PACKETS

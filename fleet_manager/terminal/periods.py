"""Days that a command is about: --day, or --from and --to, by the park's clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

import click

from fleet_manager.park_time import Calendar
from fleet_manager.terminal.options import day_option


@dataclass(frozen=True, slots=True)
class Period:
    """Park days, both included, None where nobody said."""

    first: date | None
    last: date | None

    @classmethod
    def of(cls, day: date | None, first: date | None, last: date | None) -> "Period":
        """Return the days that options name. Raises click's usage error."""
        if day is not None and (first is not None or last is not None):
            raise click.UsageError("--day does not go with --from and --to")
        if first is not None and last is not None and last < first:
            raise click.UsageError("--to is before --from")
        return cls(day or first, day or last)

    @property
    def is_named(self) -> bool:
        """Return whether anybody said a day."""
        return self.first is not None or self.last is not None

    def window_s(self, calendar: Calendar, now_ms: int) -> tuple[int, int]:
        """Return when the first of the `days` begins and the last ends, UTC seconds since 1970."""
        first, last = self.days(calendar, now_ms)
        return calendar.window(date.fromordinal(first), last - first + 1)

    def days(self, calendar: Calendar, now_ms: int) -> tuple[int, int]:
        """Return first and last day as ordinals: today where nobody said; from a day until today;
        up to a day, that day alone."""
        today = calendar.day(now_ms)
        first = self.first or self.last or date.fromordinal(today)
        last = self.last or date.fromordinal(max(today, first.toordinal()))
        return first.toordinal(), last.toordinal()


def period_options(default: str) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that adds --day, --from and --to to a command, whose parameter `period`
    they make.

    `default`: the help's words for the days that are taken without them.
    """

    def decorate(command: Callable[..., Any]) -> Any:
        @wraps(command)
        def read(
            *args: Any, day: date | None, first: date | None, last: date | None, **others: Any
        ) -> Any:
            return command(*args, period=Period.of(day, first, last), **others)

        for option in (
            day_option("--to", "last", "Up to this day, which is included."),
            day_option("--from", "first", "From this day on."),
            day_option("--day", "day", f"One day, by the park's clock. Default: {default}."),
        ):
            read = option(read)
        return read

    return decorate

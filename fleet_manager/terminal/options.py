"""Options that many commands share, and how their values are read."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fleet_manager.access.actor import Actor
    from fleet_manager.park_time import Calendar

ENVIRONMENT = "SCENIC_GATE_DATA"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_KEY = "fleet_manager.data"


def data_on_group() -> click.Option:
    """Return --data for a place before the name of the command; data_option reads it there."""
    return click.Option(
        ["--data"],
        type=click.Path(path_type=Path, file_okay=False, readable=False),
        envvar=ENVIRONMENT,
        show_envvar=True,
        expose_value=False,
        callback=_remember,
        help="The data folder of the park.",
    )


def version_on_group() -> click.Option:
    """Return --version for a place before the name of a command: it prints the version and ends."""
    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_print_version,
        help="Print the version and end.",
    )


def _print_version(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"fleet-manager, version {version('scenic-gate')}")
        context.exit()


def data_option(command: _Command) -> _Command:
    """Add --data after the name of the command: the parameter `data`.

    Without it, --data before the name or the environment counts. With none of them the command
    ends with click's usage error.
    """
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False, readable=False),
        callback=_recall,
        help=f"The data folder of the park.  [env var: {ENVIRONMENT}]",
    )(command)


def data_of_group(context: click.Context) -> Path:
    """Return the data folder for a group that does something by itself."""
    return _recall(context, data_on_group(), None)


def _remember(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[_KEY] = value


def _recall(context: click.Context, option: click.Parameter, value: Path | None) -> Path:
    folder = value or context.meta.get(_KEY)
    if folder is None:
        raise click.MissingParameter(
            f"Say where the data folder is, or set {ENVIRONMENT}.", context, option
        )
    return Path(folder)


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def read_day(context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """Return the calendar day in an option's value, None for no value: a callback for click.

    Raises click's usage error for a text that is no day like 2026-11-23.
    """
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
        day + timedelta(days=1)  # a day that has no end is none that anybody means
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{value!r} is not a day like 2026-11-23", context, option
        ) from None
    return day


def one_or_more(*allowed: str) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    """Return a callback for click: it reads words of `allowed`, separated by commas, each once.

    It raises click's usage error for any other word.
    """

    def read(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(word.strip() for word in value.split(",")))
        for word in words:
            if word not in allowed:
                raise click.BadParameter(
                    f"{word!r} is not one of {', '.join(allowed)}", context, option
                )
        return words

    return read


def day_option(name: str, parameter: str, text: str) -> Callable[[_Command], _Command]:
    """Return an option whose value is a day, or None. `text`: its help."""
    return click.option(name, parameter, metavar="DATE", callback=read_day, help=text)


_SPANS_MS = {"min": 60_000, "h": 3_600_000, "d": 86_400_000}


def span_option(
    name: str, parameter: str, default: str, text: str
) -> Callable[[_Command], _Command]:
    """Return an option whose value is a span of time in milliseconds. `text`: its help."""

    def read(context: click.Context, option: click.Parameter, value: str) -> int:
        number = value.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = value[len(number) :]
        if unit not in _SPANS_MS or not number.isdecimal() or len(number) > 4:
            raise click.BadParameter(f"{value!r} is not like 30min, 2h or 3d", context, option)
        return int(number) * _SPANS_MS[unit]

    return click.option(
        name,
        parameter,
        default=default,
        show_default=True,
        metavar="TIME",
        callback=read,
        help=text,
    )


def read_time(text: str, calendar: "Calendar") -> int:
    """Return the instant in `2026-11-30T23:15` or `2026-11-30 23:15`, by the park's clock, in UTC
    ms.

    Raises click's error for another text.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no time: must be like 2026-11-30T23:15, by the park's clock"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=calendar.zone)).timestamp() * 1000)


def names_options(command: _Command) -> _Command:
    """Add --name-zh and --name-en to a command: the parameters `name_zh` and `name_en`, or None."""
    return click.option("--name-zh", help="Name for people who read Chinese.")(
        click.option("--name-en", help="Name for people who read English.")(command)
    )


def who() -> "Actor":
    """Return who runs the command."""
    from fleet_manager.access.actor import computer_user

    return computer_user()


def now() -> datetime:
    """Return the time of the computer's clock, in UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """Return the time of the computer's clock, UTC ms since 1970."""
    return time.time_ns() // 1_000_000

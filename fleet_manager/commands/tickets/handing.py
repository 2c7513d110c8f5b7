"""Options of tickets that are named or handed out, and what is printed of those handed out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fleet_manager.terminal.options import data_option, json_option, one_or_more
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.centre import Centre
    from fleet_manager.services.tickets import Print

_Command = TypeVar("_Command", bound=Callable[..., Any])

ticket_argument = click.argument("named", metavar="TICKET")
tickets_argument = click.argument("named", metavar="TICKET...", nargs=-1, required=True)

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the QR pictures.",
)
_FORMAT = click.option(
    "--format",
    "formats",
    metavar="png,svg",
    default="png",
    show_default=True,
    callback=one_or_more("png", "svg"),
    help="Kinds of pictures.",
)
_LEVEL = click.option(
    "--level",
    type=click.Choice(["l", "m", "q"], case_sensitive=False),
    default="m",
    show_default=True,
    help="Error correction of the QR code; m or q on paper.",
)


def prints_command(
    name: str,
) -> Callable[[Callable[["Centre", list[int]], "Sequence[Print]"]], click.Command]:
    """Return a decorator that makes the command `name`: it hands out what the decorated function
    returns for the open centre and the serials of the named tickets."""

    def decorate(act: Callable[["Centre", list[int]], "Sequence[Print]"]) -> click.Command:
        @click.command(name, help=act.__doc__)
        @tickets_argument
        @picture_options
        @json_option
        @data_option
        def command(
            data: Path,
            named: tuple[str, ...],
            out: Path | None,
            formats: tuple[str, ...],
            level: str,
            *,
            as_json: bool,
        ) -> None:
            from fleet_manager import centre

            check_out(out)
            with centre.opened(data) as park:
                prints = act(park, serials_of(park, named))
            hand_out(prints, out, formats, level, as_json=as_json)

        return command

    return decorate


def picture_options(command: _Command) -> _Command:
    """Add --out, --format and --level to a command: the parameters `out`, `formats` and `level`."""
    return _OUT(_FORMAT(_LEVEL(command)))


def serials_of(park: "Centre", named: Sequence[str]) -> list[int]:
    """Return the serials of tickets that are named by serial, printed number or code.

    Raises CentreError.
    """
    from fleet_manager.tickets import lookup

    with park.store.read() as connection:
        serials = [lookup.serial_of(connection, text, park.unlock) for text in named]
    return list(dict.fromkeys(serials))


def check_out(out: Path | None) -> None:
    """Raise CentreError if pictures could not be written: before a ticket is sold or changed."""
    from fleet_manager.files import whole_file

    if out is not None:
        whole_file.check_writable(out)


def hand_out(
    prints: "Sequence[Print]",
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    as_json: bool,
) -> None:
    """Print codes and write pictures of tickets that are sold already."""
    from fleet_manager.terminal.text_tables import table

    first, last = prints[0].ticket.serial, prints[-1].ticket.serial
    rows: list[list[object]] = []
    for handed in prints:
        ticket = handed.ticket
        files = [] if out is None else _draw(handed, out, formats, level, (first, last))
        if as_json:
            values = {
                "serial": ticket.serial,
                "code": handed.code,
                "number": handed.number.replace(" ", ""),
                "group": ticket.group,
                "issue": ticket.issue,
            }
            click.echo(json_text({**values, "files": files}))
        else:
            rows.append([ticket.serial, handed.number, handed.code, *files])
    if not as_json:
        pictures = [f"picture {kind}" for kind in formats] if out is not None else []
        click.echo(table(["serial", "printed number", "code", *pictures], rows), nl=False)


def _draw(
    handed: "Print", out: Path, formats: tuple[str, ...], level: str, sold: tuple[int, int]
) -> list[str]:
    from fleet_manager.errors import CentreError
    from fleet_manager.files import whole_file
    from fleet_manager.tickets.pictures import Format, Level, draw

    files = []
    for kind in formats:
        file = out / f"ticket-{handed.ticket.serial:06}.{kind}"
        picture = draw(handed.code, Format(kind), Level(level.lower()), number=handed.number)
        try:
            whole_file.write_bytes(file, picture)
        except CentreError as error:
            raise CentreError(
                str(error),
                f"tickets {sold[0]} to {sold[1]} are issued: "
                "draw them with `fleet-manager ticket draw`",
            ) from None
        files.append(str(file))
    return files

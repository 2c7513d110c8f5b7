"""`restored`: the step after a restore from a backup that no one can do by hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.asking import make_sure, yes_option
from fleet_manager.terminal.options import data_option, who

if TYPE_CHECKING:
    from fleet_manager.recovery import NumberGap, SerialGap


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what gates have that is newer.")
@click.option("--again", is_flag=True, help="Only for gates that were away the first time.")
@yes_option
@data_option
def restored(data: Path, *, dry_run: bool, again: bool, yes: bool) -> None:
    """Set the centre's numbers above the gates' after a restore.

    Gates take no list and no rules that are not newer than what they have. Serials that were sold
    since the backup are reserved: up to the highest that a gate has seen, and some more. Run it
    last, when what was refunded since the backup has been done again. For gates that come back
    later, run it with --again: it changes only what they are ahead of. Shows what it found, and
    asks. Exit status 1 if something is left to do by hand.
    """
    from fleet_manager import centre
    from fleet_manager.services import recovery

    with centre.opened(data) as park:
        outcome = recovery.look_ahead(park)
        if not dry_run:
            steps = [_line(gap, number) for gap, number in outcome.steps]
            make_sure(
                [] if yes else [*steps, _sales(outcome.serials)],
                "go on above these numbers, and reserve these serials?",
                yes=yes,
            )
            outcome = recovery.go_on(park, who(), again=again)
    for gap, number in outcome.steps:
        click.echo(_line(gap, number))
    click.echo(_sales(outcome.serials))
    if outcome.news_anew:
        click.echo("news: every gate hears all of them again")
    if outcome.silent:
        click.echo(
            f"not heard for five minutes: {', '.join(outcome.silent)}; "
            "when they are back: `fleet-manager restored --again`"
        )
    by_hand = any(not gap.believable or gap.is_for_roots for gap, _ in outcome.steps)
    if by_hand or not outcome.serials.believable:
        raise SystemExit(1)


def _sales(serials: "SerialGap") -> str:
    line = f"tickets: the centre has sold {serials.ours}"
    if serials.theirs > serials.ours:
        line += f", gates have seen {serials.theirs}"
    if not serials.believable:
        return f"{line}: not believed, look at the gates' records"
    if serials.reserved:
        return f"{line}; {serials.ours + 1} to {serials.reserved} are reserved: valid, not for sale"
    return line


def _line(gap: "NumberGap", number: int | None) -> str:
    what = gap.what if " " in gap.what else f"list {gap.what}"
    line = f"{what}: the centre has {gap.ours}"
    if gap.theirs:
        line += f", gates have up to {gap.theirs} ({gap.gate})"
    if not gap.believable:
        return f"{line}: not believed, look at {gap.gate}"
    if gap.is_for_roots:
        return f"{line}: publish the newest again with `fleet-manager keys publish`"
    return line if number is None else f"{line}; the next is {number}"

"""`restored`: the step after a restore from a backup that no one can do by hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.options import data_option, who

if TYPE_CHECKING:
    from fleet_manager.recovery import NumberGap


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what gates have that is newer.")
@click.option("--again", is_flag=True, help="Only for gates that were away the first time.")
@data_option
def restored(data: Path, *, dry_run: bool, again: bool) -> None:
    """After a restore from a backup: go on above what the gates have.

    They take no list and no rules that are not newer than what they have. Run it last, when what
    was sold and refunded since the backup has been done again. For gates that come back later, run
    it with --again: it changes only what they are ahead of. Exit status 1 if something is left to
    do by hand.
    """
    from fleet_manager import centre
    from fleet_manager.services import recovery

    with centre.opened(data) as park:
        if dry_run:
            outcome = recovery.look_ahead(park)
        else:
            outcome = recovery.go_on(park, who(), again=again)
    for gap, number in outcome.steps:
        click.echo(_line(gap, number))
    if outcome.news_anew:
        click.echo("news: every gate hears all of them again")
    if outcome.silent:
        click.echo(
            f"not heard for five minutes: {', '.join(outcome.silent)}; "
            "when they are back: `fleet-manager restored --again`"
        )
    if any(not gap.believable or gap.is_for_roots for gap, _ in outcome.steps):
        raise SystemExit(1)


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

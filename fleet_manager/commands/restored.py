"""`restored`: the step after a restore from a backup that no one can do by hand."""

from pathlib import Path

import click

from fleet_manager.terminal.options import data_option, now_ms

HEARD_MS = 300_000


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
    from fleet_manager import centre, recovery
    from fleet_manager.gates import gates as fleet

    at_ms, left = now_ms(), False
    with centre.opened(data) as park, park.store.write() as connection:
        for one in recovery.numbers(connection):
            line = f"{_name(one.what)}: the centre has {one.ours}"
            line += f", gates have up to {one.theirs} ({one.gate})" if one.theirs else ""
            if not one.believable:
                line += f": not believed, look at {one.gate}"
                left = True
            elif one.what == recovery.KEYS and one.theirs > one.ours:
                line += ": publish the newest again with `fleet-manager keys publish`"
                left = True
            elif (
                one.what != recovery.KEYS
                and not dry_run
                and one.highest > (one.ours if again else 0)
            ):
                line += f"; the next is {recovery.go_on(connection, one, at_ms)}"
            click.echo(line)
        if not dry_run and not again:
            recovery.number_news_anew(connection)
            click.echo("news: every gate hears all of them again")
        gates = fleet.gates(connection)
    away = [one.id for one in gates if one.seen_ms is None or at_ms - one.seen_ms > HEARD_MS]
    if away:
        click.echo(
            f"not heard for five minutes: {', '.join(away)}; "
            "when they are back: `fleet-manager restored --again`"
        )
    if left:
        raise SystemExit(1)


def _name(what: str) -> str:
    return what if " " in what else f"list {what}"

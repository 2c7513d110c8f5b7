"""`release`: software for gates: who may sign it, what is here, and which gate shall run which."""

from pathlib import Path

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, read_time, who
from gate_agent.validator.printable import json_text

release = Group("release", help="Releases of the software, and which gates shall run them.")
keys = Group("keys", help="Release keys: who may sign software. Two of three root keys sign them.")
release.add_command(keys)
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@keys.command("create")
@click.argument("file", type=_FILE)
def create_key(file: Path) -> None:
    """Make a release key in FILE, and its public half in FILE.pub.

    It is for the machine that makes releases, never for the centre: whoever has both chooses what
    all gates run.
    """
    from fleet_manager.keys import roots

    click.echo(f"{roots.make(file).hex()}  {file}{roots.PUBLIC}")


@keys.command("propose")
@click.option("--out", required=True, type=_FILE, help="File for the root keys to sign.")
@click.option(
    "--add", multiple=True, type=_FILE, metavar="FILE.pub", help="Trust this key from then on."
)
@click.option("--drop", multiple=True, metavar="ID", help="Trust this key no more.")
@data_option
def propose_keys(data: Path, out: Path, add: tuple[Path, ...], drop: tuple[str, ...]) -> None:
    """Write the next release keys, unsigned. Carry them to the root keys: `root sign`."""
    from fleet_manager import centre
    from fleet_manager.services.boards import rollouts
    from fleet_manager.terminal import release_lines

    with centre.opened(data) as park:
        proposed = rollouts.propose_keys(park, who(), add, drop, out)
        click.echo("\n".join(release_lines.keys_sheet(proposed, park.calendar.text)))
    click.echo(f"unsigned, in {out}")


@keys.command("publish")
@click.argument("proposal", type=_FILE)
@data_option
def publish_keys(data: Path, proposal: Path) -> None:
    """Put signed release keys in force; gates take them with their next look for updates."""
    from fleet_manager import centre
    from fleet_manager.services.boards import rollouts

    with centre.opened(data) as park:
        published = rollouts.publish_keys(park, who(), proposal)
    click.echo(f"release keys {published.version} are in force")


@keys.command("show")
@click.argument("proposal", type=_FILE, required=False)
@data_option
def show_keys(data: Path, proposal: Path | None) -> None:
    """Show the release keys in force, or what a proposal says."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError
    from fleet_manager.keys.proposals import RELEASE_KEYS, read_proposal
    from fleet_manager.rollouts import release_keys
    from fleet_manager.terminal import release_lines

    if proposal is not None:
        shown = read_proposal(proposal, RELEASE_KEYS).keys
        click.echo("\n".join(release_lines.keys_sheet(shown)))
        return
    with centre.opened(data) as park, park.store.read() as connection:
        newest = release_keys.newest(connection)
        if newest is None:
            raise CentreError(
                "cannot show release keys: this park has none",
                "make some: `fleet-manager release keys propose`",
            )
        click.echo("\n".join(release_lines.keys_sheet(newest, park.calendar.text)))


@release.command("sign")
@click.argument("folder", type=_FOLDER)
@click.option("--key", required=True, type=_FILE, help="File of the release key.")
def sign(folder: Path, key: Path) -> None:
    """Sign the release in FOLDER, which `./run release` has made; needs no park.

    Every file is verified first. The signature is release.sig in the folder.
    """
    from fleet_manager.keys import release_keys

    manifest, signer = release_keys.sign_release(folder, key)
    click.echo(f"{manifest.name}, sequence {manifest.sequence}, signed by {signer}")


@release.command("add")
@click.argument("folder", type=_FOLDER)
@data_option
def add(data: Path, folder: Path) -> None:
    """Copy the signed release in FOLDER to the centre, so that gates can fetch it.

    Its signature and every file are verified first.
    """
    from fleet_manager import centre
    from fleet_manager.services.boards import rollouts

    with centre.opened(data) as park:
        added = rollouts.add(park, who(), folder)
    click.echo(f"{added.name}, sequence {added.sequence}, signed by {added.signed_by}")


@release.command("list")
@json_option
@data_option
def list_releases(data: Path, *, as_json: bool) -> None:
    """List the releases at the centre, the newest first, and how many gates shall run each."""
    from fleet_manager import centre
    from fleet_manager.rollouts import releases, wishes
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        stored = releases.every(connection)
        wished = [wish.release for wish in wishes.every(connection).values()]
        rows: list[dict[str, object]] = [
            {
                "release": row.name,
                "sequence": row.sequence,
                "signed_by": row.signed_by,
                "added": park.calendar.text(row.added_ms),
                "wished": wished.count(row.name),
            }
            for row in stored
        ]
    if as_json:
        for row in rows:
            click.echo(json_text(row))
        return
    header = ["release", "sequence", "signed by", "added", "gates"]
    click.echo(table(header, [list(row.values()) for row in rows]), nl=False)


@release.command("wish")
@click.argument("words", nargs=-1, required=True, metavar="[GATE]... RELEASE")
@click.option("--station", "station_id", help="All gates of a station.")
@click.option("--all", "every", is_flag=True, help="All gates.")
@click.option(
    "--when",
    type=click.Choice(["night", "rest", "now"]),
    default="night",
    show_default=True,
    help="night: at rest, in the board's night (1 to 5 o'clock, or as its inventory says). "
    "rest: when nobody is at the gate. now: at once.",
)
@click.option("--not-before", metavar="TIME", help="In park time, as 2026-12-24T01:30.")
@data_option
def wish(
    data: Path,
    words: tuple[str, ...],
    station_id: str | None,
    when: str,
    not_before: str | None,
    *,
    every: bool,
) -> None:
    """Let gates run RELEASE: they fetch it, switch at rest, and go back by themselves if it is
    unwell. Wished again, a release that was unwell is tried again."""
    from fleet_manager import centre
    from fleet_manager.services.boards import rollouts
    from gate_agent.validator.messages.release_wish import SwitchTime

    *gate_ids, name = words
    if sum((bool(gate_ids), station_id is not None, every)) != 1:
        raise click.UsageError("give the ids of gates and then the release, or --station, or --all")
    with centre.opened(data) as park:
        wanted = gate_ids or rollouts.gates_of(park, station_id)
        begin_ms = 0 if not_before is None else read_time(not_before, park.calendar)
        number = rollouts.wish(park, who(), wanted, name, SwitchTime(when), not_before_ms=begin_ms)
    click.echo(f"wish {number}: {name} for {', '.join(wanted)}, at {when}")


@release.command("show")
@json_option
@data_option
def show(data: Path, *, as_json: bool) -> None:
    """Show for every gate which release it runs, and which it shall run."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.rollouts import wishes
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        wished = wishes.every(connection)
        rows: list[dict[str, object]] = []
        for gate in gates.every(connection):
            wish_of = wished.get(gate.id)
            rows.append(
                {
                    "gate": gate.id,
                    "station": gate.station,
                    "runs": gate.software or "-",
                    "wished": wish_of.release if wish_of else "-",
                    "when": wish_of.when.value if wish_of else "-",
                    "drift": wish_of is not None and wish_of.release != gate.software,
                }
            )
    if as_json:
        for row in rows:
            click.echo(json_text(row))
        return
    cells = [[*list(row.values())[:-1], "differs" if row["drift"] else ""] for row in rows]
    click.echo(table(["gate", "station", "runs", "wished", "when", ""], cells), nl=False)

"""`root` and `keys`: the park's root keys, and the key sets that they sign."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.asking import make_sure, yes_option
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet_manager.keys.proposals import Proposal
    from gate_agent.validator.trust.key_set import KeySet

root = Group(
    "root", help="Root keys, for machines without a network. They sign key sets and release keys."
)
keys = Group("keys", help="Which keys gates trust: a set that two of three root keys sign.")
COMMANDS = (keys, root)
_FILE = click.Path(path_type=Path, dir_okay=False)
_MODES = {"sig": 0, "sig+list": 1, "list-only": 2}


@root.command("create")
@click.argument("file", type=_FILE)
def create_root(file: Path) -> None:
    """Make a root key in FILE, and its public half in FILE.pub.

    Three keys, three media, three safes. Nobody can restore a park that has lost two of them.
    """
    from fleet_manager.keys import roots

    click.echo(f"{roots.make(file).hex()}  {file}{roots.PUBLIC}")


@root.command("sign")
@click.argument("proposal", type=_FILE)
@click.option("--key", required=True, type=_FILE, help="File of the root key.")
def sign_proposal(proposal: Path, key: Path) -> None:
    """Show what a proposed key set says, or proposed release keys, and add a root key's signature
    to the file."""
    from fleet_manager.errors import CentreError
    from fleet_manager.keys.proposals import KEY_SET, RELEASE_KEYS, read_proposal
    from fleet_manager.terminal import release_lines

    try:
        before = read_proposal(proposal, KEY_SET)
    except CentreError as error:
        try:
            for_releases = read_proposal(proposal, RELEASE_KEYS)
        except CentreError:
            raise error from None
        click.echo("\n".join(release_lines.keys_sheet(for_releases.keys)))
        _add_signature(proposal, for_releases, key)
        return
    _say(before.keys)
    _add_signature(proposal, before, key)


def _add_signature(file: Path, before: "Proposal[Any]", key: Path) -> None:
    signed = before.sign(key)
    signed.write(file)
    click.echo(counted(len(signed.signatures), "signature"))


@keys.command("show")
@click.argument("proposal", type=_FILE, required=False)
@json_option
@data_option
def show_keys(data: Path, proposal: Path | None, *, as_json: bool) -> None:
    """Show the key set in force, or what a proposal says."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError
    from fleet_manager.keys.proposals import KEY_SET, read_proposal
    from fleet_manager.trust import key_sets

    text = None
    if proposal is not None:  # also on a machine that holds a root key and no park
        key_set = read_proposal(proposal, KEY_SET).keys
    else:
        with centre.opened(data) as park, park.store.read() as connection:
            published = key_sets.newest(connection)
        if published is None:
            raise CentreError("cannot show a key set: this park has none")
        key_set, text = published.keys, park.calendar.text
    if as_json:
        for line in _lines(key_set):
            click.echo(json_text(line))
        return
    _say(key_set, text)


@keys.command("propose")
@click.option("--out", required=True, type=_FILE, help="File for the root keys to sign.")
@click.option(
    "--new",
    multiple=True,
    type=click.Choice(["ticket", "list", "centre"]),
    help="Draw a new key that signs from then on; the one before stays trusted.",
)
@click.option("--drop", multiple=True, metavar="ID", help="Trust this key no more.")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    metavar="ID=MODE",
    help="How far a ticket key is trusted: sig, sig+list or list-only.",
)
@click.option(
    "--root",
    "root_files",
    multiple=True,
    type=_FILE,
    metavar="FILE.pub",
    help="Three times: the park's new root keys.",
)
@data_option
def propose_keys(
    data: Path,
    out: Path,
    new: tuple[str, ...],
    drop: tuple[str, ...],
    modes: tuple[str, ...],
    root_files: tuple[Path, ...],
) -> None:
    """Write the next key set, unsigned. Carry it to the root keys: `fleet-manager root sign`."""
    from fleet_manager import centre
    from fleet_manager.services import keys as acts
    from gate_agent.validator.trust.key_set import ROOTS
    from gate_agent.validator.trust.keys import KeyMode, KeyUse

    if root_files and len(set(root_files)) != ROOTS:
        raise click.UsageError(f"--root must be given {ROOTS} times, with different files")
    wanted: dict[bytes, KeyMode] = {}
    for setting in modes:
        name, _, mode = setting.partition("=")
        if mode not in _MODES:
            raise click.UsageError(f"{setting!r} is not ID=sig, ID=sig+list or ID=list-only")
        wanted[_key_id(name)] = KeyMode(_MODES[mode])
    change = acts.KeyChange(
        new=[KeyUse(use) for use in new],
        drop=frozenset(_key_id(name) for name in drop),
        modes=wanted,
        roots=root_files,
    )
    with centre.opened(data) as park:
        key_set = acts.propose(park, who(), change, out)
    _say(key_set, park.calendar.text)
    click.echo(f"unsigned, in {out}")


@keys.command("publish")
@click.argument("proposal", type=_FILE)
@yes_option
@data_option
def publish_keys(data: Path, proposal: Path, *, yes: bool) -> None:
    """Put a signed key set in force; gates that are linked have it within seconds.

    Shows what it says, and asks: gates go back to no older set.
    """
    from fleet_manager import centre
    from fleet_manager.keys.proposals import KEY_SET, read_proposal
    from fleet_manager.services import keys as acts

    with centre.opened(data) as park:
        wanted = read_proposal(proposal, KEY_SET).keys
        make_sure(_sheet(wanted, park.calendar.text), f"publish key set {wanted.version}?", yes=yes)
        published = acts.publish(park, who(), proposal)
    click.echo(f"key set {published.version} is in force")


def _key_id(text: str) -> bytes:
    try:
        name = bytes.fromhex(text)
    except ValueError:
        name = b""
    if len(name) != 4:
        raise click.UsageError(f"{text!r} is not a key id of 8 hexadecimal digits")
    return name


def _lines(key_set: "KeySet") -> list[dict[str, object]]:
    from gate_agent.validator.trust.keys import key_id

    names = {mode: name for name, mode in _MODES.items()}
    lines: list[dict[str, object]] = [
        {"use": "root", "id": key_id(public).hex(), "mode": "", "public": public.hex()}
        for public in key_set.roots
    ]
    for row in key_set.keys:
        mode = names[int(row.mode)] if row.use == "ticket" else ""
        line = {"use": row.use.value, "id": key_id(row.public).hex(), "mode": mode}
        lines.append({**line, "public": row.public.hex()})
    return lines


def _say(key_set: "KeySet", text: "Callable[[int], str] | None" = None) -> None:
    for line in _sheet(key_set, text):
        click.echo(line)


def _sheet(key_set: "KeySet", text: "Callable[[int], str] | None" = None) -> list[str]:
    """Return the lines of a key set. `text` writes its time down; without a park it is UTC."""
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    lines = _lines(key_set)
    head = f"key set {key_set.version} of {key_set.park}, {(text or utc_text)(key_set.as_of_ms)}"
    return [head, *table(list(lines[0]), [list(line.values()) for line in lines]).splitlines()]

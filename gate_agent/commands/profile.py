"""`gate-agent profile list | make | boot`: a gate.toml to start from."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate_agent.commands.shell import CommandGroup, config_option, identity_option, report_errors
from gate_agent.errors import GateError

if TYPE_CHECKING:
    from gate_agent.config.profiles import BoardSite

DEFAULT_ZONE = "Asia/Shanghai"


@click.group(cls=CommandGroup)
def profile() -> None:
    """Start from a board profile: wiring by board and kind of turnstile."""


@profile.command("list")
@report_errors
def show() -> None:
    """List the boards and turnstiles that have profiles."""
    from gate_agent.config.profiles import profiles

    for kind in ("boards", "turnstiles"):
        every = profiles(kind)
        width = max(len(entry.id) for entry in every)
        click.echo(f"{kind}:")
        for entry in every:
            click.echo(f"  {entry.id:{width}}  {entry.name_en} · {entry.name_zh}")


@profile.command()
@click.option("--board", required=True, help="As in profile list.")
@click.option("--turnstile", required=True, help="As in profile list.")
@click.option("--park", help="Id of the park; if not given, as it was enrolled.")
@click.option("--id", "gate", help="Id of this gate.")
@click.option("--host", help="The centre's name or address.")
@click.option("--time-zone", help="The park's.")
@identity_option
@click.option(
    "--scanner", help="Port of the first lane's scanner, such as gm65@/dev/serial/by-id/…."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write; standard output if not given."
)
@report_errors
def make(
    board: str,
    turnstile: str,
    park: str | None,
    gate: str | None,
    host: str | None,
    time_zone: str | None,
    identity: Path,
    scanner: str | None,
    out: Path | None,
) -> None:
    """Write a gate.toml. An existing file is kept."""
    from gate_agent.config import profiles
    from gate_agent.config.settings import CHANGE_ME

    site = _site(park, gate, host, time_zone, identity)
    wiring = profiles.profile("boards", board)
    text = profiles.make(
        wiring, profiles.profile("turnstiles", turnstile), replace(site, scanner=scanner)
    )
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)
    count = text.count(CHANGE_ME)
    if count:
        click.echo(f"{CHANGE_ME} stands for {count} path(s) that only the site knows", err=True)


@profile.command()
@config_option
@report_errors
def boot(config: Path) -> None:
    """Print the lines of config.txt that hold this gate's relays at rest from power-on."""
    from gate_agent.config.load import load
    from gate_agent.config.profiles import boot_lines

    click.echo(boot_lines(load(config)), nl=False)


def _site(
    park: str | None, gate: str | None, host: str | None, zone: str | None, identity: Path
) -> "BoardSite":
    """Return what the options say, and the enrolment for those that were not given."""
    from gate_agent.config.profiles import BoardSite
    from gate_agent.config.site_file import read_site

    given = {"park": park, "gate": gate, "host": host, "time_zone": zone}
    texts = {name: value for name, value in given.items() if value}
    known = read_site(identity) if len(texts) < len(given) else None
    if known is not None:
        return replace(known, **texts)
    for name, option in (("park", "--park"), ("gate", "--id"), ("host", "--host")):
        if name not in texts:
            raise click.UsageError(f"give {option}: this board is not enrolled yet")
    return BoardSite(**({"time_zone": DEFAULT_ZONE} | texts))


def _write(out: Path, text: str) -> None:
    try:
        file = out.open("x", encoding="utf-8")
    except FileExistsError:
        raise GateError(
            f"cannot write {out}: there is a file of that name, and it was kept",
            "give another --out, or move the old file away first",
        ) from None
    except OSError as error:
        raise GateError(f"cannot write {out}: {error.strerror}") from None
    try:
        with file:
            file.write(text)
    except OSError as error:
        out.unlink(missing_ok=True)  # half a file would be kept the next time
        raise GateError(f"cannot write {out}: {error.strerror}") from None

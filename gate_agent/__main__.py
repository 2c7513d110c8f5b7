"""The commands of a gate: `gate-agent run | rest | check | status | decode | inspect | export`."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from gate_agent import __version__
from gate_agent.commands.check import check
from gate_agent.commands.enrol import enrol
from gate_agent.commands.page import page
from gate_agent.commands.profile import profile
from gate_agent.commands.shell import CommandGroup
from gate_agent.commands.shell import config_option as _config
from gate_agent.commands.shell import json_option as _json
from gate_agent.commands.shell import report_errors as _report_errors
from gate_agent.commands.update import update
from gate_agent.errors import GateError
from gate_agent.validator.printable import json_text

SMALL = {
    "MALLOC_ARENA_MAX": "1",  # threads here seldom allocate at once
    "MALLOC_MMAP_THRESHOLD_": "131072",  # a picture's buffers go back at once
    "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1",  # Ed25519 and SHA-256 are no legacy
    "PYTHONTZPATH": "/usr/share/zoneinfo",  # saves reading how Python was built
    "LC_ALL": "C",  # Python then speaks UTF-8, and no table of the system's is loaded
    "OPENBLAS_NUM_THREADS": "1",  # each thread would reserve buffers
    "OPENCV_IPP": "disabled",
}
"""Settings for a small daemon, here and nowhere else: also without systemd they hold."""


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gate-agent")
def main() -> None:
    """Serve a turnstile or a handheld, and give a technician the tools for it.

    Shell completion, zsh and fish alike:

    eval "$(_GATE_AGENT_COMPLETE=bash_source gate-agent)"

    Exit status: 0 done, 1 a fault was found, 2 wrong usage, 75 another daemon has the data folder,
    78 wrong configuration.
    """


main.add_command(check)
main.add_command(enrol)
main.add_command(page)
main.add_command(profile)
main.add_command(update)


@main.command()
@_config
@_report_errors
def run(config: Path) -> None:
    """Serve this gate until SIGTERM. Logs go to standard error, for journald."""
    from gate_agent.config.load import load
    from gate_agent.trust import identity

    if find_spec("paho") is None:  # the daemon needs it, and nothing before it does
        raise ModuleNotFoundError("paho", name="paho")
    # A mistake is reported before this process is replaced.
    settings = load(config)
    identity.refuse_other_names(identity.load(settings.identity), settings.park, settings.gate)
    command, environment = daemon_command(config)
    os.execve(command[0], command, environment)  # noqa: S606


def daemon_command(config: Path) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment of the interpreter that `run` becomes: one without the
    command line's libraries, and with what only a process's start can set. A variable that is set
    already stays."""
    words = [sys.executable, "-P", "-X", "no_debug_ranges", "-m", "gate_agent.daemon"]
    return [*words, str(config)], SMALL | os.environ


@main.command()
@_config
@_report_errors
def rest(config: Path) -> None:
    """Drive every relay to rest, after the daemon has ended. systemd does it (ExecStopPost)."""
    from gate_agent.config.load import load
    from gate_agent.drivers.arms import build

    click.echo(f"{build.rest(load(config))} relays at rest")


@main.command()
@_config
@click.argument("number", type=click.IntRange(1, 999), required=False)
@click.option("--name", help="What stands in the records: at most 20 letters of any script.")
@click.option("--right", type=click.Choice(["steward", "supervisor"]), default="steward")
@click.option("--remove", is_flag=True, help="The code of NUMBER is good no longer.")
@_report_errors
def staff(config: Path, number: int | None, name: str | None, right: str, *, remove: bool) -> None:
    """List who has a staff code here; give NUMBER one, its PIN from standard input.

    The daemon reads the list when it starts.
    """
    from gate_agent.config import staff_codes
    from gate_agent.config.load import load

    path = load(config).identity / staff_codes.STAFF_FILE
    people = staff_codes.load(path)
    if number is not None and remove:
        people.pop(number, None)
        staff_codes.save(path, people)
    elif number is not None:
        pin = sys.stdin.readline().strip()
        try:
            person = staff_codes.person_of(
                number, name or f"s{number:03}", staff_codes.StaffRole(right), pin, os.urandom(16)
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        people[number] = person
        staff_codes.save(path, people)
    for number, person in sorted(people.items()):
        click.echo(f"{number:03}  {person.right.value:10}  {person.name}")


@main.command()
@_config
@_json
@click.option(
    "--board-files",
    is_flag=True,
    help="Instead: the digest of the files by which this board is set up, as they are now.",
)
@_report_errors
def status(config: Path, as_json: bool, *, board_files: bool) -> None:
    """Print how the running daemon is. Exit status 1 if none runs."""
    if board_files:
        _print_board_files(config, as_json=as_json)
        return
    from gate_agent.config.load import load
    from gate_agent.journal.inspect import read_status, status_lines

    document, fresh = read_status(load(config).data)
    if as_json:
        click.echo(json_text({**document, "fresh": fresh}))
    else:
        click.echo("\n".join(status_lines(document, fresh)))
    sys.exit(0 if fresh else 1)


def _print_board_files(config: Path, *, as_json: bool) -> None:
    from gate_agent.config.board_files import digest_of, files_of, read_digests

    digests = read_digests(files_of(config))
    if as_json:
        click.echo(json_text({"config": digest_of(digests), "config_files": digests}))
    else:
        click.echo("\n".join(f"{digest}  {path}" for path, digest in digests.items()))
        click.echo(f"{digest_of(digests)}  all of them")


@main.command()
@_config
@click.option("--again", is_flag=True, help="Also those that are there, which are kept otherwise.")
@_report_errors
def voice(config: Path, *, again: bool) -> None:
    """Make the voice prompts' recordings with espeak-ng, in Chinese and English."""
    from gate_agent.config.load import load
    from gate_agent.config.settings import RECORDINGS
    from gate_agent.drivers.displays.recordings import record

    folder = load(config).data / RECORDINGS
    click.echo(f"{len(record(folder, again=again))} recordings made in {folder}")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json
@_report_errors
def decode(files: tuple[Path, ...], as_json: bool) -> None:
    """Print the QR codes in each picture FILE. Exit status 1 if a file is no picture."""
    from gate_agent.drivers.camera.decode import decode_file

    failed = False
    for file in files:
        try:
            texts, ms = decode_file(file)
        except GateError as error:
            click.echo(f"gate-agent: {error}", err=True)
            failed = True
            continue
        shown = [text.decode("utf-8", "backslashreplace") for text in texts]
        if as_json:
            row = {"file": str(file), "texts": shown, "ms": round(ms, 2)}
            click.echo(json_text(row))
        else:
            for text in shown or ["no code found"]:
                printable = "".join(c if c.isprintable() else "\ufffd" for c in text)
                click.echo(f"{file}: {printable}")
    sys.exit(1 if failed else 0)


@main.command()
@_config
@click.option("--tail", default=10, show_default=True, help="How many of the newest records.")
@_json
@_report_errors
def inspect(config: Path, tail: int, as_json: bool) -> None:
    """Verify the journal's whole hash chain and summarise it. Safe while the daemon runs."""
    from gate_agent.config.load import load
    from gate_agent.journal.inspect import inspect_journal, inspection_lines

    report = inspect_journal(load(config), tail)
    lines = inspection_lines(report)
    click.echo(json_text(report) if as_json else "\n".join(lines))
    sys.exit(0 if report["chain"] == "whole" else 1)


@main.command()
@click.option("--lines", default=20, show_default=True, help="How many of the newest messages.")
@_report_errors
def log(lines: int) -> None:
    """Print the daemon's last messages to the system's journal."""
    from gate_agent.commands.log import last_messages

    for line in last_messages(lines) or ["no messages of gate-agent.service"]:
        click.echo(line)


@main.command()
@_config
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write; standard output if not given."
)
@_report_errors
def export(config: Path, form: str, out: Path | None) -> None:
    """Write every record of the journal, oldest first, for an auditor."""
    from gate_agent.config.load import load
    from gate_agent.journal.inspect import export_journal

    count = export_journal(load(config), form, out)
    click.echo(f"{count} records", err=True)


if __name__ == "__main__":
    main()

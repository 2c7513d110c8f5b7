"""`gate-agent enrol`: make this board a gate by a token."""

import sys
from pathlib import Path

import click

from gate_agent.commands.shell import identity_option, report_errors


@click.command()
@click.argument("token")
@identity_option
@report_errors
def enrol(token: str, identity: Path) -> None:
    """Make this board a gate, with the TOKEN that `fleet-manager gate invite` has printed.

    The board draws its own keys; the private one never leaves it. `-` reads the token from standard
    input. After an answer that was lost, the same command asks again.
    """
    from gate_agent.enrolment.enrol import enrol as enrol_board

    used = enrol_board(sys.stdin.readline() if token == "-" else token, identity)
    click.echo(f"this board is gate {used.gate} of park {used.park}; its keys are in {identity}")

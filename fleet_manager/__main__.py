"""The command `fleet-manager`. Commands import what they need when they run: `--help` is quick."""

from click import Command

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_on_group, version_on_group

_HELP = """The management centre of a scenic park: issue tickets, enrol gates, count visitors.

Everything is kept in one data folder: --data DIR, or the environment variable SCENIC_GATE_DATA.
Make one with `fleet-manager init`, then let `fleet-manager serve` run.

Shell completion, zsh and fish alike:

eval "$(_FLEET_MANAGER_COMPLETE=bash_source fleet-manager)"

Exit status: 0 done, 1 not possible, 2 wrong usage, 75 in use, 78 wrong configuration.
"""


def build() -> Group:
    """Build the whole tree of commands."""
    root = Group(
        "fleet-manager",
        help=_HELP,
        params=[data_on_group(), version_on_group()],
        callback=lambda **_: None,
    )
    for command in _commands():
        root.add_command(command)
    return root


def _commands() -> tuple[Command, ...]:
    """Return the commands below the root, with those below them."""
    from fleet_manager.commands import (
        audit,
        database,
        gates,
        keys,
        ledger,
        lists,
        park,
        pretix,
        product,
        restored,
        rules,
        sellers,
        stations,
        web,
    )
    from fleet_manager.commands.boards import door, releases
    from fleet_manager.commands.events import metrics, webhooks
    from fleet_manager.commands.people import users
    from fleet_manager.commands.reports import counts, incidents, records, report
    from fleet_manager.commands.sales import money, prices, tills
    from fleet_manager.commands.tickets import sell

    _add_below_ticket(sell.ticket)
    for command in sellers.COMMANDS:
        lists.list_group.add_command(command)
    return (
        park.init,
        park.serve,
        door.door,
        web.web,
        park.broker_cert,
        restored.restored,
        database.database,
        stations.station,
        gates.gate,
        releases.release,
        product.product,
        prices.price,
        tills.till,
        *money.COMMANDS,
        sell.ticket,
        rules.rules,
        *keys.COMMANDS,
        lists.list_group,
        pretix.pretix,
        records.records,
        counts.counts,
        report.report,
        incidents.incidents,
        ledger.ledger,
        users.user,
        audit.audit,
        webhooks.webhook,
        metrics.metrics,
    )


def _add_below_ticket(group: Group) -> None:
    from fleet_manager.commands import ledger
    from fleet_manager.commands.tickets import show, sold_list, status

    for command in (
        show.show_ticket,
        sold_list.list_tickets,
        *status.COMMANDS,
        ledger.forgive_ticket,
    ):
        group.add_command(command)


def main() -> None:
    """Run the command that the command line names: the entry point of `fleet-manager`."""
    build().main(prog_name="fleet-manager")


if __name__ == "__main__":
    main()

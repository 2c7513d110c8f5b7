"""Bugs of the office: sales, other sellers, reports, rights, the audit, settings and upgrades."""

from tests.mutants.mutant import Kind, Mutant, Sees

IMPORT = "fleet_manager/sellers/code_import.py"
PUSH = "fleet_manager/services/pretix/push.py"
STATUS = "fleet_manager/tickets/status.py"
PRETIX = ("tests/pretix",)
SALES = ("tests/fleet_manager/commands/test_tickets.py",)

OFFICE_BUGS = (
    Mutant(
        "a void ticket can be restored",
        Kind.CHECK,
        Sees.PERSON,
        STATUS,
        "    TicketStatus.VALID: (TicketStatus.SUSPENDED,),\n",
        "    TicketStatus.VALID: (TicketStatus.SUSPENDED, TicketStatus.VOID),\n",
        tests=SALES,
    ),
    Mutant(
        "the first ticket of a sale is the last seller's",
        Kind.BOUND,
        Sees.RECORD,
        "fleet_manager/tickets/sold_list.py",
        "        at = bisect_right(self._first, serial) - 1",
        "        at = bisect_right(self._first, serial - 1) - 1",
        tests=SALES,
    ),
    Mutant(
        "cashiers void tickets",
        Kind.RIGHTS,
        Sees.PERSON,
        "fleet_manager/access/rights.py",
        "    Act.TICKET_VOID: _LEADS,",
        "    Act.TICKET_VOID: _SELLERS,",
    ),
    Mutant(
        "an audit whose end is cut off is whole",
        Kind.CHECK,
        Sees.RECORD,
        "fleet_manager/access/audit.py",
        "    if counted != outcome.lines:\n",
        "    if counted < outcome.lines:\n",
    ),
    Mutant(
        "a retired gate is still heard",
        Kind.CHECK,
        Sees.COUNT,
        "fleet_manager/gates/key_renewals.py",
        "    .where(tables.gate.c.retired_ms.is_(None), tables.gate.c.disowned_ms.is_(None))\n",
        "    .where(tables.gate.c.disowned_ms.is_(None))\n",
    ),
    Mutant(
        "a report up to a day begins today",
        Kind.REPORT,
        Sees.COUNT,
        "fleet_manager/terminal/periods.py",
        "        first = self.first or self.last or date.fromordinal(today)",
        "        first = self.first or date.fromordinal(today)",
        tests=("tests/fleet_manager/commands/test_records.py",),
    ),
    Mutant(
        "kinds of codes are numbered by their products",
        Kind.ORDER,
        Sees.PERSON,
        "fleet_manager/sellers/sellers.py",
        "    .order_by(_KIND.no)\n",
        "    .order_by(_KIND.product, _KIND.no)\n",
    ),
    Mutant(
        "a whole table of one seller takes the codes of the others away",
        Kind.WRONG_ONE,
        Sees.PERSON,
        IMPORT,
        "_GONE = and_(_CODE.series == _OF, _CODE.status != 0, ",
        "_GONE = and_(_CODE.status != 0, ",
    ),
    Mutant(
        "day numbers of a spreadsheet are a day late",
        Kind.DAY,
        Sees.PERSON,
        "fleet_manager/sellers/table_cells.py",
        "_SERIAL_START = date(1899, 12, 30)",
        "_SERIAL_START = date(1899, 12, 31)",
    ),
    Mutant(
        "the last day in a seller's table is not included",
        Kind.DAY,
        Sees.PERSON,
        "fleet_manager/sellers/kind_cells.py",
        "(last - first).days + 1",
        "max(1, (last - first).days)",
    ),
    Mutant(
        "after fifty passages the rest of a journal is never reported",
        Kind.BOUND,
        Sees.COUNT,
        PUSH,
        "            last = end if not step.stopped and len(due) < STEP_PASSAGES else step.last",
        "            last = end if not step.stopped else step.last",
        tests=PRETIX,
    ),
    Mutant(
        "a park of a zone that nobody knows is in UTC",
        Kind.DAY,
        Sees.PERSON,
        "fleet_manager/config.py",
        '        raise top.fail("time_zone", "a time zone, for example Asia/Shanghai") from None',
        '        return ZoneInfo("UTC")',
        tests=("tests/fleet_manager/test_centre.py",),
    ),
)

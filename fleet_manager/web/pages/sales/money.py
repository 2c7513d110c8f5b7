"""Money 资金: what was sold, what is owed to whom, whether drawers fit."""

from fleet_manager.access.rights import View
from fleet_manager.gates import gates
from fleet_manager.sales.money import ledger
from fleet_manager.sales.money.accounts import AccountKind
from fleet_manager.sales.money.takings import TakingsBy, takings, total_of
from fleet_manager.tickets import products
from fleet_manager.web.ask import Answer, Ask, show
from fleet_manager.web.inputs.period import read_days
from fleet_manager.web.registry import page

_OWED = {
    AccountKind.LIABILITY.value,
    AccountKind.PAYABLE.value,
    AccountKind.REFUNDS.value,
    AccountKind.OVER_SHORT.value,
}


@page("/money", View.MONEY)
def money(ask: Ask) -> Answer:
    """Show the takings of some days, and what is owed now."""
    days = read_days(ask)
    by = TakingsBy(ask.query.choice("by", list(TakingsBy), TakingsBy.DAY))
    own = ask.who.station
    with ask.centre.store.read() as connection:
        stations = {
            item.id: ask.pick(item.name_zh, item.name_en) for item in gates.stations(connection)
        }
        station = own or ask.query.choice("station", list(stations))
        lines = takings(connection, ask.centre.calendar, *days.ordinals, by, station)
        names = {
            item.code: ask.pick(item.name_zh, item.name_en) for item in products.every(connection)
        }
        balances = ledger.balances(connection)
    words = {
        TakingsBy.PRODUCT: names,
        TakingsBy.STATION: stations,
        TakingsBy.PAYMENT: {
            channel: ask.t(f"sell.channel.{channel}")
            for channel in ("cash", "card", "wechat", "alipay")
        },
    }.get(by, {})
    return show(
        "money.html",
        days=days,
        by=by.value,
        groups=[(item.value, ask.t(f"money.by.{item.value}")) for item in TakingsBy],
        stations=[] if own else list(stations.items()),
        station=station,
        lines=[(words.get(line.key, line.key or "–"), line) for line in lines],
        total=total_of(lines),
        owed=[
            (ask.t(f"money.owed.{kind}"), owner, -balance.fen)
            for name, balance in balances.items()
            for kind, _, owner in (name.partition(":"),)
            if kind in _OWED and balance.fen
        ],
    )

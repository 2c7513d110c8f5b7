"""Texts of the page about money."""

TEXTS = {
    "menu.money": ("资金", "Money"),
    "money.title": ("资金", "Money"),
    "money.from": ("从", "From"),
    "money.to": ("到", "To"),
    "money.by": ("按", "By"),
    "money.by.day": ("日", "Day"),
    "money.by.month": ("月", "Month"),
    "money.by.year": ("年", "Year"),
    "money.by.hour": ("时段（小时）", "Hour"),
    "money.by.station": ("站点", "Station"),
    "money.by.till": ("售票点", "Till"),
    "money.by.cashier": ("售票员", "Cashier"),
    "money.by.product": ("票种", "Product"),
    "money.by.payment": ("支付方式", "Payment"),
    "money.every_station": ("全园", "Whole park"),
    "money.show": ("显示", "Show"),
    "money.orders": ("订单", "Orders"),
    "money.tickets": ("票数", "Tickets"),
    "money.sold": ("销售额", "Sold"),
    "money.left": ("净额", "Left"),
    "money.total": ("合计", "Total"),
    "money.nothing": ("没有", "Nothing"),
    "money.owed": ("现在的往来", "Owed now"),
    "money.owed.liability": ("已售未用", "Sold, not used yet"),
    "money.owed.payable": ("应付商户", "To merchants"),
    "money.owed.refunds": ("待退款", "Refunds on their way"),
    "money.owed.over_short": ("累计长短款", "Over and short so far"),
    "help.money": (
        "选择日期和分组，查看售出、退款和净额。退款计入原来售票的那一天。\n\n"
        "下方是现在的往来：已售未用、应付商户、待退款、长短款。"
        "全部账目可用 fleet-manager money check 重新核算。",
        "Choose days and a grouping to see what was sold, given back, and left. What was given "
        "back counts on the day of the sale.\n\n"
        "Below it stands what is owed now: sold and not used, to merchants, refunds, over and "
        "short. `fleet-manager money check` adds all of it up again.",
    ),
}

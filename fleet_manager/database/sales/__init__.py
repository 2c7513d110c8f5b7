"""Tables of the box office: prices, orders, payments, money, printed paper."""

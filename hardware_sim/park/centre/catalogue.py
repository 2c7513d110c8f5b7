"""What a simulated park has on sale."""

from fleet_manager.tickets.products import Product

BOTH_ZONES = 0b11
"""There are two: one leads into the other at the second board."""
PRODUCTS = (
    Product(1, "day", "两日票", "Two days", days=2, zones=BOTH_ZONES, price_cents=10_000),
    Product(2, "garden", "花园票", "Garden", zones=BOTH_ZONES, price_cents=5_500),
)

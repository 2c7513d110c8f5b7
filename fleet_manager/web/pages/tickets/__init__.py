"""Pages about tickets: what was sold, products and rules, sellers' codes, list versions."""

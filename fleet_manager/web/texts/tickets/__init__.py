"""Texts of the pages about tickets, products, codes and lists."""

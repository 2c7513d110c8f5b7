"""The wheel as others install it: without our lock, each extra, with newest and oldest versions."""

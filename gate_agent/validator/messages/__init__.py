"""PURE. The messages between gate and centre, and how each is authenticated."""

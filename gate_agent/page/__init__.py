"""The local page: a handheld's touch screen and a lane's monitor, for a browser on this board.

It listens on the loopback address alone. `docs/adr/0023-the-local-page.md` says why it is so.
"""

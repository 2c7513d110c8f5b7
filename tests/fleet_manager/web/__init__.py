"""The console: its pages as a browser without a screen gets them."""

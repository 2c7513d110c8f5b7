"""The files that the page's server gives to every program on this board: none is secret."""

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
FILES = {
    "/": ("handheld.html", "text/html; charset=utf-8"),
    "/monitor": ("monitor.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/shapes.js": ("shapes.js", "text/javascript; charset=utf-8"),
    "/gate.js": ("gate.js", "text/javascript; charset=utf-8"),
    "/panels.js": ("panels.js", "text/javascript; charset=utf-8"),
    "/breaks.js": ("breaks.js", "text/javascript; charset=utf-8"),
    "/faults.js": ("faults.js", "text/javascript; charset=utf-8"),
    "/labels.js": ("labels.js", "text/javascript; charset=utf-8"),
    "/handheld.js": ("handheld.js", "text/javascript; charset=utf-8"),
    "/monitor.js": ("monitor.js", "text/javascript; charset=utf-8"),
}
SAFE = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
"""Headers of every response."""


def read_files() -> dict[str, tuple[str, bytes]]:
    """Return type and bytes of each file, by its path."""
    return {path: (kind, (ASSETS / name).read_bytes()) for path, (name, kind) in FILES.items()}

"""The texts that dpkg reads of a package, made from its layout and its release.

Debian Policy 4.6 says what stands in them (https://www.debian.org/doc/debian-policy/).
"""

import gzip
import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from deploy.debian.layout import COMMON_DEPENDS, Layout
from deploy.release.errors import BuildError
from gate_agent.release.manifest import ReleaseManifest

_PRE_RELEASE = re.compile(r"(?<=\d)(a|b|rc)(?=\d)")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+~]*")
NOBODY = "scenic-gate <packages@localhost>"
"""Who stands in the packages where nobody says who makes them."""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: scenic-gate

Files: *
Copyright: 2026 the authors of scenic-gate
License: Apache-2.0
 On Debian systems the text of this licence is in /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/*/release/wheels/*
Copyright: the authors of each wheel, which are named in it
License: of-each-wheel
 Each wheel has its licence in its folder *.dist-info.
"""


def debian_version(manifest: ReleaseManifest) -> str:
    """Return the package's version: that of the release, and its sequence, which grows with every
    release. Raises BuildError for a version that Debian cannot compare."""
    # dpkg sorts ~ before the end of a text, and ~~ before ~.
    version = _PRE_RELEASE.sub(r"~\1", manifest.version).replace(".dev", "~~dev")
    version = f"{version}+{manifest.sequence}"
    if not _VERSION.fullmatch(version):
        raise BuildError(
            f"the release's version {manifest.version!r} cannot be a Debian package's: "
            "it begins with a digit and has letters, digits and . + ~ alone"
        )
    return version


def python_range(pythons: Sequence[str]) -> list[str]:
    """Return which versions of python3 a package needs. `pythons`: as `311`, at least one."""
    minors = sorted(int(python[1:]) for python in pythons)
    return [f"python3 (>= 3.{minors[0]}~)", f"python3 (<< 3.{minors[-1] + 1}~)"]


def control(
    layout: Layout,
    manifest: ReleaseManifest,
    architecture: str,
    pythons: Sequence[str],
    *,
    maintainer: str,
    size_kib: int,
) -> str:
    """Return the text of `DEBIAN/control`. Raises BuildError."""
    if not re.fullmatch(r"[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>", maintainer):
        raise BuildError(f"maintainer {maintainer!r}: must be as: Name <name@host>")
    depends = sorted([*COMMON_DEPENDS, *layout.depends, *python_range(pythons)])
    fields = {
        "Package": layout.name,
        "Version": debian_version(manifest),
        "Architecture": architecture,
        "Maintainer": maintainer,
        "Installed-Size": str(size_kib),
        "Depends": ", ".join(depends),
        "Recommends": ", ".join(layout.recommends),
        "Suggests": ", ".join(layout.suggests),
        "Conflicts": layout.other,
        "Section": "misc",
        "Priority": "optional",
        "Description": layout.summary,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    lines += textwrap.wrap(layout.text, 78, initial_indent=" ", subsequent_indent=" ")
    lines += [" .", f" Release {manifest.name}."]
    return "\n".join(lines) + "\n"


def changelog(layout: Layout, manifest: ReleaseManifest, maintainer: str) -> bytes:
    """Return the compressed changelog: one entry, which names the release."""
    made = datetime.strptime(manifest.made, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    text = (
        f"{layout.name} ({debian_version(manifest)}) stable; urgency=medium\n\n"
        f"  * Release {manifest.name}; CHANGELOG.md of the project says what is new.\n\n"
        f" -- {maintainer}  {made:%a, %d %b %Y %H:%M:%S +0000}\n"
    )
    return gzip.compress(text.encode(), mtime=0)

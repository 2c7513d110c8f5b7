"""`./run package`: make Debian packages of a release folder."""

import os
import sys
from pathlib import Path

import click

from deploy.debian.build import build_all
from deploy.debian.control import NOBODY
from deploy.debian.layout import ARCHITECTURES, LAYOUTS
from deploy.release.build import build as make_release
from deploy.release.errors import BuildError
from deploy.release.targets import every_target
from gate_agent.release.manifest import ReleaseError

ROOT = Path(__file__).parents[2]
WHEELS = "build/wheels"


def default_maintainer() -> str:
    """Return who makes packages here, from the variables that Debian's own tools read."""
    name, address = os.environ.get("DEBFULLNAME", ""), os.environ.get("DEBEMAIL", "")
    return f"{name or 'scenic-gate'} <{address}>" if address else NOBODY


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "release", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build/packages",
    help="Folder for the packages; build/packages if not given.",
)
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(sorted(LAYOUTS)), help="One only."
)
@click.option(
    "--architecture",
    "architectures",
    multiple=True,
    type=click.Choice(sorted(ARCHITECTURES.values())),
    help="One only; all that the release was made for if not given.",
)
@click.option("--maintainer", help="As: Name <name@host>. $DEBFULLNAME and $DEBEMAIL if not given.")
def main(
    release: Path | None,
    out: Path,
    roles: tuple[str, ...],
    architectures: tuple[str, ...],
    maintainer: str | None,
) -> None:
    """Make Debian packages of the folder RELEASE, which `./run release` has made; of a new release
    of this source tree if it is not given.

    There are two: `scenic-gate` for boards and `scenic-gate-centre`, each for every processor that
    the release is for. Prints the path of each package.
    """
    try:
        if release is None:
            release = make_release(ROOT, ROOT / "build/release", every_target(), ROOT / WHEELS)
        whose = maintainer or default_maintainer()
        wanted = roles or sorted(LAYOUTS), architectures or tuple(ARCHITECTURES.values())
        for package in build_all(release, out, *wanted, whose):
            click.echo(package)
    except (BuildError, ReleaseError) as error:
        click.echo(f"package: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"package: cannot write: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

"""`./run release`: make a release folder."""

import sys
from pathlib import Path

import click

from deploy.release.build import build
from deploy.release.errors import BuildError
from deploy.release.targets import ROLES, every_target, read_target, this_machine

ROOT = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build/release",
    help="Folder for the release's folder; build/release if not given.",
)
@click.option(
    "--target",
    "names",
    multiple=True,
    metavar="TARGET",
    help="As board-311-aarch64, or `here` for this machine; again for several. All if not given.",
)
@click.option("--version", "version", help="Another version than pyproject.toml's, for a trial.")
@click.option("--sequence", type=click.IntRange(0), help="Another number than that of the commits.")
def main(out: Path, names: tuple[str, ...], version: str | None, sequence: int | None) -> None:
    """Make a release folder of this source tree, for boards and centres without internet.

    Prints the folder's path.
    """
    try:
        targets = []
        for name in names:
            here = [this_machine(role) for role in ROLES]
            targets += here if name == "here" else [read_target(name)]
        folder = build(
            ROOT,
            out,
            targets or every_target(),
            ROOT / "build/wheels",
            version=version,
            sequence=sequence,
        )
    except (BuildError, ValueError) as error:
        click.echo(f"release: {error}", err=True)
        sys.exit(1)
    click.echo(folder)


if __name__ == "__main__":
    main()

"""Where the files for boards lie: `firmware_config/` of a checkout, or of an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def firmware_folder() -> Path:
    """Return the folder of profiles, units, rules and example settings.

    A wheel carries it inside `gate_agent`, so that nothing of ours stands at the top of
    site-packages under a name that another project could own.
    """
    installed = _PACKAGE / "firmware_config"
    return installed if installed.is_dir() else _PACKAGE.parent / "firmware_config"

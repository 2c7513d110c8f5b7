"""An empty database of each kind."""

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database with nothing in it."""
    if request.param == "postgresql":
        made: str = request.getfixturevalue("postgresql_server").url()
        return made
    return f"sqlite:///{tmp_path}/centre.db"

"""V4l2Frames without a camera: clear errors. With one it is tested on a board."""

from pathlib import Path

import pytest

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.v4l2 import V4l2Frames
from gate_agent.errors import DriverFault


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_camera(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"not a camera")
    frames = V4l2Frames(CameraSettings(device=str(tmp_path / name)))
    with pytest.raises(DriverFault, match=r"^cannot open .*: no camera there, or in use") as caught:
        frames.open()
    assert "video" in caught.value.hint
    with pytest.raises(DriverFault, match=r"^cannot read "):
        frames.read()
    frames.close()
    frames.close()

"""Documents that survive: a power cut at every write, a torn copy, a full disk."""

from pathlib import Path

import pytest

from gate_agent.errors import JournalError
from gate_agent.trust.documents import MAX_DOCUMENT_BYTES, RealFiles, TrustDocuments


class DyingFiles(RealFiles):
    """The power fails at a numbered step: each file is written, then renamed."""

    def __init__(self, dies_at: int) -> None:
        self.left = dies_at

    def replace_file(self, path: Path, data: bytes) -> None:
        fresh = path.with_name(path.name + ".new")
        for half in (b"", data[: len(data) // 2], data):
            self._step()
            fresh.write_bytes(half)
        self._step()
        fresh.replace(path)

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt  # no code of the gate catches it


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert TrustDocuments(tmp_path).load("rules") == []


def test_both_copies_are_written(tmp_path: Path) -> None:
    store = TrustDocuments(tmp_path)
    store.save("rules", b"one")
    store.save("rules", b"two")
    assert store.load("rules") == [b"two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rules.a", "rules.b"]


@pytest.mark.parametrize("step", range(9))
def test_a_power_cut_at_every_write_leaves_the_old_or_the_new(tmp_path: Path, step: int) -> None:
    TrustDocuments(tmp_path).save("rules", b"the old one")
    try:
        TrustDocuments(tmp_path, DyingFiles(step)).save("rules", b"the new one")
    except KeyboardInterrupt:
        pass
    found = TrustDocuments(tmp_path).load("rules")
    assert set(found) <= {b"the old one", b"the new one"}
    assert found == {0: [b"the old one"], 8: [b"the new one"]}.get(step // 4 * 4, found)


@pytest.mark.parametrize("copy", "ab")
def test_a_torn_copy_does_not_take_the_memory_with_it(tmp_path: Path, copy: str) -> None:
    store = TrustDocuments(tmp_path)
    store.save("rules", b"kept")
    (tmp_path / f"rules.{copy}").write_bytes(b"")
    assert b"kept" in store.load("rules")
    (tmp_path / f"rules.{copy}").unlink()
    assert store.load("rules") == [b"kept"]


def test_endless_data(tmp_path: Path) -> None:
    (tmp_path / "rules.a").write_bytes(bytes(MAX_DOCUMENT_BYTES + 1))
    assert TrustDocuments(tmp_path).load("rules") == []


def test_a_disk_that_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot write .*rules\.a: No such file") as caught:
        TrustDocuments(tmp_path / "gone").save("rules", b"x")
    assert "disk" in caught.value.hint()

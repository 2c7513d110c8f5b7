"""Documents that survive: a power cut at every write, a torn copy, a full disk."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from gate_agent.errors import JournalError
from gate_agent.folder import DiskFolder
from gate_agent.trust.documents import MAX_DOCUMENT_BYTES, TrustDocuments


class DyingFolder(DiskFolder):
    """The power fails at a numbered step: each file is written, then renamed."""

    def __init__(self, path: Path, *, dies_at: int) -> None:
        super().__init__(path)
        self.left = dies_at

    def replace(self, name: str, parts: Iterable[bytes]) -> None:
        data = b"".join(parts)
        fresh = self.path / f"{name}.new"
        for half in (b"", data[: len(data) // 2], data):
            self._step()
            fresh.write_bytes(half)
        self._step()
        fresh.replace(self.path / name)

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt  # no code of the gate catches it


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert TrustDocuments.on_disk(tmp_path).load("rules") == []


def test_both_copies_are_written(tmp_path: Path) -> None:
    store = TrustDocuments.on_disk(tmp_path)
    store.save("rules", b"one")
    store.save("rules", b"two")
    assert store.load("rules") == [b"two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rules.a", "rules.b"]


@pytest.mark.parametrize("step", range(9))
def test_a_power_cut_at_every_write_leaves_the_old_or_the_new(tmp_path: Path, step: int) -> None:
    TrustDocuments.on_disk(tmp_path).save("rules", b"the old one")
    try:
        TrustDocuments(DyingFolder(tmp_path, dies_at=step)).save("rules", b"the new one")
    except KeyboardInterrupt:
        pass
    found = TrustDocuments.on_disk(tmp_path).load("rules")
    assert set(found) <= {b"the old one", b"the new one"}
    assert found == {0: [b"the old one"], 8: [b"the new one"]}.get(step // 4 * 4, found)


@pytest.mark.parametrize("copy", "ab")
def test_a_torn_copy_does_not_take_the_memory_with_it(tmp_path: Path, copy: str) -> None:
    store = TrustDocuments.on_disk(tmp_path)
    store.save("rules", b"kept")
    (tmp_path / f"rules.{copy}").write_bytes(b"")
    assert b"kept" in store.load("rules")
    (tmp_path / f"rules.{copy}").unlink()
    assert store.load("rules") == [b"kept"]


def test_endless_data(tmp_path: Path) -> None:
    (tmp_path / "rules.a").write_bytes(bytes(MAX_DOCUMENT_BYTES + 1))
    assert TrustDocuments.on_disk(tmp_path).load("rules") == []


def test_a_disk_that_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"cannot write .*rules\.a: File exists") as caught:
        TrustDocuments.on_disk(tmp_path / "file").save("rules", b"x")
    assert "disk" in caught.value.hint


def test_only_its_owner_may_read_a_document(tmp_path: Path) -> None:
    """One of them is the gate's own key."""
    store = TrustDocuments.on_disk(tmp_path)
    store.save("own", b"a secret")
    store.save("own", b"another")
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_a_copy_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    store = TrustDocuments.on_disk(tmp_path)
    store.save("rules", b"kept")
    (tmp_path / "rules.a").unlink()
    (tmp_path / "rules.a").mkdir()
    assert store.load("rules") == [b"kept"]

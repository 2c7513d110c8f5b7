"""What stands between the centre and a gate, or at the centre itself, cannot choose what it runs.

The attacks bear the names that The Update Framework gives them (its specification, 1.5.2).
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_manager.access.actor import computer_user
from fleet_manager.errors import CentreError
from fleet_manager.keys import release_keys, roots
from fleet_manager.keys.proposals import KEY_SET, RELEASE_KEYS, read_proposal
from fleet_manager.rollouts import release_keys as published
from fleet_manager.services import keys as key_acts
from fleet_manager.services.boards import rollouts
from gate_agent.errors import GateError
from gate_agent.release.manifest import ReleaseError, read_manifest
from gate_agent.update import client as client_module
from gate_agent.update.client import DoorClient
from gate_agent.update.update import Updater
from gate_agent.validator.messages.release_wish import LIFE_MS, SwitchTime, open_wish
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from tests.deploy.update_rig import GATE, PARK, Rig, publish_release_keys

WHO = computer_user()


class BetweenClient(DoorClient):
    """A door with somebody in front of it who answers some paths from what was recorded."""

    answers: dict[str, bytes | None]

    def get(self, path: str, most: int) -> bytes | None:
        for begin, data in self.answers.items():
            if path.startswith(begin):
                return data
        return super().get(path, most)


def update_between(rig: Rig, answers: dict[str, bytes | None]) -> str:
    site = rig.site(client=BetweenClient)
    assert isinstance(site.client, BetweenClient)
    site.client.answers = answers
    return Updater(site).run()


def ask(rig: Rig, path: str) -> bytes:
    site = rig.site()
    data = site.client.get(path, 1 << 20)
    site.client.close()
    assert data is not None
    return data


def served(rig: Rig, release: str) -> Path:
    return rig.centre.config.folder / "releases" / release


def resign_wish(rig: Rig, release: str, **other: object) -> bytes:
    """A wish that somebody has signed who has the centre's key."""
    vault = rig.centre.unlock()
    wish = open_wish(ask(rig, f"/desired/{GATE}"), vault.ring, PARK, GATE)
    changed = replace(wish, release=release, **other)  # type: ignore[arg-type]
    return changed.seal(vault.centre.id, vault.centre.sign)


def test_arbitrary_software_of_a_key_that_roots_have_not_signed_is_refused(
    rig: Rig, tmp_path: Path
) -> None:
    wished = rig.wish("2.0.0")
    roots.make(tmp_path / "other-key.pem")
    release_keys.sign_release(rig.made["2.0.0"], tmp_path / "other-key.pem")
    with pytest.raises(CentreError, match="unknown here"):
        rollouts.add(rig.centre, WHO, rig.made["2.0.0"])
    signature = (rig.made["2.0.0"] / "release.sig").read_bytes()
    (served(rig, wished) / "release.sig").write_bytes(signature)
    with pytest.raises(ReleaseError, match="unknown here"):
        rig.update()


def test_software_with_a_wrong_signature_is_refused(rig: Rig) -> None:
    wished = rig.wish("2.0.0")
    file = served(rig, wished) / "release.sig"
    text = file.read_text().strip()
    file.write_text(text[:-1] + ("0" if text[-1] != "0" else "1"))
    with pytest.raises(ReleaseError, match="a wrong signature"):
        rig.update()
    file.write_text("no hex")
    with pytest.raises(ReleaseError, match="not hexadecimal"):
        rig.update()


def test_a_file_with_other_bytes_of_the_same_length_is_refused(rig: Rig) -> None:
    before = rig.store.current
    wished = rig.wish("2.0.0")
    file = served(rig, wished) / "packages/gate_agent/word.py"
    file.write_bytes(bytes(reversed(file.read_bytes())))
    with pytest.raises(ReleaseError, match=r"word\.py .* has other bytes"):
        rig.update()
    assert (rig.store.current, rig.store.has(wished)) == (before, False)


def test_a_file_that_was_changed_after_it_arrived_is_refused(rig: Rig) -> None:
    """Whoever can write into the folder of what was fetched cannot choose what is installed."""
    wished = rig.wish("2.0.0")
    site = rig.site()
    fetch = site.client.fetch

    def change(path: str, file: Path, size: int, sha256: str) -> None:
        fetch(path, file, size, sha256)
        file.write_bytes(bytes(size))

    site.client.fetch = change  # type: ignore[method-assign]
    with pytest.raises(ReleaseError, match="has another SHA-256"):
        Updater(site).run()
    assert not rig.store.has(wished)


def test_rollback_to_an_older_release_is_refused(rig: Rig) -> None:
    rig.wish("3.0.0")
    assert rig.update().endswith("runs well")
    rig.wish("2.0.0")
    with pytest.raises(ReleaseError, match="versions never go back"):
        rig.update()
    assert rig.store.current.startswith("3.0.0")


def test_rollback_below_what_was_installed_by_hand_is_refused(rig: Rig) -> None:
    rig.wish("old")
    with pytest.raises(ReleaseError, match="sequence 0, and 1 has run well here"):
        rig.update()


def test_a_release_that_was_only_tried_is_no_floor(rig: Rig) -> None:
    """What was unwell is mended by the release before it, or by another one below it."""
    rig.wish("3.0.0")
    rig.conduct(v3_0_0="dies")
    assert rig.update().startswith("went back")
    wished = rig.wish("2.0.0")
    assert rig.update() == f"{wished} runs well"


def test_a_wish_that_is_replayed_is_refused(rig: Rig) -> None:
    rig.wish("2.0.0")
    old = ask(rig, f"/desired/{GATE}")
    rig.wish("3.0.0", SwitchTime.NIGHT)
    rig.update(patient=False)
    with pytest.raises(GateError, match=r"wish \d+ is older than wish \d+, which was seen"):
        update_between(rig, {"/desired/": old})


def test_a_wish_for_another_gate_or_signed_by_another_key_is_refused(
    rig: Rig, tmp_path: Path
) -> None:
    release = rig.wish("2.0.0")
    wish = ask(rig, f"/desired/{GATE}")
    with pytest.raises(GateError, match="a wish for another gate"):
        update_between(rig, {"/desired/": resign_wish(rig, release, gate="north-2")})
    with pytest.raises(GateError, match="a wrong signature"):
        update_between(rig, {"/desired/": wish[:-1] + bytes([wish[-1] ^ 1])})
    with pytest.raises(GateError, match="an unknown key"):
        update_between(rig, {"/desired/": bytes(4) + wish[4:]})


def test_indefinite_freeze_ends_with_the_life_of_a_wish(rig: Rig) -> None:
    wished = rig.wish("2.0.0", SwitchTime.NIGHT)
    held_back = ask(rig, f"/desired/{GATE}")
    site = rig.site(rig.board(rig.centre.clock() + LIFE_MS + 600_000), client=BetweenClient)
    assert isinstance(site.client, BetweenClient)
    site.client.answers = {"/desired/": held_back}
    with pytest.raises(GateError, match="has expired"):
        Updater(site).run()
    assert not rig.store.has(wished)


def test_endless_data_is_left_at_what_was_promised(rig: Rig) -> None:
    wished = rig.wish("2.0.0")
    file = served(rig, wished) / "packages/gate_agent/word.py"
    file.write_bytes(bytes(1 << 20))
    site = rig.site()
    with pytest.raises(ReleaseError, match="has other bytes"):
        Updater(site).run()
    assert site.client.received < 100_000
    (served(rig, wished) / "release.json").write_bytes(bytes(6 << 20))
    site = rig.site()
    with pytest.raises(GateError, match="sends more than"):
        Updater(site).run()


def test_slow_retrieval_is_left_and_gone_on_with_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished = rig.wish("large")
    board = rig.board()
    site = rig.site(board)
    monkeypatch.setattr(client_module, "_CHUNK", 16_384)
    read = site.client._read

    def trickle(answer: object, count: int) -> bytes:
        board.wait(200)
        return read(answer, count)  # type: ignore[arg-type]

    site.client._read = trickle  # type: ignore[method-assign]
    with pytest.raises(GateError, match="is too slow"):
        Updater(site).run()
    rig.board().write_status()
    assert rig.update() == f"{wished} runs well"


def test_mix_and_match_of_two_releases_is_refused(rig: Rig) -> None:
    newer, older = rig.wish("3.0.0"), rig.wish("2.0.0")
    manifest = (served(rig, newer) / "release.json").read_bytes()
    (served(rig, older) / "release.json").write_bytes(manifest)
    with pytest.raises(ReleaseError, match="is not the one that is wished"):
        rig.update()


def test_wrong_software_under_a_wished_name_is_refused(rig: Rig) -> None:
    """Also where the centre's key is stolen: it signs the wish, and no release."""
    newer, older = rig.wish("3.0.0"), rig.wish("2.0.0")
    manifest = (served(rig, newer) / "release.json").read_bytes()
    signature = (served(rig, newer) / "release.sig").read_bytes()
    (served(rig, older) / "release.json").write_bytes(manifest)
    (served(rig, older) / "release.sig").write_bytes(signature)
    wish = resign_wish(rig, older, manifest=hashlib.sha256(manifest).digest())
    with pytest.raises(ReleaseError, match="came when 2"):
        update_between(rig, {"/desired/": wish})


def test_fast_forward_of_the_wishes_number_ends_with_the_stolen_key(
    rig: Rig, tmp_path: Path
) -> None:
    """A thief of the centre's key pushes the number to its end; the next key set undoes it."""
    release = rig.wish("2.0.0", not_before_ms=rig.centre.clock() + 3_600_000)
    pushed = resign_wish(rig, release, number=1 << 60)
    assert "is wished from" in update_between(rig, {"/desired/": pushed})
    assert rig.state()["number"] == 1 << 60
    with pytest.raises(GateError, match="is older than wish"):
        rig.update()
    stolen = rig.centre.unlock().centre.id
    change = key_acts.KeyChange(
        new=[KeyUse.CENTRE], drop=frozenset([stolen]), modes=dict[bytes, KeyMode]()
    )
    proposal = tmp_path / "keys.proposal"
    key_acts.propose(rig.centre, WHO, change, proposal)
    for number in (1, 2):
        key = rig.centre.config.folder / "roots" / f"root-{number}.pem"
        read_proposal(proposal, KEY_SET).sign(key).write(proposal)
    key_acts.publish(rig.centre, WHO, proposal)
    wished = rig.wish("2.0.0")
    rig.update()
    assert rig.store.current == wished


def test_release_keys_that_one_root_signed_are_refused(rig: Rig, tmp_path: Path) -> None:
    rig.wish("2.0.0")
    proposal = tmp_path / "one.proposal"
    rollouts.propose_keys(rig.centre, WHO, [], [], proposal)
    key = rig.centre.config.folder / "roots/root-1.pem"
    signed = read_proposal(proposal, RELEASE_KEYS).sign(key)
    signed.write(proposal)
    with pytest.raises(CentreError, match="fewer than 2 of the root keys"):
        rollouts.publish_keys(rig.centre, WHO, proposal)
    with pytest.raises(GateError, match="fewer than 2 of the root keys"):
        update_between(rig, {"/release-keys": signed.sealed})


def test_a_stolen_release_key_counts_no_more_once_roots_have_said_so(
    rig: Rig, tmp_path: Path
) -> None:
    wished = rig.wish("2.0.0")
    before = ask(rig, "/release-keys")
    assert rig.update(patient=False).endswith("runs well")
    stolen = ids_in_force(rig)
    roots.make(tmp_path / "new-key.pem")
    publish_release_keys(rig.centre, tmp_path, [tmp_path / "new-key.pem.pub"], stolen)
    with pytest.raises(CentreError, match="unknown here"):
        rig.wish("3.0.0")
    rig.release_key = tmp_path / "new-key.pem"
    newest = rig.wish("3.0.0")
    assert rig.update() == f"{newest} runs well"
    rig.wish("next")
    with pytest.raises(GateError, match="offers release keys 1, and 2 are in force"):
        update_between(rig, {"/release-keys": before})
    assert wished != rig.store.current


def ids_in_force(rig: Rig) -> tuple[str, ...]:
    with rig.centre.store.read() as connection:
        keys = published.newest(connection)
    assert keys is not None
    return tuple(sorted(keys.ids))


@pytest.mark.parametrize(
    "path",
    [
        "../../keys/centre.pem",
        "..%2f..%2fkeys%2fcentre.pem",
        "packages/../../../keys/centre.pem",
        "/etc/passwd",
        "packages/gate_agent/none.py",
        "",
    ],
)
def test_the_door_serves_no_file_that_a_release_does_not_name(rig: Rig, path: str) -> None:
    wished = rig.wish("2.0.0")
    site = rig.site()
    assert site.client.get(f"/releases/{wished}/{path}", 1 << 20) is None
    site.client.close()


def test_the_door_serves_no_release_outside_of_its_folder(rig: Rig) -> None:
    rig.wish("2.0.0")
    site = rig.site()
    for name in ("..", "%2e%2e", "releases", "2.0.0-zzzzzzzzzzzz", "2.0.0-000000000000"):
        assert site.client.get(f"/releases/{name}/release.json", 1 << 20) is None
    assert site.client.get("/desired/north-9", 1 << 20) is None
    assert site.client.get("/desired/NO_NAME", 1 << 20) is None
    site.client.close()


def test_a_manifest_that_names_a_file_by_no_hash_is_refused(rig: Rig, tmp_path: Path) -> None:
    """A hash becomes a file's name on the board."""
    folder = rig.made["2.0.0"]
    document = json.loads((folder / "release.json").read_bytes())
    document["files"][0]["sha256"] = "../../../../etc/passwd"
    (folder / "release.json").write_text(json.dumps(document))
    with pytest.raises(ReleaseError, match="a field is missing or of another kind"):
        read_manifest(folder)

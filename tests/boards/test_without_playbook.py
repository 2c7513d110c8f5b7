"""A card that makes a blank board a gate at its first boot: a release and a token lie on it."""

from pathlib import Path

from tests.boards.boards import COUNT, ROOT
from tests.boards.park import Park

BLANK = COUNT + 1
"""A board that no playbook has seen; Debian 13 where COUNT is odd."""
CARD = "/boot/firmware/scenic-gate"
FIRST_BOOT = ROOT / "firmware_config/cloud-init/first-boot.sh"


def test_a_blank_board_becomes_a_gate_by_its_card(park: Park, release: Path) -> None:
    boards = park.boards
    boards.write(BLANK, f"{CARD}/first-boot.sh", FIRST_BOOT.read_text("utf-8"))
    run = ("sh", f"{CARD}/first-boot.sh")
    assert "no release on the card: waiting for the playbook" in boards.run(BLANK, *run)

    python = boards.run(BLANK, "python3", "-c", "import sys; print('%d%d' % sys.version_info[:2])")
    packs = sorted(Path(f"{release}.packs").glob(f"*-board-{python.strip()}-x86_64-*.tar"))
    assert [pack.stem.rpartition("-")[2] for pack in packs] == ["own", "wheels"]
    for pack in packs:
        boards.copy(BLANK, pack, f"{CARD}/{pack.name}")
    assert "no token on the card: waiting for the playbook" in boards.run(BLANK, *run)

    boards.write(BLANK, f"{CARD}/token", "SGE1-NOT-A-TOKEN\n")
    refused = boards.run(BLANK, *run, check=False)
    assert "put a new token on the card" in refused
    assert "Traceback" not in refused

    words = ("gate", "invite", "by-card", "--valid", "10min", "--station", "north")
    said = park.boards.fleet(*words).splitlines()  # with what it says beside the token
    [token] = [line for line in said if line.startswith("SGE1:")]
    boards.write(BLANK, f"{CARD}/token", f"{token}\n")
    boards.write(BLANK, f"{CARD}/gate.conf", "BOARD=generic\nTURNSTILE=handheld\n")
    assert "this board is a gate" in boards.run(BLANK, *run)
    boards.until(lambda: bool(park.status(BLANK).get("linked")), "the board is linked")
    assert "by-card" in park.gate_rows()
    assert boards.run(BLANK, "ls", f"{CARD}/token", check=False).startswith("ls:")
    assert "this board is a gate" in boards.run(BLANK, *run), "again, with nothing left to do"

"""The first boot of a card without a keyboard: the three files of cloud-init, and the script that
makes a gate of a board. `./run test-boards` runs that one on a booted board."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "firmware_config/cloud-init"
PYTHON = ROOT / "build/ansible/bin/python"
"""Ansible's, which can read YAML."""
MODULES = {
    "hostname", "manage_etc_hosts", "timezone", "locale", "users", "ssh_pwauth", "disable_root",
    "ssh_deletekeys", "ssh_genkeytypes", "write_files", "runcmd", "final_message",
}  # fmt: skip
"""Keys of cloud-config (https://cloudinit.readthedocs.io/en/latest/reference/modules.html)."""


def read(name: str) -> dict[str, Any]:
    """Return a file of cloud-init's as it reads it."""
    if not PYTHON.exists():
        pytest.skip("no Ansible in build/ansible, whose library reads YAML: ./run test")
    words = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    done = subprocess.run(
        [PYTHON, "-c", words],
        input=(FOLDER / name).read_text("utf-8"),
        capture_output=True,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_cloud_init_knows_the_users_file_by_its_first_line() -> None:
    assert (FOLDER / "user-data").read_text("utf-8").startswith("#cloud-config\n")
    assert set(read("user-data")) <= MODULES


def test_nobody_logs_in_by_a_password_and_nobody_as_root() -> None:
    document = read("user-data")
    assert document["ssh_pwauth"] is False
    assert document["disable_root"] is True
    [user] = document["users"]
    assert user["lock_passwd"] is True
    assert not {"passwd", "hashed_passwd", "plain_text_passwd"} & set(user)
    [file] = document["write_files"]
    role = (ROOT / "deploy/ansible/roles/board/files/sshd.conf").read_text("utf-8").splitlines()
    assert set(file["content"].splitlines()) <= set(role), "the playbook says the same"


def test_every_board_draws_its_own_host_key() -> None:
    document = read("user-data")
    assert document["ssh_deletekeys"] is True
    assert document["ssh_genkeytypes"] == ["ed25519"]


def test_what_a_technician_has_to_change_is_marked() -> None:
    text = (FOLDER / "user-data").read_text("utf-8") + (FOLDER / "meta-data").read_text("utf-8")
    for changed in ("hostname: ", "timezone: ", "- ssh-ed25519 ", "instance-id: "):
        before = text[: text.index(changed)].splitlines()
        assert any("CHANGE" in line for line in before[-3:]), changed


def test_the_network_is_of_the_version_that_netplan_reads() -> None:
    network = read("network-config")["network"]
    assert network["version"] == 2
    assert network["ethernets"]["eth0"] == {"dhcp4": True, "dhcp6": False, "optional": True}
    assert set(read("meta-data")) == {"instance-id"}


def test_the_script_runs_from_the_card_and_only_if_it_is_there() -> None:
    _ssh, (shell, option, text) = read("user-data")["runcmd"]
    assert (shell, option) == ("sh", "-c")
    path = "/boot/firmware/scenic-gate/first-boot.sh"
    assert text == f"if [ -f {path} ]; then sh {path}; fi"


def test_every_file_that_the_script_takes_out_of_a_release_is_there() -> None:
    text = (FOLDER / "first-boot.sh").read_text("utf-8")
    taken = re.findall(r'"\$files/([^"]+)"', text)
    assert len(taken) == 5
    assert [path for path in taken if not (ROOT / "firmware_config" / path).is_file()] == []


def test_a_card_without_a_release_waits_for_its_playbook(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(FOLDER / "first-boot.sh")],
        env={"CARD": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "scenic-gate: no release on the card: waiting for the playbook\n"

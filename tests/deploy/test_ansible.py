"""The playbook without machines: its form, its refusals, its templates, and what it copies.

`./run test-boards` plays it on booted ones.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSIBLE = ROOT / "deploy/ansible"
ROLES = ANSIBLE / "roles"
PROGRAMS = ROOT / "build/ansible/bin"
FIRMWARE = "{{ release_folder }}/packages/gate_agent/firmware_config/"
EXAMPLE = ANSIBLE / "inventories/example"
HERE = {"ansible_connection": "local", "ansible_become": False}

needs_ansible = pytest.mark.skipif(
    not (PROGRAMS / "ansible-playbook").exists(),
    reason=os.environ.get("SCENIC_GATE_NO_ANSIBLE") or "no Ansible in build/ansible: ./run test",
)


def play(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook with the project's settings; `folder` is for what it keeps."""
    environment = os.environ | {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ANSIBLE / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "ansible-home"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(
        ["ansible-playbook", *words],
        cwd=ANSIBLE,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def blank_release(folder: Path) -> Path:
    """Make what passes for a release folder in an inventory."""
    release = folder / "release"
    shutil.copytree(ROOT / "firmware_config", release / "packages/gate_agent/firmware_config")
    (release / "release.json").write_text("{}")
    return release


# --- the form ---------------------------------------------------------------------------------


@needs_ansible
def test_ansible_takes_the_playbook(tmp_path: Path) -> None:
    done = play(tmp_path, "--syntax-check", "-i", str(EXAMPLE), "site.yml")
    assert done.returncode == 0, done.stderr


def tasks() -> list[tuple[str, str]]:
    """Return every task of the roles: its file, its text."""
    found = []
    for file in sorted(ROLES.glob("*/*/*.yml")):
        if file.parent.name in ("tasks", "handlers"):
            name = str(file.relative_to(ROLES))
            found += [(name, text) for text in re.split(r"(?m)^ *- name: ", file.read_text())[1:]]
    return found


def test_only_modules_that_come_with_ansible_are_used() -> None:
    """A control machine needs ansible-core and no collections."""
    texts = [*tasks(), *((path.name, path.read_text()) for path in ANSIBLE.glob("*.yml"))]
    modules = [
        (file, module)
        for file, text in texts
        for module in re.findall(r"(?m)^ *(?:- )?([a-z_]+\.[a-z_]+\.[a-z_]+):", text)
    ]
    assert len(modules) > 80
    assert [named for named in modules if not named[1].startswith("ansible.builtin.")] == []


def sources() -> list[tuple[str, str]]:
    """Return each file that a task copies or fills in: the task's file, the path."""
    found = []
    for file, text in tasks():
        loop = re.search(r"(?m)^ *loop: \[(.*)\]$", text)
        items = loop[1].split(", ") if loop else [""]
        for path in re.findall(r"(?m)^ *src: \"?([^\"\n]+)\"?$", text):
            if path.startswith(FIRMWARE) or "/" not in path:
                found += [(file, path.replace("{{ item }}", item)) for item in items]
    return sorted(set(found))


@pytest.mark.parametrize(("file", "path"), sources())
def test_every_file_that_a_role_copies_is_there(file: str, path: str) -> None:
    role = ROLES / file.split("/", maxsplit=1)[0]
    if path.startswith(FIRMWARE):
        assert (ROOT / "firmware_config" / path.removeprefix(FIRMWARE)).is_file()
    else:
        assert (role / "templates" / path).is_file() or (role / "files" / path).is_file()


def test_every_unit_and_program_for_a_machine_is_copied_by_a_role() -> None:
    """What only a person who installs by hand would have, the playbook has forgotten. Some files
    are for the Debian packages alone, which make users and folders and restart in their own way."""
    copied = {path.removeprefix(FIRMWARE) for _file, path in sources()}
    folder = ROOT / "firmware_config"
    kinds = ("*.service", "*.timer", "*.sh", "*.rules", "*.acl", "systemd/*")
    files = {str(file.relative_to(folder)) for kind in kinds for file in folder.glob(kind)}
    assert files - copied == {
        "gate-restart.service",
        "systemd/sysusers-centre.conf",
        "systemd/tmpfiles-centre.conf",
        "systemd/tmpfiles.conf",
    }


# --- inventories ------------------------------------------------------------------------------

GATE = {"gate_id": "g", "gate_station": "north", "gate_board": "generic",
        "gate_turnstile": "handheld"}  # fmt: skip
PARK = {"park_id": "west-lake", "park_time_zone": "Asia/Shanghai", "centre_host": "centre.example",
        "admin_network": "192.0.2.0/24", "stations": [{"id": "north"}]}  # fmt: skip
NAME_RULE = "must be 1 to 20 of a-z, 0-9 and -, beginning with a letter or digit"
WRONG: dict[str, tuple[Mapping[str, object], str]] = {
    "id-in-capitals": ({"gate_id": "North-1"}, f"gate_id: North-1: {NAME_RULE}"),
    "id-of-the-centre": ({"gate_id": "centre"}, f"gate_id: centre: {NAME_RULE}, and not `centre`"),
    "id-too-long": ({"gate_id": "a" * 21}, f"gate_id: {'a' * 21}: {NAME_RULE}"),
    "id-a-number": ({"gate_id": 7.5}, f"gate_id: 7.5: {NAME_RULE}"),
    "twin-a": ({"gate_id": "twin"}, "gate_id: twin: another host has this id as well"),
    "twin-b": ({"gate_id": "twin"}, "gate_id: twin: another host has this id as well"),
    "no-such-station": ({"gate_station": "nrth"}, "gate_station: nrth: must be one of north"),
    "no-station": ({"gate_station": ""}, "gate_station: : must be one of north"),
    "no-such-board": (
        {"gate_board": "pi"},
        "gate_board: pi: must be one of generic, raspberry-pi-4",
    ),
    "no-such-turnstile": ({"gate_turnstile": "x"}, "gate_turnstile: x: must be one of handheld"),
    "no-night": (
        {"gate_night": "22:30-5"},
        "gate_night: 22:30-5: must be whole hours of park time, as 1-5, or 22-5 over midnight",
    ),
    "no-park": ({"park_id": "West Lake"}, f"park_id: West Lake: {NAME_RULE}"),
    "a-url": ({"centre_host": "https://x"}, "centre_host: https://x: must be a name or an address"),
    "no-zone": (
        {"park_time_zone": "CST"},
        "park_time_zone: CST: must be a name like Asia/Shanghai",
    ),
    "no-release": ({"release_folder": "/no"}, "release_folder: /no: must be a release folder on"),
    "open-to-all": ({"admin_network": "office"}, "admin_network: office: must be a network as"),
}


@cache
def checked() -> str:
    """Return what check.yml says of all wrong hosts and of a good one, in one run."""
    import tempfile

    folder = Path(tempfile.mkdtemp(dir=ROOT / "build"))
    try:
        hosts = {name: {"gate_id": name[:20], **row} for name, (row, _said) in WRONG.items()}
        document = {
            "all": {
                "vars": PARK | HERE | {"release_folder": str(blank_release(folder))},
                "children": {
                    "gates": {"vars": GATE, "hosts": {**hosts, "good": {"gate_id": "good"}}}
                },
            }
        }
        inventory = folder / "park.yml"
        inventory.write_text(json.dumps(document))
        done = play(folder, "-i", str(inventory), "check.yml")
        return " ".join((done.stdout + done.stderr).split())
    finally:
        shutil.rmtree(folder)


@needs_ansible
@pytest.mark.parametrize("host", WRONG)
def test_a_wrong_inventory_is_one_sentence_with_host_key_value_and_rule(host: str) -> None:
    assert f"{host}: {WRONG[host][1]}" in checked()
    assert re.search(rf"{host} : ok=\d+ changed=0 unreachable=0 failed=1", checked())


@needs_ansible
def test_a_wrong_host_does_not_stop_a_right_one() -> None:
    assert re.search(r"good : ok=\d+ changed=0 unreachable=0 failed=0", checked())


@needs_ansible
def test_the_example_inventory_is_right(tmp_path: Path) -> None:
    release = blank_release(tmp_path)
    done = play(tmp_path, "-i", str(EXAMPLE), "-e", f"release_folder={release}", "check.yml")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("failed=0") == 9, done.stdout  # the centre, and eight gates


# --- templates --------------------------------------------------------------------------------

TEMPLATES = sorted(str(path.relative_to(ROLES)) for path in ROLES.glob("*/templates/*"))
VALUES = (
    PARK
    | HERE
    | {
        "board_dns": True,
        "board_mirrors": ["192.0.2.9:3142"],
        "board_relay_lines": "gpio=17=op,dl",
        "centre_open_ports": [443],
        "centre_time_servers": ["ntp.example"],
        "monitoring_network": "192.0.2.0/24",
    }
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every template filled in."""
    folder = tmp_path_factory.mktemp("rendered")
    tasks = [
        {
            "name": "Render",
            "ansible.builtin.template": {
                "src": str(ROLES / "{{ item }}"),
                "dest": f"{folder}/{{{{ item | replace('/', '_') }}}}",
                "mode": "0644",
            },
            "loop": TEMPLATES,
        }
    ]
    values = VALUES | {"release_folder": str(blank_release(folder))}
    play_file = folder / "render.yml"
    host = {"hosts": "localhost", "gather_facts": False, "vars": values, "tasks": tasks}
    play_file.write_text(json.dumps([host]))
    done = play(folder, str(play_file))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def text_of(rendered: Path, role: str, name: str) -> str:
    return (rendered / f"{role}_templates_{name}.j2").read_text("utf-8")


@needs_ansible
def test_no_template_leaves_a_mark_behind(rendered: Path) -> None:
    files = [rendered / name.replace("/", "_") for name in TEMPLATES]
    assert len(files) == 6
    for file in files:
        assert not re.search(r"\{\{|\{%|None|undefined", file.read_text("utf-8")), file.name


@needs_ansible
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not here")
@pytest.mark.parametrize("role", ["board", "centre"])
def test_nft_takes_the_firewall(role: str, rendered: Path) -> None:
    file = rendered / f"{role}_templates_nftables.conf.j2"
    done = subprocess.run(["nft", "--check", "--file", str(file)], capture_output=True, text=True)
    if "Operation not permitted" in done.stderr:
        pytest.skip("only root may ask nft")
    assert done.returncode == 0, done.stderr


@needs_ansible
def test_a_board_lets_in_technicians_and_the_monitoring_alone(rendered: Path) -> None:
    rules = text_of(rendered, "board", "nftables.conf")
    before, _mark, _output = rules.partition("chain forward")
    opened = re.findall(r"(?m)^ *(.*tcp dport .*) accept", before)
    assert opened == ["ip saddr 192.0.2.0/24 tcp dport 22", "ip saddr 192.0.2.0/24 tcp dport 9100"]
    assert rules.count("policy drop") == 3


@needs_ansible
def test_the_centre_lets_in_gates_technicians_and_what_the_inventory_says(rendered: Path) -> None:
    rules = text_of(rendered, "centre", "nftables.conf")
    opened = re.findall(r"(?m)^ *(.*(?:tcp|udp) dport (?!68).*) accept", rules)
    assert opened == [
        "ip saddr 192.0.2.0/24 tcp dport 22",
        "tcp dport { 8883, 8443, 8444 }",
        "udp dport 123",
        "tcp dport 443",
    ]


@needs_ansible
def test_gates_ask_the_centre_for_the_time_and_nobody_else(rendered: Path) -> None:
    settings = configparser.RawConfigParser(comment_prefixes="#")
    settings.read_string(text_of(rendered, "board", "timesyncd.conf"))
    assert settings["Time"]["ntp"] == "centre.example"
    assert settings["Time"]["fallbackntp"] == ""
    chrony = text_of(rendered, "centre", "chrony.conf").splitlines()
    assert {"allow all", "local stratum 10", "server ntp.example iburst"} <= set(chrony)


@needs_ansible
def test_boot_settings_hold_the_projects_own(rendered: Path) -> None:
    lines = text_of(rendered, "board", "config.txt").splitlines()
    ours = (ROOT / "firmware_config/boot/config.txt").read_text("utf-8").splitlines()
    assert set(ours) <= set(lines)
    assert lines.index("dtoverlay=vc4-kms-v3d") < lines.index("dtparam=watchdog=on")
    assert "gpio=17=op,dl" in lines

"""Boot boards, run playbooks against them, cut their power, and look inside."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BOOT = Path(__file__).with_name("boot-boards")
ANSIBLE = ROOT / "deploy/ansible"
CENTRE_ADDRESS = "10.93.0.11"
PACKAGES = (
    "libzbar0",
    "mosquitto",
    "nftables",
    "prometheus-node-exporter",
    "python3-systemd",
    "systemd-timesyncd",
    "unattended-upgrades",
)
"""What a board of a park that has no internet must have in its image. The centre's own machine gets
the rest from Debian, as boards with a mirror do."""
COUNT = int(os.environ.get("SCENIC_GATE_BOARD_COUNT", "3"))
"""How many boards, the centre's among them."""
LONGEST_S = 900
FACE = "ansible-playbook"
ASK_CONSOLE = """import http.client, socket, ssl, sys
address, name, authority = sys.argv[1:]
context = ssl.create_default_context(cadata=authority)
context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
connection = http.client.HTTPConnection(name, 8444)
plain = socket.create_connection((address, 8444), timeout=20)
connection.sock = context.wrap_socket(plain, server_hostname=name)
connection.request("GET", "/sign-in", headers={"Accept-Language": "en"})
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""


def missing() -> str:
    """Return why no board can be booted here, '' if one can."""
    if not os.environ.get("SCENIC_GATE_BOARDS"):
        return "boots Debian boards: ./run test-boards"
    return ""


@dataclass(frozen=True, slots=True)
class Played:
    """What a playbook did. `hosts`: by host the counts of its recap. `text`: all it printed."""

    hosts: Mapping[str, Mapping[str, int]]
    text: str
    seconds: float

    def changed(self) -> dict[str, int]:
        """Return how many tasks changed something, by host."""
        return {host: counts["changed"] for host, counts in self.hosts.items()}

    def ill(self) -> set[str]:
        """Return the hosts that failed or could not be reached."""
        return {
            host for host, counts in self.hosts.items() if counts["failed"] or counts["unreachable"]
        }


class Boards:
    """So many boards in a folder, `board1` and so on; the first is the centre's machine."""

    def __init__(self, folder: Path, count: int) -> None:
        """`folder`: their disks. Trees of Debian and tarballs of these lie beside it."""
        self.folder = folder
        self.count = count
        self.began_s = 0.0  # when they were given power, by the monotonic clock
        self._environment = os.environ | {
            "BOARDS_DIR": str(folder),
            "BOARDS_TREES": str(folder.with_name("trees")),
            "BOARDS_CACHE": os.environ.get(
                "SCENIC_GATE_BOARDS_CACHE", str(folder.with_name("cache"))
            ),
            "BOARDS_CENTRE": CENTRE_ADDRESS,
            "BOARDS_PACKAGES": ",".join(PACKAGES),
            "BOARDS_APT": "1",
            "PATH": f"{ROOT / 'build/ansible/bin'}:{os.environ['PATH']}",
            "ANSIBLE_CONFIG": str(ANSIBLE / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }

    def up(self) -> None:
        """Boot them, after what an earlier run has left is gone."""
        self._boot("down", check=False)
        self.began_s = time.monotonic()
        self._boot("up", str(self.count))

    def keep(self, folder: Path) -> Path:
        """Cut their power, keep their disks in a folder, and let them go on from these; return the
        folder."""
        self._boot("keep", str(folder))
        return folder

    def again(self, folder: Path) -> None:
        """Boot boards that go on from the kept disks in a folder."""
        self._boot("down", check=False)
        self.began_s = time.monotonic()
        self._boot("again", str(folder))

    def tree(self, suite: str) -> Path:
        """Return the folder of a Debian that boards of a suite see beneath their own disks."""
        return Path(self._boot("tree", suite).splitlines()[-1])

    def down(self) -> None:
        """End and remove them."""
        if not os.environ.get("SCENIC_GATE_BOARDS_KEEP"):
            self._boot("down")

    def cut(self, board: int) -> None:
        """Cut the power of a board: it is dead at once."""
        self._boot("cut", f"board{board}")

    def on(self, board: int) -> None:
        """Give it power again, and wait until its ssh server answers."""
        self._boot("on", f"board{board}")

    def run(self, board: int, *words: str, check: bool = True) -> str:
        """Run a command on a board as root; return what it printed."""
        return self._boot("on-board", f"board{board}", *words, check=check)

    def write(self, board: int, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file on the disk of a board."""
        script = 'mkdir -p "$(dirname "$1")"; printf %s "$2" >"$1"; chmod "$3" "$1"'
        self.run(board, "sh", "-c", script, "--", path, text, f"{mode:o}")

    def copy(self, board: int, file: Path, path: str) -> None:
        """Copy a file of this machine to the disk of a board, past its network."""
        with file.open("rb") as source:
            words = ("on-board", f"board{board}", "cp", "/dev/stdin", path)
            subprocess.run([BOOT, *words], env=self._environment, stdin=source, check=True)

    def copy_folder(self, board: int, folder: Path, path: str) -> None:
        """Copy a folder of this machine into a folder of a board, past its network."""
        words = ("on-board", f"board{board}", "tar", "-C", path, "-x")
        pack = ["tar", "-C", str(folder.parent), "-c", folder.name]
        with subprocess.Popen(pack, stdout=subprocess.PIPE) as packed:
            subprocess.run([BOOT, *words], env=self._environment, stdin=packed.stdout, check=True)

    def fleet(self, *words: str, check: bool = True) -> str:
        """Run a command of the centre's as its user."""
        manager = "/opt/scenic-gate/bin/fleet-manager"
        user = ("runuser", "-u", "scenic-gate-centre", "--")
        return self.run(
            1, *user, manager, "--data", "/var/lib/scenic-gate-centre", *words, check=check
        )

    def console(self, board: int, name: str, data: str) -> str:
        """Return the status and the page that the console of a centre gives to an office computer
        that trusts the park's authority alone. `name`: by which it is reached. `data`: the folder
        of the centre."""
        authority = self.run(board, "cat", f"{data}/tls/web-ca.crt")
        address = f"10.93.0.{10 + board}"
        return self._boot("in", sys.executable, "-c", ASK_CONSOLE, address, name, authority)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 120) -> None:
        """Wait for something on the boards. Raises AssertionError, which names it, in the end.

        Nobody asks again at once: a question may begin a program on a board, and others run there.
        """
        end_s = time.monotonic() + seconds
        while True:
            asked_s = time.monotonic()
            if holds():
                return
            assert asked_s < end_s, f"not within {seconds:.0f} s: {what}"
            time.sleep(max(0.1, 2 * (time.monotonic() - asked_s)))

    def inventory(self, document: Mapping[str, Any]) -> Path:
        """Write an inventory; return its file. JSON is YAML."""
        path = self.folder / "park.yml"
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        return path

    def connection(self) -> dict[str, str]:
        """Return the variables by which Ansible reaches the boards."""
        options = (
            f"UserKnownHostsFile={self.folder}/known_hosts",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
        )
        return {
            "ansible_user": "tech",
            "ansible_control_path_dir": str(self.folder / "connections"),
            "ansible_ssh_private_key_file": f"{self.folder}/key",
            "ansible_ssh_common_args": " ".join(f"-o {option}" for option in options),
        }

    def play(self, inventory: Path, *words: str) -> Played:
        """Run the project's playbook; return what it did, also when it failed."""
        begin_s = time.monotonic()
        text = self._boot(
            "in", FACE, "-i", str(inventory), str(ANSIBLE / "site.yml"), *words, check=False
        )
        return Played(_recap(text), text, time.monotonic() - begin_s)

    def play_true(self, inventory: Path) -> float:
        """Return how many seconds a playbook of one bare `true` takes: what every play costs."""
        tasks = [{"name": "Do nothing", "ansible.builtin.raw": "true"}]
        file = self.folder / "true.yml"
        file.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        begin_s = time.monotonic()
        self._boot("in", FACE, "-i", str(inventory), str(file))
        return time.monotonic() - begin_s

    def begin_play(self, inventory: Path, *words: str) -> "subprocess.Popen[str]":
        """Run the playbook beside the test; its output can be read line by line."""
        return subprocess.Popen(
            [str(BOOT), "in", FACE, "-i", str(inventory), str(ANSIBLE / "site.yml"), *words],
            env=self._environment,
            cwd=ANSIBLE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _boot(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [str(BOOT), *words],
            env=self._environment,
            cwd=ANSIBLE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        assert not check or done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}"
        return done.stdout


def _recap(text: str) -> dict[str, dict[str, int]]:
    """Return the counts of a playbook's recap by host."""
    _before, _mark, recap = text.partition("PLAY RECAP")
    hosts: dict[str, dict[str, int]] = {}
    for line in recap.splitlines():
        name, colon, counts = line.partition(" : ")
        if colon:
            hosts[name.strip()] = {
                key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)
            }
    return hosts


def sentences(text: str) -> Sequence[str]:
    """Return the messages of a playbook's failures, each on one line."""
    failures = re.findall(r"(?m)^(?:failed|fatal): (?:.*\n)((?: +.*\n)+)", text)
    messages = [
        re.findall(r"(?m)^    msg: (?:[|>]-?)?(.*\n(?: {8,}.*\n)*)", body) for body in failures
    ]
    return [" ".join(found.split()).strip("'\"") for body in messages for found in body]

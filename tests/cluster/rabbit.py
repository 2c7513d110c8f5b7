"""A cluster of RabbitMQ nodes on the loopback address, with its MQTT plugin, and one address in
front of it that leads to a node that lives.

Each gate is a user of its own, known by its certificate; topic permissions say what mosquitto's
access list says. Made for RabbitMQ 3.10, as Debian 12 has it.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from hardware_sim.broker import BrokerFiles, free_port
from hardware_sim.live.waiting import hold
from hardware_sim.network import CuttableProxy

BIN = Path("/usr/lib/rabbitmq/bin")
PATIENCE_S = 120.0
NODES = (1, 2, 3)
_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
mqtt.listeners.tcp = none
mqtt.listeners.ssl.1 = 127.0.0.1:{mqtt}
mqtt.ssl_cert_login = true
mqtt.allow_anonymous = false
ssl_cert_login_from = common_name
ssl_options.cacertfile = {files.ca}
ssl_options.certfile = {files.certificate}
ssl_options.keyfile = {files.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
ssl_options.versions.1 = tlsv1.3
"""


def until(holds: Callable[[], object], what: str) -> float:
    """Waits; gives the seconds that took. Raises Failed."""
    return hold(holds, PATIENCE_S, f"in vain: {what}")


class Node:
    """One node, in a folder of its own."""

    def __init__(self, number: int, folder: Path, files: BrokerFiles) -> None:
        self.name = f"scenic{number}@localhost"
        self.mqtt = free_port()
        self._folder = folder / str(number)
        self._folder.mkdir()
        plugins = self._folder / "plugins"
        plugins.write_text("[rabbitmq_mqtt,rabbitmq_auth_mechanism_ssl].\n")
        text = _CONFIG.format(amqp=free_port(), mqtt=self.mqtt, files=files)
        (self._folder / "rabbitmq.conf").write_text(text)
        self._environment = {
            **os.environ,
            "HOME": str(folder),  # of the cookie
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1"
            ),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns at once."""
        with (self._folder / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [BIN / "rabbitmq-server"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def control(self, *words: str) -> str:
        """`rabbitmqctl …`; empty if it failed."""
        done = subprocess.run(
            [BIN / "rabbitmqctl", "-q", "-n", self.name, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""

    @property
    def ready(self) -> bool:
        """Whether the node runs and listens for gates."""
        return str(self.mqtt) in self.control("status")

    def kill(self) -> None:
        """kill -9 of all that belongs to it. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Balancer(CuttableProxy):
    """Leads each new connection to the first node that answers."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        super().__init__(ports[0])

    def _join(self, near: socket.socket) -> None:
        for port in self._ports:
            try:
                socket.create_connection(("127.0.0.1", port), 1.0).close()
            except OSError:
                continue
            self._target = ("127.0.0.1", port)
            break
        super()._join(near)


class Cluster:
    """Stands where a Broker stands: a context manager with a `port`. `users`: the gates."""

    def __init__(self, folder: Path, files: BrokerFiles, users: Sequence[str]) -> None:
        folder.mkdir(parents=True)
        cookie = folder / ".erlang.cookie"
        cookie.write_text("for-tests-on-loopback")
        cookie.chmod(0o400)
        self._users = users
        self.nodes = [Node(number, folder, files) for number in NODES]
        self._balancer: Balancer | None = None

    @property
    def port(self) -> int:
        """Of the balancer."""
        assert self._balancer is not None
        return self._balancer.port

    def __enter__(self) -> "Cluster":
        try:
            self._form()
        except BaseException:
            self.__exit__()
            raise
        self._balancer = Balancer([node.mqtt for node in self.nodes])
        return self

    def __exit__(self, *_: object) -> None:
        if self._balancer is not None:
            self._balancer.close()
        for node in self.nodes:
            node.kill()

    def _form(self) -> None:
        first, *others = self.nodes
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            until(lambda node=node: node.ready, f"{node.name} starts")  # type: ignore[misc]
        for node in others:
            node.control("stop_app")
            node.control("join_cluster", first.name)
            node.control("start_app")
        first.control("delete_user", "guest")
        own = r"^sg1\.[^.]+\.{username}\."
        every = r"^sg1\.[^.]+\.[^.]+\."
        rights = dict.fromkeys(self._users, (own + r"up\.", own + r"down\."))
        for name, (write, read) in {
            **rights,
            "centre": (every + r"down\.", every + r"up\."),
        }.items():
            first.control("add_user", name, "certificates-only")
            first.control("set_permissions", name, ".*", ".*", ".*")
            first.control("set_topic_permissions", name, "amq.topic", write, read)


def missing() -> str:
    """Why there can be no cluster here; empty if there can."""
    if "SCENIC_GATE_CLUSTER" not in os.environ:
        return "takes a minute, and RabbitMQ: ./run test-cluster"
    if not (BIN / "rabbitmq-server").exists():
        return "RabbitMQ is not installed: apt-get install rabbitmq-server"
    return "" if shutil.which("epmd") else "Erlang's epmd is not installed"

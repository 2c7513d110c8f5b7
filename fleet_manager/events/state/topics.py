"""PURE. Topics and payloads of readable state, and Home Assistant's discovery of it.

Every payload is retained: who connects knows the state at once. An empty payload deletes what a
gate had that is retired. Discovery: https://www.home-assistant.io/integrations/mqtt/, one message
for each device.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ONLINE, OFFLINE = b"online", b"offline"
Messages = dict[str, bytes]
"""Payloads by topic."""


@dataclass(frozen=True, slots=True)
class ReadableState:
    """`park`: of all. `gates`: by id, of those in use. `names`: what people call them. `retired`:
    gates that are out of use."""

    park: Mapping[str, Any]
    gates: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    retired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateTopics:
    """`prefix`: of our topics. `park`: its id. `name`: of the park. `discovery`: prefix of Home
    Assistant's discovery, '' for none. `software`: version of the centre."""

    prefix: str
    park: str
    name: str
    discovery: str
    software: str

    @property
    def status(self) -> str:
        """Return the topic that says whether the state is kept up: online or offline."""
        return f"{self.prefix}/{self.park}/status"

    @property
    def birth(self) -> str:
        """Return the topic on which Home Assistant says that it has started."""
        return f"{self.discovery}/status"

    def messages(self, state: ReadableState) -> Messages:
        """Return all retained messages for a state."""
        made: Messages = {self._of_park: _json(state.park)}
        for gate, values in state.gates.items():
            made[self._of_gate(gate)] = _json(values)
        for gate in state.retired:
            made[self._of_gate(gate)] = b""
        if self.discovery:
            made |= self._discovered(state)
        return made

    def _discovered(self, state: ReadableState) -> Messages:
        made = {self._config("park"): _json(self._device("park", self.name, self._of_park, _PARK))}
        for gate in state.gates:
            device = self._device(gate, state.names[gate], self._of_gate(gate), _GATE)
            device["dev"]["via_device"] = self._id("park")
            if state.gates[gate]["software"]:
                device["dev"]["sw"] = state.gates[gate]["software"]
            made[self._config(gate)] = _json(device)
        return made | {self._config(gate): b"" for gate in state.retired}

    def _device(
        self, id_: str, name: str, topic: str, parts: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        return {
            "dev": {"ids": [self._id(id_)], "name": name, "mf": "scenic-gate"},
            "o": {"name": "scenic-gate", "sw": self.software},
            "cmps": {
                part: {**values, "unique_id": f"{self._id(id_)}-{part}"}
                for part, values in parts.items()
            },
            "state_topic": topic,
            "availability_topic": self.status,
            "qos": 1,
        }

    @property
    def _of_park(self) -> str:
        return f"{self.prefix}/{self.park}/park"

    def _of_gate(self, gate: str) -> str:
        return f"{self.prefix}/{self.park}/gate/{gate}"

    def _id(self, name: str) -> str:
        return f"{self.prefix}-{self.park}-{name}"

    def _config(self, name: str) -> str:
        return f"{self.discovery}/device/{self._id(name)}/config"


def _sensor(name: str, template: str, **more: str) -> dict[str, str]:
    return {"p": "sensor", "name": name, "value_template": f"{{{{ {template} }}}}", **more}


def _alarm(name: str, condition: str, device_class: str) -> dict[str, str]:
    template = f"{{{{ 'ON' if {condition} else 'OFF' }}}}"
    return {
        "p": "binary_sensor",
        "name": name,
        "value_template": template,
        "device_class": device_class,
    }


_PERSONS = {"unit_of_measurement": "persons", "state_class": "measurement"}
_PARK = {
    "inside": _sensor("在园 Inside", "value_json.inside", **_PERSONS),
    "entries": _sensor("今日入园 Entries today", "value_json.entries_today", **_PERSONS),
    "level": _sensor("承载 Level", "value_json.level_at_once"),
    "offline": _sensor("离线闸机 Gates offline", "value_json.gates_offline"),
}
_GATE = {
    "online": _alarm("在线 Online", "value_json.online", "connectivity"),
    "fault": _alarm("故障 Fault", "value_json.faults", "problem"),
    "waiting": _sensor("待传 Waiting", "value_json.waiting", unit_of_measurement="records"),
    "seen": _sensor("最近 Seen", "value_json.seen", device_class="timestamp"),
    "mode": _sensor("模式 Mode", "value_json.lanes[0].mode if value_json.lanes else 'none'"),
}


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()

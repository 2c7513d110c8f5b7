"""Foreign tools that know nothing but the document: a searcher for faults, and a client."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import uvicorn

from fleet_manager.access import tokens
from fleet_manager.access.actor import Role
from fleet_manager.centre import Centre
from fleet_manager.web.server import make_console
from tests.fleet_manager.web.api.conftest import DAY_MS, Program, Programs

LONGEST_S = 280
CHECKS = (
    "not_a_server_error",
    "response_schema_conformance",
    "content_type_conformance",
    "status_code_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


@contextmanager
def served(centre: Centre) -> Iterator[str]:
    """Serve the console of a park without TLS, in a thread, and give its address."""
    plain = replace(centre.config.web, tls=False)
    console = make_console(replace(centre, config=replace(centre.config, web=plain)))
    config = uvicorn.Config(
        console.app(), log_config=None, loop="asyncio", http="h11", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            console.feed.close()


def almighty(centre: Centre) -> str:
    """A token that may do everything, which no service gives to a program."""
    with centre.store.write() as connection:
        now_ms = centre.clock()
        added = tokens.add(
            connection,
            "all",
            Role.ADMINISTRATOR,
            station="",
            made_by="test",
            now_ms=now_ms,
            expires_ms=now_ms + DAY_MS,
        )
    return added.text


def test_schemathesis_finds_no_fault(
    centre: Centre, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Some 1,200 requests that cover each field over SQLite, and random ones over PostgreSQL."""
    program = Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        pytest.skip("schemathesis is not installed")
    on_postgresql = "postgresql" in request.node.name
    with served(centre) as address:
        ran = subprocess.run(
            [
                str(program),
                "run",
                f"{address}/api/v1/openapi.json",
                "-H",
                f"Authorization: Bearer {almighty(centre)}",
                "--phases",
                "fuzzing" if on_postgresql else "coverage",
                "--max-examples",
                "3",
                "--seed",
                "7",
                "--checks",
                ",".join(CHECKS),
                "--generation-database",
                "none",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout[-6000:]
    assert "30 selected" in ran.stdout


class DocumentClient:
    """A client that is made of the document alone: it calls operations by their ids, and holds
    what comes back to the types that the document promises."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.document: dict[str, Any] = program.get("/openapi.json").json
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    def call(self, name: str, body: Any = None, /, **values: object) -> Any:
        """Call an operation with values for its parameters; return what it gives."""
        method, path, operation = self.operations[name]
        places = {parameter["name"]: parameter["in"] for parameter in operation["parameters"]}
        assert set(values) <= set(places), f"{name} has no such parameter"
        query = "&".join(
            f"{key}={value}" for key, value in values.items() if places[key] == "query"
        )
        for key, value in values.items():
            path = path.replace(f"{{{key}}}", str(value))
        if body is not None:
            self._hold(operation["requestBody"]["content"]["application/json"]["schema"], body)
        reply = self._program.ask(method, f"{path}?{query}" if query else path, body)
        promised = operation["responses"].get(str(reply.status), operation["responses"]["default"])
        for content in promised.get("content", {}).values():
            self._hold(content["schema"], reply.json)
        assert reply.status < 400, reply.json
        return reply.json

    def _hold(self, schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        jsonschema_rs.validator_for(whole).validate(value)


def test_a_client_made_of_the_document_does_a_days_work(centre: Centre, programs: Programs) -> None:
    client = DocumentClient(Program(programs(None).client, almighty(centre)))
    sold = client.call("issue_tickets", {"product": "child", "count": 2, "admits": 3})
    serial = sold["tickets"][0]["serial"]
    assert client.call("show_ticket", serial=serial)["admits"] == 3
    assert client.call("void_ticket", {"reason": "refund"}, serial=serial)["changed"] == 1
    assert client.call("show_ticket", serial=serial)["reason"] == "void"
    assert client.call("list_passages", kind="denied")["passages"][0]["reason"] == "used"
    assert client.call("show_counts", by="day,product")["total"]["entries"] == 3
    assert client.call("show_live")["inside"] == 2
    assert client.call("rename_gate", {"label": "东"}, name="gate-1")["label"] == "东"
    secret = client.call("add_webhook", {"name": "sign", "url": "https://localhost/x"})["secret"]
    assert secret.startswith("whsec_")
    paused = client.call("change_webhook", {"enabled": False, "reason": "moves"}, name="sign")
    assert paused["state"] == "disabled"
    assert client.call("test_webhook", name="till")["result"] == "failed"
    assert client.call("list_deliveries", name="till")["deliveries"][0]["kind"] == "test"
    assert client.call("remove_webhook", name="sign") is None
    acts = [line["act"] for line in client.call("list_audit", limit=4)["lines"]]
    assert acts == ["webhook.remove", "webhook.test", "webhook.set", "webhook.add"]


def test_every_operation_that_reads_can_be_called_without_parameters(
    centre: Centre, programs: Programs
) -> None:
    client = DocumentClient(Program(programs(None).client, almighty(centre)))
    for name, (method, path, _) in client.operations.items():
        if method == "GET" and "{" not in path:
            assert json.dumps(client.call(name))

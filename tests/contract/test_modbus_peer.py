"""Modbus against a library that others wrote: its client, our board; our client, its server."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.datastore import (
    ModbusDeviceContext,
    ModbusSequentialDataBlock,
    ModbusServerContext,
)
from pymodbus.server import ServerStop, StartTcpServer

from gate_agent.drivers.arms.boards.line import BoardLine
from gate_agent.drivers.arms.boards.models import BoardStatus, CommandOutcome, Lot
from hardware_sim.devices.boards import SimBoard
from tests.gate_agent.drivers.collected import until

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("tcp", [True, False])
def test_its_client_releases_our_simulated_board(tcp: bool) -> None:
    board = SimBoard("lot", tcp=tcp)
    if tcp:
        host, _, port = board.path.rpartition(":")
        client: ModbusTcpClient | ModbusSerialClient = ModbusTcpClient(host, port=int(port))
    else:
        client = ModbusSerialClient(board.path, baudrate=9600)
    try:
        assert client.connect()
        assert client.read_holding_registers(0x40, count=1, device_id=1).registers == [0]
        assert not client.write_registers(0x40, [1], device_id=1).isError()
        assert board.wait(lambda board: board.opened == 1, 10)
        assert client.read_holding_registers(0x40, count=1, device_id=1).registers == [1]
        board.faults.append("refuse")
        assert client.write_registers(0x40, [1], device_id=1).isError()
    finally:
        client.close()  # type: ignore[no-untyped-call]
        board.close()


@pytest.fixture
def server() -> Iterator[int]:
    """A port with registers like a LOT board's, all zero."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    registers = ModbusSequentialDataBlock(1, [0] * 0x100)  # type: ignore[no-untyped-call]
    context = ModbusServerContext(devices=ModbusDeviceContext(hr=registers), single=True)
    thread = Thread(
        target=StartTcpServer, args=(context,), kwargs={"address": ("127.0.0.1", port)}, daemon=True
    )
    thread.start()

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            return False
        return True

    until(listens)
    yield port
    ServerStop()
    thread.join(60.0)


def test_our_client_releases_its_server(server: int) -> None:
    line = BoardLine(f"127.0.0.1:{server}", 9600)
    try:
        board = Lot(1, left=True, tcp=True)
        assert board.poll(line) == BoardStatus(open=False, passages=0)
        assert board.release(line) is CommandOutcome.DONE
        assert board.poll(line) == BoardStatus(open=True, passages=0)
    finally:
        line.close()

"""Where orders come together, typed or clicked, and are performed one after the other."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Queue

from hardware_sim.live.script import ParkOrder, ScriptError, parse_line
from hardware_sim.live.waiting import Failed

REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Done:
    """`text`: the order as it was given. `said`: what came of it, or why it could not be.
    `number`: 1 for the first order, counting up."""

    text: str
    said: str
    failed: bool
    number: int


class OrderQueue:
    """`perform` does an order and gives what there is to say of it."""

    def __init__(self, perform: Callable[[ParkOrder], str]) -> None:
        self.done: deque[Done] = deque(maxlen=REMEMBERED)
        self.at_work = ""
        self._performed = 0
        self._perform = perform
        self._asked: Queue[tuple[str, ParkOrder]] = Queue()

    def ask(self, text: str) -> None:
        """Queue an order, from any thread. Raises ScriptError for what is no order."""
        order = parse_line(text)
        if order is not None and order.verb in ("show", "help"):
            raise ScriptError(f"{order.verb} is for the terminal; a page shows everything")
        if order is not None:
            self._asked.put((text.strip(), order))

    def run(self, tell: Callable[[Done], None]) -> None:
        """Perform orders until `quit`. An order that fails ends nothing."""
        while True:
            text, order = self._asked.get()
            if order.verb == "quit":
                return
            self.at_work = text
            self._performed += 1
            number = self._performed
            try:
                done = Done(text, self._perform(order), failed=False, number=number)
            except (Failed, ScriptError) as error:
                done = Done(text, str(error), failed=True, number=number)
            self.at_work = ""
            self.done.append(done)
            tell(done)

    @property
    def scenario(self) -> str:
        """What was done, as a file that does it again."""
        return "".join(f"{done.text}\n" for done in self.done if not done.failed)

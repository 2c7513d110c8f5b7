"""What `sync` and `pull` ask for in the conversation with the centre. Values, nothing else."""

from dataclasses import dataclass

from gate_agent.validator.messages.messages import Message


@dataclass(frozen=True, slots=True)
class Send:
    """A message to the centre."""

    message: Message


@dataclass(frozen=True, slots=True)
class SendRecords:
    """The journal's records from `first`, `count` of them, as one batch."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The centre holds everything up to `mark`."""

    mark: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Bytes of an offered list have arrived. `whole`: the last ones; check it, put it in force."""

    series: str
    offset: int
    data: bytes
    whole: bool


SyncEffect = Send | SendRecords | Acknowledged
PullEffect = Send | Keep

"""A PostgreSQL server of one's own in a temporary folder, for tests that run over both databases.

Needs Debian's postgresql package (its programs, no running cluster) and the driver psycopg; where
one of them is missing there is no server, and what needs it is skipped. By default the tests named
in SHORT run over it, where the two databases could differ: transactions, numbering, "insert unless
it is there", sums, sorting and upgrades. All of them run with SCENIC_GATE_POSTGRESQL=1.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST_S = 300
_WHOLE = "SCENIC_GATE_POSTGRESQL"
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")
"""Nothing is lost with this server but tests: it need not wait for the disk."""

SHORT = frozenset(
    {
        "test_a_centre_whose_data_is_in_postgresql",
        "test_a_transaction_that_fails_is_undone_and_the_next_one_works",
        "test_what_is_read_inside_of_a_transaction_is_what_was_committed_before",
        "test_threads_do_not_share_a_transaction",
        "test_a_copy_at_two_gates_is_decided_once",
        "test_a_promise_becomes_a_passage_without_a_gap_between",
        "test_a_repeated_batch_changes_nothing",
        "test_overlap_across_calls_and_within_one",
        "test_a_fork_takes_back_an_acknowledgement_of_the_same_call",
        "test_a_late_report_of_an_earlier_entry_moves_the_first_entry",
        "test_the_park",
        "test_found_when_the_records_come",
        "test_resolved_stays_so_until_it_grows",
        "test_what_is_news",
        "test_a_gate_goes_on_from_its_number",
        "test_what_is_old_is_forgotten",
        "test_the_gate_that_is_furthest_counts",
        "test_a_cold_boot_in_1970_is_put_right_by_the_first_trusted_record",
        "test_postgresql_is_upgraded_once_a_backup_is_said_to_be_done",
        "test_a_noted_hash_finds_an_audit_that_was_written_anew",
        "test_two_processes_tell_and_send_everything_once",
        "test_a_database_that_is_away_is_said_and_everything_goes_on_when_it_is_back",
        "test_passages_arrive_signed_and_a_foreign_library_believes_them",
        "test_incidents_open_once_and_close",
        "test_attempts_at_one_moment_are_all_counted",
        "test_of_two_who_send_a_code_at_one_moment_one_gets_in",
        "test_what_strangers_chose_does_not_fill_the_database",
        "test_an_account_is_slowed_down_from_any_number_of_addresses",
        "test_a_user_has_room_for_so_many_sessions_and_the_oldest_ends",
        "test_a_head_that_was_kept_elsewhere_finds_a_record_that_was_written_anew",
        "test_one_ends_ones_own_sessions_and_no_others",
        "test_schemathesis_finds_no_fault",
        "test_a_sale_under_a_key_is_made_once",
        "test_a_client_made_of_the_document_does_a_days_work",
        "test_a_step_that_fails_leaves_the_old_database_and_no_copy",
        "test_a_gate_has_room_for_so_many_boots_and_keeps_those_that_time_a_record",
        "test_whatever_gates_say_with_their_own_keys_the_others_are_answered_and_the_books_agree",
    }
)


def is_wanted(name: str) -> bool:
    """Return whether a test over PostgreSQL runs in this session."""
    return _WHOLE in os.environ or name in SHORT


def programs() -> Path | None:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def missing() -> str:
    """Return why there can be no server; empty if there can."""
    if importlib.util.find_spec("psycopg") is None:
        return "the driver psycopg is not installed"
    if programs() is None:
        return "no PostgreSQL server is installed: apt-get install postgresql"
    return ""


def _owner() -> str | None:
    """Return whom a server belongs to that root starts: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Server:
    """`url()` makes an empty database. `folder`: where its socket is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = _owner() or pwd.getpwuid(os.geteuid()).pw_name
        self._number = 0

    def url(self) -> str:
        """Return the address of a new, empty database."""
        self._number += 1
        name = f"park{self._number}"
        _run("createdb", "-h", str(self._folder), name)
        return f"postgresql+psycopg://{self._user}@/{name}?host={self._folder}"


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server that is reached by a socket in its own folder, and by no port."""
    folder = Path(tempfile.mkdtemp(prefix="scenic-gate-pg-"))
    owner = _owner()
    if owner is not None:
        shutil.chown(folder, owner)
    data = str(folder / "data")
    try:
        _run("initdb", "-D", data, "-A", "trust", "--no-sync")
        settings = " ".join(f"-c {setting}" for setting in ("listen_addresses=", *_QUICK))
        options = f"-k {folder} {settings}"
        log = str(folder / "log")
        wait_s = str(_LONGEST_S)
        _run("pg_ctl", "-D", data, "-o", options, "-l", log, "-t", wait_s, "-w", "start")
        try:
            yield Server(folder)
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-t", wait_s, "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    folder = programs()
    assert folder is not None
    done = subprocess.run(
        [str(folder / program), *arguments],
        check=False,
        user=_owner(),
        cwd="/",
        timeout=_LONGEST_S,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert done.returncode == 0, f"{program}: {done.stderr}"

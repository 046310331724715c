"""The wire log keeps 24 bytes a step, tells the living from the dead, and survives damage."""

from pathlib import Path

import pytest

from drumbeat.engine.sending.wire_log import Sign, WireLog, boot_id, log_of
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.delivery import (
    Accepted,
    Deferred,
    Outcome,
    Place,
    Refused,
    Traces,
    Unknown,
)
from tests.full_disk import no_file_longer_than

BOOT = "11111111-2222-4333-8444-555555555555"
HERE, THERE = Place(1, 2, 3), Place(4_000_000_000, 65_535, 4_000_000_000)


def written(path: Path) -> WireLog:
    log = WireLog(path, BOOT)
    log.clear()
    return log


def test_each_step_costs_24_bytes_and_is_read_back(tmp_path: Path) -> None:
    log = written(tmp_path / "one.wire")
    start = log.size
    log.begin(HERE, 7)
    assert log.size - start == 24
    log.reply(HERE, 7, Accepted("queued"))
    log.begin(THERE, 8)
    assert log.read() == Traces(BOOT, frozenset({(HERE, 7), (THERE, 8)}), {(HERE, 7): Accepted("")})
    log.close()


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Deferred("450 later", "recipient"), Deferred),
        (Deferred("reset", "transport"), Deferred),
        (Deferred("421 slow down", "provider"), Deferred),
        (Refused("550 no", True, 550), Refused),
        (Refused("452 full", False, 452), Refused),
        (Unknown("hung up"), Unknown),
    ],
)
def test_every_outcome_keeps_its_meaning(tmp_path: Path, outcome: Outcome, kind: type) -> None:
    log = written(tmp_path / "one.wire")
    log.reply(HERE, 1, outcome)
    traces = log.read()
    assert traces is not None
    again = traces.replies[HERE, 1]
    assert isinstance(again, kind)
    if isinstance(outcome, Refused) and isinstance(again, Refused):
        assert (again.permanent, again.code) == (outcome.permanent, outcome.code)
    if isinstance(outcome, Deferred) and isinstance(again, Deferred):
        assert (again.scope == "recipient") == (outcome.scope == "recipient")
    log.close()


def test_a_log_in_use_says_living_and_a_left_one_tells_its_traces(tmp_path: Path) -> None:
    path = tmp_path / "one.wire"
    log = written(path)
    log.begin(HERE, 7)
    with log_of(path) as sign:
        assert sign is Sign.LIVING
    with pytest.raises(Conflict, match="one is running already"):
        WireLog(path, BOOT)
    log.close()
    with log_of(path) as sign:
        assert sign == Traces(BOOT, frozenset({(HERE, 7)}), {})


def test_a_missing_or_foreign_file_is_lost(tmp_path: Path) -> None:
    with log_of(tmp_path / "none.wire") as sign:
        assert sign is Sign.LOST
    (tmp_path / "foreign.wire").write_bytes(b"not a wire log, but long enough for a header")
    with log_of(tmp_path / "foreign.wire") as sign:
        assert sign is Sign.LOST


def test_torn_and_damaged_records_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "one.wire"
    log = written(path)
    log.begin(HERE, 7)
    log.begin(THERE, 8)
    log.close()
    content = bytearray(path.read_bytes()[: log.size])
    content[30] ^= 1
    path.write_bytes(content + b"half a record")
    with log_of(path) as sign:
        assert sign == Traces(BOOT, frozenset({(THERE, 8)}), {})


def begin_many(log: WireLog, count: int) -> None:
    for number in range(count):
        log.begin(HERE, number)


def test_a_full_disk_is_told_before_a_record_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "one.wire"
    log = written(path)
    full = path.stat().st_size
    with no_file_longer_than(full + 10), pytest.raises(OSError, match="disk full"):
        begin_many(log, full)
    assert 0 <= full - log.size < 24
    kept = log.size // 24 - 1
    log.begin(THERE, 8)
    log.reply(THERE, 8, Accepted(""))
    traces = log.read()
    assert traces is not None
    assert traces.begun == {(THERE, 8), *((HERE, number) for number in range(kept))}
    assert traces.replies == {(THERE, 8): Accepted("")}
    log.close()


def test_a_last_record_that_ends_in_a_zero_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "one.wire"
    log = written(path)
    count, last = 0, 1
    while last:
        count += 1
        log.begin(Place(1, count % 97, count), count)
        with path.open("rb") as file:
            file.seek(log.size - 1)
            last = file.read(1)[0]
    traces = log.read()
    assert traces is not None
    assert len(traces.begun) == count
    log.close()


def test_forgetting_removes_the_file(tmp_path: Path) -> None:
    log = written(tmp_path / "one.wire")
    log.close(forget=True)
    assert list(tmp_path.iterdir()) == []


def test_the_boot_id_is_the_same_until_the_next_boot() -> None:
    if not Path("/proc/sys/kernel/random/boot_id").exists():
        pytest.skip("this system tells no boot id")
    assert boot_id() == boot_id()

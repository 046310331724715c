"""Logs: a file a process and day, kept for thirty days, and nobody's address in any of them."""

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import pytest
import structlog

from drumbeat.bootstrap.logs import KEPT_DAYS, OwnFile, start_logging


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    start_logging(tmp_path, "engine")
    yield tmp_path
    file_of(root).close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def file_of(root: logging.Logger) -> TimedRotatingFileHandler:
    (file,) = (each for each in root.handlers if isinstance(each, TimedRotatingFileHandler))
    return file


def lines(home: Path) -> list[dict[str, object]]:
    text = (home / "logs" / "engine.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_is_one_json_object_with_its_time_and_level(home: Path) -> None:
    structlog.get_logger().warning("lease.lost", job="fold", seconds=2.5, held=True, by=None)
    (line,) = lines(home)
    assert line.pop("timestamp", "").__class__ is str
    assert line == {
        "event": "lease.lost", "level": "warning", "job": "fold", "seconds": 2.5, "held": True,
        "by": None,
    }  # fmt: skip


def test_the_standard_library_writes_into_the_same_file(home: Path) -> None:
    logging.getLogger("uvicorn.error").warning("no route to %s", "ada@example.com")
    (line,) = lines(home)
    assert (line["event"], line["level"]) == ("no route to [address]", "warning")


class Refused(Exception):
    pass


def test_no_address_reaches_the_file_however_it_is_logged(home: Path) -> None:
    address = "ada.lovelace+news@mail.example.com"
    log = structlog.get_logger()
    log.info(
        "mail to ada.lovelace+news@mail.example.com", to=address, many=[address, {"a": address}]
    )
    log.info("keyed", by={address: 1}, pair=(address, 2), group={address})
    log.error("raised", error=Refused(f"no mailbox <{address}>"), raw=address.encode())
    log.info("GET /preview?contact=ada.lovelace%40example.com&variant=0")
    try:
        raise Refused(f"550 {address}: unknown\n'{address}'")
    except Refused:
        log.exception("carrier.failed")
        logging.getLogger("asyncio").exception("Task failed for %s", address)
    text = (home / "logs" / "engine.log").read_text(encoding="utf-8")
    assert len(lines(home)) == 6
    assert "lovelace" not in text
    assert "example.com" not in text
    assert text.count("[address]") >= 12


def test_only_its_owner_can_look_into_the_folder(home: Path) -> None:
    assert (home / "logs").stat().st_mode & 0o777 == 0o700


def test_a_new_day_is_a_new_file_and_thirty_are_kept(home: Path) -> None:
    file = file_of(logging.getLogger())
    assert (file.when, file.utc, file.interval) == ("MIDNIGHT", True, 86_400)
    start = date(2026, 1, 1)
    for day in range(40):
        (home / "logs" / f"engine.log.{start + timedelta(days=day)}").touch()
    logging.getLogger("test").warning("the last line of a day")
    file.doRollover()
    logging.getLogger("test").warning("the first line of the next")
    assert [line["event"] for line in lines(home)] == ["the first line of the next"]
    kept = sorted(path.name for path in (home / "logs").glob("engine.log.*"))
    assert len(kept) == KEPT_DAYS
    assert f"engine.log.{start}" not in kept


def test_two_workers_of_a_folder_have_a_file_each_and_the_next_one_takes_a_free_name(
    tmp_path: Path,
) -> None:
    first, second = OwnFile(tmp_path, "engine"), OwnFile(tmp_path, "engine")
    assert Path(second.baseFilename).name == "engine-2.log"
    first.close()
    third = OwnFile(tmp_path, "engine")
    assert Path(third.baseFilename).name == "engine.log"
    second.close()
    third.close()

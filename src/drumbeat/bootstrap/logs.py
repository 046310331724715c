"""Where log lines go: JSON, one file a process and day, kept 30 days, without personal data."""

import fcntl
import logging
import os
import re
from collections.abc import Mapping, MutableMapping
from itertools import count
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import structlog

KEPT_DAYS = 30
_ADDRESS = re.compile(r"[^\s<>\"'=,;:]+(?:@|%40)[^\s<>\"'=,;:]+")  # %40 as a URL writes it


class OwnFile(TimedRotatingFileHandler):
    """PROCESS.log, or PROCESS-2.log and so on while others hold it: two cannot turn one over."""

    def __init__(self, folder: Path, process: str) -> None:
        name, self._lock = _own_name(folder, process)
        super().__init__(
            folder / f"{name}.log",
            when="midnight",
            backupCount=KEPT_DAYS,
            encoding="utf-8",
            utc=True,
        )

    def close(self) -> None:
        super().close()
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1


def _own_name(folder: Path, process: str) -> tuple[str, int]:
    """The first name that no living process has, and the lock that holds it."""
    for number in count(1):
        name = process if number == 1 else f"{process}-{number}"
        lock = os.open(folder / f".{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return name, lock
    raise AssertionError("unreachable")


def start_logging(home: Path, process: str) -> None:
    """Send structlog and the standard library's warnings to HOME/logs/PROCESS.log."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = OwnFile(folder, process)
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_addresses,
    ]
    file.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)
    root = logging.getLogger()
    root.handlers = [file]
    root.setLevel(logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def without_addresses(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Nothing that looks like an email address reaches a file, whoever wrote it into a message."""
    return {key: _cleaned(value) for key, value in event.items()}


def _cleaned(value: object) -> object:
    """Whatever is logged, as JSON will show it; an object is what it says of itself."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_cleaned(str(key)): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(each) for each in value]
    return _ADDRESS.sub("[address]", value if isinstance(value, str) else repr(value))

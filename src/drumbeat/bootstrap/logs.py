"""Where log lines go: JSON, one file a process and day, kept 30 days, without personal data."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import structlog

KEPT_DAYS = 30
_ADDRESS = re.compile(r"[^\s<>\"'=,;:]+(?:@|%40)[^\s<>\"'=,;:]+")  # %40 as a URL writes it


def start_logging(home: Path, process: str) -> None:
    """Send structlog and the standard library's warnings to HOME/logs/PROCESS.log."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = TimedRotatingFileHandler(
        folder / f"{process}.log",
        when="midnight",
        backupCount=KEPT_DAYS,
        encoding="utf-8",
        utc=True,
    )
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

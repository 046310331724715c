"""Measured facts as Prometheus reads them: the text format, version 0.0.4."""

import os
import resource
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """One metric: its name, what it says, and its values by label."""

    name: str
    help: str
    samples: Iterable[tuple[Labels, float]]
    kind: Literal["gauge", "counter"] = "gauge"


def one(name: str, help: str, value: float, kind: Literal["gauge", "counter"] = "gauge") -> Family:
    """A metric without labels."""
    return Family(name, help, (({}, value),), kind)


def exposed(families: Iterable[Family]) -> str:
    """The text; a family without samples still tells that it exists."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def process_families() -> Iterator[Family]:
    """This process, under the names that Prometheus' own clients use."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    yield one("process_cpu_seconds_total", "CPU time of the front.", seconds, "counter")
    pages = Path("/proc/self/statm")
    if pages.exists():
        resident = int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        yield one("process_resident_memory_bytes", "Memory of the front.", resident)
        opened = len(os.listdir("/proc/self/fd"))
        yield one("process_open_fds", "File descriptors of the front.", opened)


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        told = ",".join(f'{name}="{_escaped(text, quote=True)}"' for name, text in labels.items())
        yield f"{family.name}{{{told}}} {value!r}" if told else f"{family.name} {value!r}"


def _escaped(text: str, *, quote: bool = False) -> str:
    plain = text.replace("\\", "\\\\").replace("\n", "\\n")
    return plain.replace('"', '\\"') if quote else plain

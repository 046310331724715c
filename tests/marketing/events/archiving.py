"""The engine's part of folding and archiving, small enough for tests: one call each."""

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import SYSTEM_FACTS


def fold_all(house: Drumbeat, limit: int = 2_000) -> int:
    folded = 0
    while True:
        with house.begin(SYSTEM_FACTS) as department:
            batch = department.events.fold(limit)
        if batch is None:
            return folded
        folded += len(batch.facts)


def archive(house: Drumbeat, limit: int = 200) -> int:
    """Answers how many batches became files."""
    with house.look(SYSTEM_FACTS) as department:
        events = department.events
        batches = events.read_batches(limit)
    files = events.seal(batches)
    with house.begin(SYSTEM_FACTS) as department:
        department.events.adopt(files, batches)
    return len(batches)


def compact(house: Drumbeat) -> int:
    """Answers how many small files were made into one."""
    with house.look(SYSTEM_FACTS) as department:
        events = department.events
        small = events.small_files()
    if small:
        file = events.compact(small)
        with house.begin(SYSTEM_FACTS) as department:
            department.events.replace(file, small)
    return len(small)


def count_facts(house: Drumbeat) -> tuple[int, int]:
    """How many facts there are, and the sum of their values."""
    with house.look(SYSTEM_FACTS) as department, department.facts.open() as duck:
        [(n, value)] = duck.execute("SELECT count(*), sum(value_minor) FROM facts").fetchall()
    return int(n), int(value or 0)

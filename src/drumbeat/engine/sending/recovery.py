"""What to make of rows that a dead engine held: the wire log is the witness."""

from pathlib import Path

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.heartbeat import beats_elsewhere
from drumbeat.engine.sending.wire_log import Sign, WireLog, log_of
from drumbeat.kit.actor import SYSTEM_SENDING
from drumbeat.marketing.delivery import EngineName, Traces


def log_path(folder: Path, engine: str) -> Path:
    return folder / f"{engine}.wire"


def recover_all(drumbeat: Drumbeat, folder: Path, engine: EngineName, log: WireLog) -> int:
    """Decide about the claims of this engine's earlier life and of every dead one.

    Answers how many rows there were. A living engine's claims are its own.
    """
    with drumbeat.look(SYSTEM_SENDING) as department:
        claimants = department.sending.list_claimants()
    recovered = 0
    for name in claimants:
        held_by = EngineName(name, engine.boot, engine.carrier)
        if name == engine.name:
            recovered += _recover(drumbeat, held_by, log.read())
            continue
        with log_of(log_path(folder, name)) as sign:
            if sign is Sign.LIVING or (sign is Sign.LOST and beats_elsewhere(drumbeat, name)):
                continue
            traces = sign if isinstance(sign, Traces) else None
            recovered += _recover(drumbeat, held_by, traces)
    log.clear()
    return recovered


def sweep(drumbeat: Drumbeat, folder: Path, engine: str) -> None:
    """Remove the logs of dead engines that hold no claim."""
    with drumbeat.look(SYSTEM_SENDING) as department:
        needed = {log_path(folder, name) for name in department.sending.list_claimants()}
    for path in folder.glob("*.wire"):
        if path == log_path(folder, engine) or path in needed:
            continue
        with log_of(path) as sign:
            if sign is not Sign.LIVING:
                path.unlink(missing_ok=True)


def _recover(drumbeat: Drumbeat, engine: EngineName, traces: Traces | None) -> int:
    with drumbeat.begin(SYSTEM_SENDING) as department:
        return department.sending.recover(engine, traces)

"""Exports of shops and mail services between upload and the end of their import.

As `import_desk` for lists: kept in this process and nowhere else, first a dry run, then in earnest.
An import that dies with its process is simply made again, since repeating it adds nothing twice.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.waiting_files import WaitingFiles, share_read
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.marketing.audience import ImportProgress
from drumbeat.marketing.campaigns.connecting import ConnectOptions, ConnectReport, connect_export

MOST_WAITING = 4
log = logging.getLogger(__name__)


@dataclass
class Export:
    """`state` is checking, checked, importing, done or failed; `share` is 0 to 1 of its people."""

    key: str
    person_no: int | None
    name: str
    file: BinaryIO
    kind: str
    consent: str
    state: str = "checking"
    share: float = 0.0
    report: ConnectReport | None = None
    problem: str = ""

    @property
    def busy(self) -> bool:
        return self.state in ("checking", "importing")


def _beside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="connect", daemon=True).start()


@dataclass
class ConnectDesk:
    """Thread-safe: requests and the imports themselves run side by side."""

    run: Callable[[Callable[[], None]], None] = _beside
    _files: WaitingFiles[Export] = field(default_factory=partial(WaitingFiles, MOST_WAITING))

    def take(self, actor: Actor, name: str, file: BinaryIO, kind: str, consent: str) -> Export:
        """Keep a file. Raises Conflict while too many are at work."""
        return self._files.put(
            Export(secrets.token_hex(8), actor.person_no, name, file, kind, consent)
        )

    def get(self, actor: Actor, key: str) -> Export:
        """Raises NotFound for a key that was never given out, or to somebody else."""
        return self._files.get(actor, key)

    def check(self, drumbeat: Drumbeat, actor: Actor, export: Export) -> None:
        """A dry run of what was just taken."""
        self.run(partial(_work, drumbeat, actor, export, dry_run=True))

    def start(self, drumbeat: Drumbeat, actor: Actor, export: Export) -> None:
        """Import what was checked. Raises Conflict if it is worked on, or was."""
        with self._files.lock:
            if export.state != "checked":
                raise Conflict("This file is being imported already, or was.")
            export.state, export.share = "importing", 0.0
        self.run(partial(_work, drumbeat, actor, export, dry_run=False))


def _work(drumbeat: Drumbeat, actor: Actor, export: Export, *, dry_run: bool) -> None:
    state = "checked" if dry_run else "done"
    try:
        export.file.seek(0)
        options = ConnectOptions(export.kind, export.consent, dry_run, export.name)
        look, begin = partial(drumbeat.look, actor), partial(drumbeat.begin, actor)
        export.report = connect_export(look, begin, export.file, options, _telling(export))
    except DrumbeatError as error:
        state, export.problem = "failed", str(error)
    except Exception:  # the edge: a bug must not look like a finished import
        log.exception("connect.failed")
        state, export.problem = "failed", "The import failed inside Drumbeat. Its log says why."
    if state != "checked":
        export.file.close()
    export.state = state


def _telling(export: Export) -> Callable[[ImportProgress], None]:
    def tell(at: ImportProgress) -> None:
        export.share = share_read(at)

    return tell

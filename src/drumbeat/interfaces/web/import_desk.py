"""Files of contacts between upload and the end of their import, and how far each has come.

Kept in this process and nowhere else: an upload waits in an unlinked temporary file, as at REST,
and an import that dies with its process is simply started again, since repeating it adds nobody.
"""

import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.waiting_files import WaitingFiles, share_read
from drumbeat.kit.actor import Actor
from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.marketing.audience import (
    ImportOptions,
    ImportProgress,
    ImportReport,
    MergePolicy,
    Unmapped,
    import_contacts,
)

MOST_WAITING = 8
_STILL_NONE = "No column is the email yet: choose it for the one that holds the addresses."
log = logging.getLogger(__name__)


@dataclass
class Upload:
    """`state` is checking, unmapped, checked, importing, done or failed; `share` is 0 to 1 of the
    file. It is unmapped while nobody has said which column holds the addresses."""

    key: str
    person_no: int | None
    name: str
    file: BinaryIO
    consent: str
    policy: MergePolicy = MergePolicy.overwrite
    state: str = "checking"
    share: float = 0.0
    rows: int = 0
    report: ImportReport | None = None
    problem: str = ""
    rejected: bytes = b""
    mapping: Mapping[str, str] = field(default_factory=dict)
    unmapped: Unmapped | None = None
    interrupted_at: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def pace(self) -> int:
        """Rows a second so far."""
        return int(self.rows / max(time.monotonic() - self.began, 0.001))

    @property
    def seconds_left(self) -> int | None:
        """At the pace so far; None while too little is done to say."""
        if self.share < 0.02:
            return None
        return round((time.monotonic() - self.began) * (1 - self.share) / self.share)

    @property
    def meanings(self) -> tuple[tuple[str, str], ...]:
        """What each column is taken for, or could be."""
        source = self.report or self.unmapped
        return () if source is None else source.meanings

    @property
    def samples(self) -> tuple[tuple[str, ...], ...]:
        source = self.report or self.unmapped
        return () if source is None else source.samples

    @property
    def busy(self) -> bool:
        return self.state in ("checking", "importing")


@dataclass
class ImportDesk:
    """Thread-safe: requests and the imports themselves run side by side."""

    _files: WaitingFiles[Upload] = field(default_factory=partial(WaitingFiles, MOST_WAITING))

    def take(
        self, actor: Actor, name: str, file: BinaryIO, consent: str, policy: MergePolicy
    ) -> Upload:
        """Keep a file. Raises Conflict while too many are at work."""
        return self._files.put(
            Upload(secrets.token_hex(8), actor.person_no, name, file, consent, policy)
        )

    def get(self, actor: Actor, key: str) -> Upload:
        """Raises NotFound for a key that was never given out, or to somebody else."""
        return self._files.get(actor, key)

    def check(
        self, drumbeat: Drumbeat, actor: Actor, upload: Upload, mapping: Mapping[str, str]
    ) -> None:
        """A dry run with columns of these meanings; one that makes no sense leaves the last."""
        self._start(drumbeat, actor, upload, mapping)

    def start(self, drumbeat: Drumbeat, actor: Actor, upload: Upload) -> None:
        """Import what was checked. Raises Conflict if it is worked on, or was."""
        self._start(drumbeat, actor, upload, None)

    def _start(
        self, drumbeat: Drumbeat, actor: Actor, upload: Upload, mapping: Mapping[str, str] | None
    ) -> None:
        """Work through the file beside the requests; without a mapping in earnest."""
        with self._files.lock:
            begun = bool(upload.meanings) or mapping is None
            ready = ("checked",) if mapping is None else ("checked", "unmapped")
            if begun and upload.state not in ready:
                raise Conflict("This file is being imported already, or was.")
            upload.state = "importing" if mapping is None else "checking"
            upload.share, upload.problem = 0.0, ""
            upload.rows, upload.began = 0, time.monotonic()
        work = threading.Thread(
            target=_work, args=(drumbeat, actor, upload, mapping), name="import", daemon=True
        )
        work.start()


def _work(
    drumbeat: Drumbeat, actor: Actor, upload: Upload, mapping: Mapping[str, str] | None
) -> None:
    former = upload.mapping
    dry_run = mapping is not None
    try:
        upload.mapping = former if mapping is None else mapping
        _import(drumbeat, actor, upload, dry_run)
        state = "checked" if dry_run else "done"
    except Unmapped as error:
        upload.unmapped, upload.mapping = error, former
        upload.problem = str(error) if upload.report is not None else _STILL_NONE if mapping else ""
        state = "checked" if upload.report is not None else "unmapped"
    except DrumbeatError as error:
        upload.problem, upload.mapping = str(error), former
        known = "unmapped" if upload.report is None else "checked"
        state = known if dry_run and upload.meanings else "failed"
    except Exception:  # the edge: a bug must not look like a finished import
        log.exception("import.failed")
        upload.problem, state = "The import failed inside Drumbeat.", "failed"
    if state not in ("checked", "unmapped"):
        upload.file.close()
    upload.state = state


def _import(drumbeat: Drumbeat, actor: Actor, upload: Upload, dry_run: bool) -> None:
    upload.file.seek(0)
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
        rejected = Path(folder) / "rejected.csv"
        options = ImportOptions(
            consent=upload.consent,
            dry_run=dry_run,
            policy=upload.policy,
            rejected_file=rejected,
            source_name=upload.name,
            mapping=upload.mapping,
        )
        units = partial(drumbeat.begin, actor)
        report = import_contacts(units, upload.file, options, _telling(upload))
        if report.rejected_file is not None and report.rejected_file.exists():
            upload.rejected = report.rejected_file.read_bytes()
        upload.report = report


def _telling(upload: Upload) -> Callable[[ImportProgress], None]:
    def tell(at: ImportProgress) -> None:
        upload.rows, upload.interrupted_at = at.rows, at.interrupted_at
        upload.share = share_read(at)

    return tell

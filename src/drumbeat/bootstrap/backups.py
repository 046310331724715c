"""Backup and restore of a whole data folder: what belongs to it, and what a restored one may do.

A backup is a copy of the database in one moment, as an encrypted SQLite file whichever database it
came from, with the sealed files that the copy names and the sandbox's mail. Not in it: the key, the
settings (they may hold passwords in the clear), logs, and what an engine wrote down for itself.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from drumbeat.bootstrap.databases import (
    DATABASE_FILE,
    is_postgresql,
    open_alone,
    open_existing,
)
from drumbeat.bootstrap.settings import Settings
from drumbeat.kit.clock import Clock, parse_instant, utc_now
from drumbeat.kit.errors import Conflict
from drumbeat.marketing.campaigns import Campaign
from drumbeat.storage import sqlite
from drumbeat.storage.archive import (
    Contents,
    measure,
    names_below,
    pack,
    read_contents,
    unpack,
)
from drumbeat.storage.folder_lock import LOCK_FILE, FolderLock, alone, remove_abandoned, share
from drumbeat.storage.migrations import NEWEST, revision_of
from drumbeat.storage.moving import Told, copy_all, untold
from drumbeat.storage.secrets import KeyRing, load_key

SANDBOX_FILE = "sandbox.db"
SETTINGS_FILES = (".env", "drumbeat.toml")
TRIES = 3
"""A fact file may be replaced and swept between the moment of the copy and its link: once more."""


@dataclass(frozen=True)
class Restored:
    """`held` may still be sent, once a person says so; `aside` is where the old folder lies.

    `ended` is how many sessions, sign-in links and invitations were valid in the backup.
    """

    contents: Contents
    held: list[Campaign]
    ended: int
    aside: Path | None


def back_up(
    settings: Settings, target: Path, *, told: Told = untold, clock: Clock = utc_now
) -> Contents:
    """Write the folder, as it stands in one moment, to the archive `target`; work goes on.

    It is read back and checked before it gets its name. Raises Conflict, leaving nothing behind.
    """
    target = target.resolve()
    _check_target(settings, target)
    database, keys = open_existing(settings)
    database.close()
    _refuse_foreign(target, keys)
    for _ in range(TRIES):
        with _staging(settings.home) as stage:
            made_at = clock()
            _copy_database(settings, keys, stage, told)
            if not _link_files(settings.home, stage, keys):
                continue
            _copy_sandbox(settings.home, keys, stage, told)
            names = [*names_below(stage, "facts", "files")]
            names += [name for name in (DATABASE_FILE, SANDBOX_FILE) if (stage / name).exists()]
            contents = Contents(
                made_at=made_at.isoformat(),
                version=version("drumbeat"),
                schema=NEWEST,
                database="postgresql" if is_postgresql(settings) else "sqlite",
                members=tuple(measure(stage, name) for name in names),
            )
            pack(target, contents, stage, keys, told)
            return contents
    raise Conflict("A fact file that the database names is missing: see `drumbeat db check`.")


def restore(
    settings: Settings, source: Path, *, replace_folder: bool = False, told: Told = untold
) -> Restored:
    """Make the data folder, or with `replace_folder` another one in its place, from an archive.

    The old one is moved aside, never removed. Everything is checked beside the folder first, so a
    failure leaves it as it was. Raises Conflict; nobody may be working on the folder.
    """
    home = settings.home.resolve()
    keys = load_key(settings.key_file)
    contents = read_contents(source, keys)
    standing = _standing(home)
    if standing and not replace_folder:
        raise Conflict(
            f"{home} is not empty (it has {standing[0]}): with --replace it is moved aside first."
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    with alone(home, "restore"), _making(home.parent, f"{home.name}.restoring-") as making:
        fresh = making.folder
        unpack(source, keys, fresh, told)
        for name in SETTINGS_FILES:
            if (home / name).is_file():
                shutil.copy2(home / name, fresh / name)
        taken_at = parse_instant(contents.made_at, field="made_at")
        held, ended = _revive(replace(settings, home=fresh, database_url=None), taken_at)
        making.keep_others_out()
        with _swapped(home, fresh, keep=bool(standing)) as aside:
            # Only once the folder has its name: a renaming may fail, and rows would be left there.
            _fill_server(settings, keys, told)
    return Restored(contents, held, ended, aside)


# taking it ----------------------------------------------------------------------------------


def _check_target(settings: Settings, target: Path) -> None:
    if target.is_relative_to(settings.home.resolve()):
        raise Conflict(f"{target} lies in the data folder: what loses the one loses the other.")
    if not target.parent.is_dir():
        raise Conflict(f"There is no folder {target.parent} to put a backup in.")
    if target.is_dir():
        raise Conflict(f"{target} is a folder; a backup is one file.")


def _refuse_foreign(target: Path, keys: KeyRing) -> None:
    """What is overwritten is an older backup under this key, and nothing else."""
    if target.exists():
        try:
            read_contents(target, keys)
        except Conflict as error:
            raise Conflict(f"{error} It is not overwritten.") from None


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder beside the facts, so that they are linked and not copied."""
    with _making(home, ".backup-") as making:
        yield making.folder


@contextmanager
def _making(parent: Path, prefix: str) -> Iterator[FolderLock]:
    """A new folder until it is renamed or no longer needed; those of killed makers are removed."""
    remove_abandoned(parent, f"{prefix}*")
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        with closing(share(folder)) as making:
            yield making
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_database(settings: Settings, keys: KeyRing, stage: Path, told: Told) -> None:
    copy, key = stage / DATABASE_FILE, keys.derive("database")
    if is_postgresql(settings):
        source, _ = open_existing(settings)
        with closing(source):
            _check_schema(revision_of(source))
            target, _ = open_alone(replace(settings, home=stage, database_url=None))
            with closing(target):
                copy_all(source, target, keys, told)
    else:
        file = settings.home / DATABASE_FILE
        sqlite.copy_file(file, key, copy, lambda done, all_: told("database", done, all_))
        made, _ = open_existing(replace(settings, home=stage))
        with closing(made):
            _check_schema(revision_of(made))
    faults = sqlite.faults_of(copy, key)
    if faults:
        raise Conflict(f"The copy of the database is damaged ({faults[0]}): nothing was kept.")


def _check_schema(found: str | None) -> None:
    if found != NEWEST:
        raise Conflict(f"The database has the schema {found}: run `drumbeat db upgrade` first.")


def _link_files(home: Path, stage: Path, keys: KeyRing) -> bool:
    """Every fact file that the copy names, and every plan; False if one of them is gone."""
    from drumbeat.storage.sealed_parquet import SealedParquet
    from drumbeat.storage.warehouse import Warehouse

    database = sqlite.connect(stage / DATABASE_FILE, keys.derive("database"))
    sealed = SealedParquet(home / "facts", keys.derive("facts"))
    with closing(database), database.look() as connection:
        facts = [f"facts/{file.name}" for file in Warehouse(connection, sealed).list_files()]
    plans = [name for name in names_below(home, "files") if not name.endswith(".new")]
    try:
        for name in facts + plans:
            _link(home / name, stage / name)
    except FileNotFoundError:
        return False
    return True


def _link(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(file, to)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(file, to)


def _copy_sandbox(home: Path, keys: KeyRing, stage: Path, told: Told) -> None:
    """After the database: what it says was sent is there to read."""
    file = home / SANDBOX_FILE
    if file.is_file():
        key = keys.derive("sandbox")
        sqlite.copy_file(file, key, stage / SANDBOX_FILE, lambda n, all_: told("mail", n, all_))


# bringing it back ---------------------------------------------------------------------------


def _standing(home: Path) -> list[str]:
    """What is in the folder besides settings."""
    if not home.exists():
        return []
    if not home.is_dir():
        raise Conflict(f"{home} is no folder.")
    beside = (*SETTINGS_FILES, LOCK_FILE)
    return sorted(path.name for path in home.iterdir() if path.name not in beside)


def _revive(settings: Settings, taken_at: datetime) -> tuple[list[Campaign], int]:
    """The unpacked folder, with nothing left that could send or sign in by itself."""
    from drumbeat.bootstrap import open_drumbeat
    from drumbeat.kit.actor import SYSTEM_UPKEEP
    from drumbeat.marketing.campaigns.restoring import hold_restored

    drumbeat = open_drumbeat(settings)
    with closing(drumbeat):
        with drumbeat.begin(SYSTEM_UPKEEP) as department:
            department.leases.remove_all()
            ended = department.accounts.end_sign_ins()
        return hold_restored(drumbeat, taken_at), ended


@contextmanager
def _swapped(home: Path, fresh: Path, *, keep: bool) -> Iterator[Path | None]:
    """Give the new folder the old one's name, and take it back if what is done then fails.

    Answers where the old one lies aside; None if there was nothing in it to keep.
    """
    aside = _move_aside(home)
    try:
        fresh.rename(home)
        try:
            yield aside if keep else None
        except BaseException:
            home.rename(fresh)
            raise
    except BaseException:
        if aside is not None:
            aside.rename(home)
        raise
    if aside is not None and not keep:
        shutil.rmtree(aside)


def _move_aside(home: Path) -> Path | None:
    if not home.exists():
        return None
    aside = home.with_name(f"{home.name}.before-restore-{utc_now():%Y%m%d-%H%M%S}")
    try:
        home.rename(aside)
    except OSError as error:
        raise Conflict(
            f"{home} cannot be moved aside ({error.strerror}): if it is a mount point, let "
            "DRUMBEAT_HOME name a folder inside of it."
        ) from None
    return aside


def _fill_server(settings: Settings, keys: KeyRing, told: Told) -> None:
    """The tables, where the settings want them: all of them, or none and a Conflict."""
    if not is_postgresql(settings):
        return
    source, _ = open_alone(replace(settings, database_url=None))
    with closing(source):
        target, _ = open_alone(settings)
        with closing(target):
            copy_all(source, target, keys, told)
    (settings.home / DATABASE_FILE).unlink()

"""Many share a data folder; who moves or replaces it has it alone."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from drumbeat.bootstrap import Settings, open_folder
from drumbeat.bootstrap.backups import back_up, restore
from drumbeat.bootstrap.databases import move_to_postgresql
from drumbeat.kit.errors import Conflict
from drumbeat.storage.folder_lock import LOCK_FILE, alone, remove_abandoned, share

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "home", tmp_path / "key")
    open_folder(made.home, made.key_file).close()
    return made


def test_a_folder_that_a_command_has_open_is_neither_moved_nor_replaced(
    settings: Settings, tmp_path: Path
) -> None:
    back_up(settings, tmp_path / "house.backup")
    house = open_folder(settings.home, settings.key_file)
    with closing(house):
        with pytest.raises(Conflict, match="to move its tables"):
            move_to_postgresql(settings, NOWHERE)
        with pytest.raises(Conflict, match="to restore"):
            restore(settings, tmp_path / "house.backup", replace_folder=True)
        house.owner()
    assert restore(settings, tmp_path / "house.backup", replace_folder=True).aside is not None


def test_nobody_opens_a_folder_that_is_being_replaced(settings: Settings) -> None:
    with (
        alone(settings.home, "restore"),
        pytest.raises(Conflict, match="being moved or replaced"),
    ):
        open_folder(settings.home, settings.key_file)
    open_folder(settings.home, settings.key_file).close()


def test_many_share_it_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from drumbeat.storage.folder_lock import share;"
        " share(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        share(tmp_path).close()
        with pytest.raises(Conflict, match="or a program has"), alone(tmp_path, "restore"):
            pass
        other.kill()
    with alone(tmp_path, "restore") as lock:
        assert lock.handle is not None


def test_where_nothing_can_be_locked_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).mkdir()
    with closing(share(tmp_path)) as lock, alone(tmp_path, "restore"):
        assert lock.handle is None
    with alone(tmp_path / "missing", "restore"):
        assert not (tmp_path / "missing").exists()


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("made-dead", "made-living", "made-by-hand"):
        (tmp_path / name).mkdir()
    (tmp_path / "made-dead" / LOCK_FILE).touch()
    with closing(share(tmp_path / "made-living")):
        remove_abandoned(tmp_path, "made-*")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["made-by-hand", "made-living"]

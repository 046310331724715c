"""One door to the database: only `storage/database.py` begins and commits a transaction.

Everybody else asks for a unit of work, `drumbeat.begin(actor)`, which names whose hands write.
"""

import ast

from tests.architecture.tree import SOURCE, calls, name_of, python_files

DOOR = SOURCE / "storage" / "database.py"
ENGINES = {SOURCE / "storage" / "sqlite.py", SOURCE / "storage" / "postgresql.py"}

OPENS_THE_DOOR = {
    "src/drumbeat/bootstrap/__init__.py": "makes the unit of work that everybody else asks for",
    "src/drumbeat/marketing/campaigns/event_intake.py": "opens the units that its caller hands it",
    "src/drumbeat/storage/migrations/__init__.py": "runs before there is anybody to name",
    "src/drumbeat/storage/sealing.py": "binds a new database to its key, also before that",
    "src/drumbeat/storage/moving.py": "copies one database into another, as neither's user",
    "src/drumbeat/storage/mail_folder.py": "the sandbox's mail is a file of its own",
}
"""Who may call `Database.begin()`, with the reason."""

UNIT_OF_A_CALLER = ("caller", "visit")  # interfaces/api and web: the actor is inside them


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _receiver(call: ast.Call) -> str:
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def _nameless(call: ast.Call) -> bool:
    """`engine.begin()` or `database.begin()`: nobody is named, so it is no unit of work."""
    return (
        _method(call) == "begin"
        and not call.args
        and not call.keywords
        and _receiver(call) not in UNIT_OF_A_CALLER
    )


def test_only_the_database_begins_a_transaction() -> None:
    strangers = [
        f"{name_of(path)}:{call.lineno} {ast.unparse(call)}"
        for path in python_files(SOURCE)
        if path != DOOR and name_of(path) not in OPENS_THE_DOOR
        for call in calls(path)
        if _nameless(call)
    ]
    assert not strangers, "Ask for a unit of work: with drumbeat.begin(actor) as department."


def test_nobody_commits_by_hand() -> None:
    by_hand = [
        f"{name_of(path)}:{call.lineno} {ast.unparse(call)}"
        for path in python_files(SOURCE)
        for call in calls(path)
        if _method(call) in ("commit", "begin_nested", "begin_twophase")
    ]
    assert not by_hand, "A unit of work commits when its block ends."


def test_only_the_two_databases_make_engines() -> None:
    makers = [
        name_of(path)
        for path in python_files(SOURCE)
        if path not in ENGINES
        for call in calls(path)
        if ast.unparse(call.func).rpartition(".")[2] == "create_engine"
    ]
    assert not makers


def test_the_list_of_exceptions_is_not_stale() -> None:
    unused = {
        name
        for name in OPENS_THE_DOOR
        if not any(_nameless(call) for call in calls(SOURCE.parents[1] / name))
    }
    assert not unused

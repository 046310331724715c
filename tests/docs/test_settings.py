"""docs/settings.md names every setting, with the default that the code has."""

from dataclasses import MISSING, fields
from pathlib import Path

from drumbeat.bootstrap.settings import PREFIX, Settings, read_settings
from tests.architecture.tree import ROOT
from tests.docs.markdown import code, documents, table_rows

PAGE = ROOT / "docs" / "settings.md"
COMPUTED = {"home": "~/.drumbeat", "key_file": "~/.config/drumbeat/key"}


def _default(name: str, default: object) -> str:
    if name in COMPUTED:
        return f"`{COMPUTED[name]}`"
    return "none" if default is None else f"`{default}`"


def test_the_page_lists_every_setting_and_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in table_rows(PAGE)[1:]}
    assert told == {
        PREFIX + field.name.upper(): _default(field.name, field.default)
        for field in fields(Settings)
    }


def test_the_defaults_of_home_and_key_are_as_told() -> None:
    settings = read_settings({}, cwd=Path("/nowhere"))
    assert settings.home == Path(COMPUTED["home"]).expanduser()
    assert settings.key_file == Path(COMPUTED["key_file"]).expanduser()
    required = {field.name for field in fields(Settings) if field.default is MISSING}
    assert required == COMPUTED.keys()


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    known = {PREFIX + field.name.upper() for field in fields(Settings)}
    named = {
        word
        for document in documents()
        for word in code(document)
        if word.startswith(PREFIX) and word.replace("_", "").isalnum()
    }
    assert not named - known

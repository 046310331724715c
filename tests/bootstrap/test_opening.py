"""Opening a data folder: an empty one is made, one with data never gets a new key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.bootstrap.databases import move_to_postgresql
from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.campaigns import Brief, Kind
from drumbeat.marketing.campaigns.planning import sender_to_send_as
from tests.postgresql import Server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "keys" / "key")


@contextmanager
def opened(settings: Settings) -> Iterator[Drumbeat]:
    drumbeat = open_drumbeat(settings)
    try:
        yield drumbeat
    finally:
        drumbeat.close()


def test_an_empty_folder_is_initialised_and_opens_again(settings: Settings) -> None:
    with opened(settings) as drumbeat:
        owner = drumbeat.owner()
    assert settings.home.stat().st_mode & 0o777 == 0o700
    with opened(settings) as drumbeat:
        assert drumbeat.owner() == owner
        with drumbeat.look(owner) as department:
            assert department.audience.count_audience().contacts == 0


def test_a_folder_whose_key_is_missing_is_refused_and_gets_no_new_one(settings: Settings) -> None:
    with opened(settings):
        pass
    key = settings.key_file.read_bytes()
    settings.key_file.unlink()
    with pytest.raises(Conflict, match=str(settings.key_file)):
        open_drumbeat(settings)
    assert not settings.key_file.exists()
    settings.key_file.write_bytes(key)
    with opened(settings):
        pass


def test_a_folder_with_somebody_elses_key_is_refused(settings: Settings) -> None:
    with opened(settings):
        pass
    settings.key_file.write_text("00" * 32)
    with pytest.raises(Conflict, match="cannot be read with this key"):
        open_drumbeat(settings)


def test_links_lead_to_the_public_url_or_to_this_machine(settings: Settings) -> None:
    with opened(replace(settings, port=8123)) as drumbeat:
        assert drumbeat.office.public_url == "http://127.0.0.1:8123"
    with opened(replace(settings, public_url="https://news.example.com")) as drumbeat:
        assert drumbeat.office.public_url == "https://news.example.com"


def test_a_remote_server_gets_a_pace_that_no_provider_refuses(settings: Settings) -> None:
    for url, rate, pace in (
        (None, None, None),
        ("smtp://mail.example.com", None, 10.0),
        ("smtp://mail.example.com", 50.0, 50.0),
        ("smtp://127.0.0.1:2525", None, None),
        ("smtp://localhost", None, None),
        ("smtp://[::1]:25", None, None),
    ):
        with opened(replace(settings, smtp_url=url, rate_per_second=rate)) as drumbeat:
            assert drumbeat.pace == pace


def test_an_smtp_url_that_makes_no_sense_is_named(settings: Settings) -> None:
    for url in ("mail.example.com", "smtp://", "smtp://host:99999", "smtp://host?tls=yes"):
        with opened(replace(settings, smtp_url=url)) as drumbeat:
            with pytest.raises(InvalidInput, match="DRUMBEAT_SMTP_URL"):
                assert drumbeat.mail_server is not None
            with pytest.raises(InvalidInput, match="DRUMBEAT_SMTP_URL"):
                drumbeat.carrier.name.upper()


def test_no_second_house_is_founded_where_ones_database_was_moved_away(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "drumbeat.db.moved").touch()
    with pytest.raises(Conflict, match="was moved to PostgreSQL"):
        open_drumbeat(settings)
    assert [path.name for path in settings.home.iterdir()] == ["drumbeat.db.moved"]


def test_nor_where_its_facts_lie_which_nobody_would_name_any_more(settings: Settings) -> None:
    facts = settings.home / "facts" / "sent" / "202611" / "1.parquet"
    facts.parent.mkdir(parents=True)
    facts.write_bytes(b"sealed")
    with pytest.raises(Conflict, match="holds facts of a house"):
        open_drumbeat(settings)
    assert facts.exists()


@pytest.mark.slow
def test_nor_in_an_empty_server_before_the_tables_were_moved_there(
    settings: Settings, postgresql: Server
) -> None:
    with opened(settings):
        pass
    with postgresql.database(empty=True) as url:
        elsewhere = replace(settings, database_url=url)
        with pytest.raises(Conflict, match="drumbeat db move"):
            open_drumbeat(elsewhere)
        move_to_postgresql(settings, url)
        with opened(elsewhere):
            pass


@pytest.mark.parametrize(
    ("smtp_url", "public_url", "refused"),
    [
        ("smtp://mail.example.com", None, True),
        ("smtp://mail.example.com", "http://localhost:8000", True),
        ("smtp://mail.example.com", "https://news.shop.example", False),
        ("smtp://127.0.0.1:2525", None, False),
        (None, None, False),
    ],
)
def test_mail_does_not_go_out_with_links_that_nobody_can_follow(
    settings: Settings, smtp_url: str | None, public_url: str | None, refused: bool
) -> None:
    told = replace(
        settings,
        smtp_url=smtp_url,
        messenger="smtp" if smtp_url else "sandbox",
        public_url=public_url,
        sender_name="Garden shop",
        sender_email="news@shop.example",
        postal_address="5 Market Lane, Ghent",
    )
    brief = Brief(
        name="Letter", kind=Kind.NEWSLETTER, subject_line="Hello", content_html="<p>Hello</p>"
    )
    with opened(told) as drumbeat, drumbeat.look(drumbeat.owner()) as department:
        if not refused:
            assert sender_to_send_as(department, brief).email == "news@shop.example"
            return
        with pytest.raises(InvalidInput, match="only this machine can reach") as refusal:
            sender_to_send_as(department, brief)
    assert refusal.value.field == "DRUMBEAT_PUBLIC_URL"

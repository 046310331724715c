"""Settings: which source wins, and that a setting which makes no sense is named."""

from pathlib import Path

import pytest

from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.kit.clock import FileClock
from drumbeat.kit.errors import InvalidInput

NAME = "DRUMBEAT_SENDER_NAME"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    return tmp_path / "home"


def read(home: Path, **told: str) -> Settings:
    environment = {"DRUMBEAT_HOME": str(home), **{f"DRUMBEAT_{k}": v for k, v in told.items()}}
    return read_settings(environment, cwd=home.parent / "work")


def test_each_source_beats_the_ones_before_it(home: Path) -> None:
    assert read(home).sender_name == "Drumbeat Sandbox"
    (home / "drumbeat.toml").write_text('sender_name = "toml"')
    assert read(home).sender_name == "toml"
    (home.parent / "work" / ".env").write_text(f"{NAME}=working directory")
    assert read(home).sender_name == "working directory"
    (home / ".env").write_text(f"{NAME}=data folder")
    assert read(home).sender_name == "data folder"
    assert read(home, SENDER_NAME="environment").sender_name == "environment"


def test_every_source_may_say_something_else(home: Path) -> None:
    (home / "drumbeat.toml").write_text("port = 9001\nsimulated = true\ncost_per_email = 0.002")
    (home.parent / "work" / ".env").write_text("DRUMBEAT_SENDER_EMAIL=news@example.com")
    (home / ".env").write_text("DRUMBEAT_RATE_PER_SECOND=12.5")
    settings = read(home, HOST="0.0.0.0", PUBLIC_URL="https://news.example.com/")
    assert (settings.port, settings.simulated, settings.cost_per_email) == (9001, True, 0.002)
    assert (settings.sender_email, settings.rate_per_second) == ("news@example.com", 12.5)
    assert (settings.host, settings.public_url) == ("0.0.0.0", "https://news.example.com")


def test_the_working_directory_may_name_the_data_folder(home: Path) -> None:
    (home.parent / "work" / ".env").write_text(f"DRUMBEAT_HOME={home}")
    (home / "drumbeat.toml").write_text('sender_name = "found"')
    assert read_settings({}, cwd=home.parent / "work").sender_name == "found"


def test_an_smtp_url_makes_the_messenger_smtp(home: Path) -> None:
    assert read(home).messenger == "sandbox"
    assert read(home, SMTP_URL="smtp://localhost").messenger == "smtp"
    assert read(home, SMTP_URL="smtp://localhost", MESSENGER="sandbox").messenger == "smtp"


def test_an_empty_setting_is_one_that_is_not_set(home: Path) -> None:
    settings = read(home, SMTP_URL="", PORT="", PUBLIC_URL="")
    assert (settings.smtp_url, settings.port, settings.public_url) == (None, 8000, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"), ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "8000.5"),
        ("PORT", "nan"), ("PORT", "9" * 5000), ("RATE_PER_SECOND", "fast"),
        ("LANE_RATES", "google"), ("LANE_RATES", "google=0"), ("LANE_RATES", "hotmail=5"),
        ("RATE_PER_SECOND", "0"), ("RATE_PER_SECOND", "nan"), ("RATE_PER_SECOND", "inf"),
        ("COST_PER_EMAIL", "-0.1"), ("COST_PER_EMAIL", "nan"), ("COST_PER_EMAIL", "cheap"),
        ("MESSENGER", "pigeon"), ("DATABASE_URL", "mysql://localhost/x"),
        ("PUBLIC_URL", "news.example.com"), ("PUBLIC_URL", "ftp://example.com"),
        ("PUBLIC_URL", "https://exa mple.com"), ("PUBLIC_URL", "https://[::1"),
        ("URL", "localhost:8000"), ("URL", "http://localhost:99999"), ("SIMULATED", "perhaps"),
        ("SENDER_EMAIL", "news"), ("SENDER_EMAIL", "News <news@example.com>"),
        ("SENDER_EMAIL", "a@example.com\nBcc: b@example.com"), ("SENDER_NAME", "a\r\nBcc: b"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_named(home: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"DRUMBEAT_{name} ") as refused:
        read(home, **{name: value})
    assert refused.value.field == f"DRUMBEAT_{name}"
    assert len(str(refused.value)) < 250


def test_smtp_without_a_server_names_what_is_missing(home: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(home, MESSENGER="smtp")
    assert refused.value.field == "DRUMBEAT_SMTP_URL"


@pytest.mark.parametrize("place", ["key", "deep/inside/key"])
def test_the_key_may_not_lie_in_the_data_folder(home: Path, place: str) -> None:
    with pytest.raises(InvalidInput, match="outside"):
        read(home, KEY_FILE=str(home / place))


def test_the_clock_is_the_wall_clock_or_a_file(home: Path) -> None:
    assert read(home).make_clock()().tzinfo is not None
    assert read(home, CLOCK=f"@{home / 'now'}").make_clock() == FileClock(home / "now")
    with pytest.raises(InvalidInput, match="DRUMBEAT_CLOCK"):
        read(home, CLOCK="2026-11-02").make_clock()


@pytest.mark.parametrize("text", ["sender_name = ", "[sender]\nname = 'x'", "port = [1, 2]"])
def test_a_toml_file_that_cannot_be_used_is_named(home: Path, text: str) -> None:
    (home / "drumbeat.toml").write_text(text)
    with pytest.raises(InvalidInput, match=r"drumbeat\.toml"):
        read(home)


@pytest.mark.parametrize("name", ["home/drumbeat.toml", "home/.env", "work/.env"])
def test_a_file_that_is_no_text_is_named(home: Path, name: str) -> None:
    (home.parent / name).write_bytes(b"DRUMBEAT_SENDER_NAME='\xff\xfe'")
    with pytest.raises(InvalidInput) as refused:
        read(home)
    assert str(home.parent / name) in str(refused.value)


def test_secrets_are_not_shown_with_the_settings(home: Path) -> None:
    settings = read(home, SMTP_URL="smtp://u:hunter2@localhost", API_KEY="dbk_secret")
    assert "hunter2" not in repr(settings)
    assert "dbk_secret" not in repr(settings)


def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / ".env").write_text("DRUMBEAT_SENDR_NAME=The Shop\n")
    assert read(home, PROT="9001", UNSET="").port == 8000
    assert [record.getMessage() for record in caplog.records] == [
        "drumbeat: DRUMBEAT_PROT is no setting and was ignored; did you mean DRUMBEAT_PORT?",
        "drumbeat: DRUMBEAT_SENDR_NAME is no setting and was ignored; did you mean "
        "DRUMBEAT_SENDER_NAME?",
    ]
    caplog.clear()
    assert read(home, PROT="9001", ENGINE_OF="1").port == 8000
    assert caplog.records == []  # the server that started this engine has said it


def test_a_misspelt_key_of_the_file_is_an_error(home: Path) -> None:
    (home / "drumbeat.toml").write_text("prot = 9001\n")
    with pytest.raises(InvalidInput, match="'prot' is no setting; did you mean DRUMBEAT_PORT"):
        read(home)


def test_the_three_settings_of_a_signature_belong_together(home: Path) -> None:
    told = {"DKIM_DOMAIN": "shop.example", "DKIM_SELECTOR": "a,b", "DKIM_KEY_FILE": "/a.pem,/b.pem"}
    assert read(home, **told).dkim_selector == "a,b"
    for name in told:
        rest = {each: value for each, value in told.items() if each != name}
        with pytest.raises(InvalidInput, match=name):
            read(home, **rest)
    with pytest.raises(InvalidInput, match="as many files"):
        read(home, **told | {"DKIM_SELECTOR": "a"})


@pytest.mark.parametrize("value", ["192.0.2.53", "127.0.0.1:5353", "::1", "[::1]:53"])
def test_a_dns_server_is_an_address_perhaps_with_a_port(home: Path, value: str) -> None:
    assert read(home, DNS_SERVER=value).dns_server == value
    with pytest.raises(InvalidInput, match="DNS_SERVER"):
        read(home, DNS_SERVER="dns.example.com")

"""What the house is told from outside, and which source wins.

Lowest first: `drumbeat.toml` in the data folder, `.env` in the working directory, `.env` in the
data folder, the environment. Names are `DRUMBEAT_` + the field in capitals (see `Settings`).
"""

import difflib
import logging
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from drumbeat.kit import placeholders
from drumbeat.kit.clock import Clock, FileClock, utc_now
from drumbeat.kit.errors import InvalidInput

PREFIX = "DRUMBEAT_"
_DKIM = ("dkim_domain", "dkim_selector", "dkim_key_file")
LANES = ("google", "microsoft", "yahoo", "apple", "other")
_INNER = {"DRUMBEAT_ENGINE_OF"}
"""What one of our processes tells another."""

log = logging.getLogger(__name__)  # before logs are set up it speaks on stderr


@dataclass(frozen=True)
class Settings:
    """`rate_per_second` None is no limit of ours; `smtp_url` set makes the messenger smtp."""

    home: Path
    key_file: Path
    database_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    clock: str | None = None
    messenger: str = "sandbox"
    smtp_url: str | None = field(default=None, repr=False)
    rate_per_second: float | None = None
    lane_rates: str | None = None
    sender_email: str = placeholders.EMAIL
    sender_name: str = placeholders.NAME
    postal_address: str = placeholders.POSTAL_ADDRESS
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    dkim_key_file: str | None = None
    dns_server: str | None = None
    return_path: str | None = None
    bounce_listen: str | None = None
    bounce_imap_url: str | None = field(default=None, repr=False)
    cost_per_email: float = 0.001
    hidden_link: bool = True
    simulated: bool = False
    keep_unconfirmed_days: int = 30
    keep_evidence_days: int = 1_095
    keep_requests_days: int = 365

    def make_clock(self) -> Clock:
        """The wall clock, or the file that DRUMBEAT_CLOCK=@FILE names."""
        if self.clock is None:
            return utc_now
        if not self.clock.startswith("@"):
            raise _invalid("CLOCK", f"must be @ and a file name, not {self.clock[:40]!r}")
        return FileClock(Path(self.clock[1:]).expanduser())


def read_settings(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """Raises InvalidInput naming the setting that makes no sense."""
    environment = dict(os.environ if environ is None else environ)
    nearby = read_dotenv((cwd or Path.cwd()) / ".env")
    home_text = environment.get(PREFIX + "HOME") or nearby.get(PREFIX + "HOME") or "~/.drumbeat"
    home = Path(home_text).expanduser().absolute()
    written = read_toml(home / "drumbeat.toml")
    told = nearby | read_dotenv(home / ".env") | environment
    for name in written.keys() - _known():
        place, key = home / "drumbeat.toml", name.removeprefix(PREFIX).lower()
        raise InvalidInput(f"{place}: {key!r} is no setting{_nearest(name)}", field=str(place))
    said = bool(_INNER & environment.keys())  # by the process that started this one
    for name in sorted(told.keys() - _known() - _INNER):
        if name.startswith(PREFIX) and told[name] != "" and not said:
            log.warning("drumbeat: %s is no setting and was ignored%s", name, _nearest(name))
    told = written | told
    values = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in told.items()
        if name.startswith(PREFIX) and value != ""
    }
    return _settings(home, values)


def _known() -> set[str]:
    return {PREFIX + each.name.upper() for each in fields(Settings)}


def _nearest(name: str) -> str:
    found = difflib.get_close_matches(name, _known(), n=1)
    return f"; did you mean {found[0]}?" if found else "."


def _settings(home: Path, values: Mapping[str, str]) -> Settings:
    default = Settings(home, home)
    key_file = Path(values.get("key_file", "~/.config/drumbeat/key")).expanduser().absolute()
    if key_file.is_relative_to(home):
        raise _invalid("KEY_FILE", "must lie outside DRUMBEAT_HOME, or a backup would carry it")
    smtp_url = values.get("smtp_url")
    messenger = "smtp" if smtp_url else values.get("messenger", default.messenger)
    if messenger == "smtp" and not smtp_url:
        raise _invalid("SMTP_URL", "is missing while DRUMBEAT_MESSENGER is smtp")
    if messenger not in ("sandbox", "smtp"):
        raise _invalid("MESSENGER", f"{messenger!r} is not built; use sandbox or smtp")
    return Settings(
        home=home,
        key_file=key_file,
        database_url=_database_url(values.get("database_url")),
        host=values.get("host", default.host),
        port=_port(values.get("port", str(default.port))),
        public_url=_url("PUBLIC_URL", values.get("public_url")),
        url=_url("URL", values.get("url")),
        api_key=values.get("api_key"),
        clock=values.get("clock"),
        messenger=messenger,
        smtp_url=smtp_url,
        rate_per_second=_rate("RATE_PER_SECOND", values.get("rate_per_second")),
        lane_rates=_lane_rates(values.get("lane_rates")),
        sender_email=checked_line("SENDER_EMAIL", values.get("sender_email", default.sender_email)),
        sender_name=checked_line("SENDER_NAME", values.get("sender_name", default.sender_name)),
        postal_address=values.get("postal_address", default.postal_address),
        **_dkim(values),
        dns_server=_dns_server(values.get("dns_server")),
        return_path=_return_path(values.get("return_path")),
        bounce_listen=_bounce_listen(values),
        bounce_imap_url=values.get("bounce_imap_url"),
        cost_per_email=_cost(values.get("cost_per_email", str(default.cost_per_email))),
        hidden_link=_flag("HIDDEN_LINK", values.get("hidden_link", "yes")),
        simulated=_flag("SIMULATED", values.get("simulated", "no")),
        keep_unconfirmed_days=_days("keep_unconfirmed_days", values, default),
        keep_evidence_days=_days("keep_evidence_days", values, default),
        keep_requests_days=_days("keep_requests_days", values, default),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65_535):
        raise _invalid("PORT", f"must be a number from 1 to 65535, not {text[:40]!r}")
    return int(text)


def _database_url(text: str | None) -> str | None:
    """It may hold a password, so no message repeats it."""
    if text is None or text.split(":")[0] in ("sqlite", "postgresql", "postgres"):
        return text
    wanted = "must be like postgresql://user:password@host:5432/database"
    raise _invalid("DATABASE_URL", f"{wanted}; without it the built-in SQLite is used")


def _url(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(char.isspace() for char in text):
        raise _invalid(name, f"must be like https://mail.example.com, not {text[:80]!r}")
    return text.rstrip("/")


def _return_path(text: str | None) -> str | None:
    from drumbeat.marketing.delivery import check_return_path

    return None if text is None else check_return_path(text)


def _bounce_listen(values: Mapping[str, str]) -> str | None:
    listen = values.get("bounce_listen")
    if listen is not None and values.get("return_path") is None:
        raise _invalid("BOUNCE_LISTEN", "needs DRUMBEAT_RETURN_PATH: mail for it alone is received")
    return listen


def _rate(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    rate = _number(name, text)
    if rate <= 0:
        raise _invalid(name, "must be above zero; leave it out for no limit")
    return rate


def _lane_rates(text: str | None) -> str | None:
    read_lane_rates(text)
    return text


def read_lane_rates(text: str | None) -> dict[str, float]:
    """Messages a second by lane, of a text like "google=5, microsoft=2". Raises InvalidInput."""
    rates: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in (text or "").split(","))):
        lane, _, rate = (word.strip() for word in part.partition("="))
        if lane not in LANES:
            known = ", ".join(LANES)
            raise _invalid("LANE_RATES", f"must be like google=5,microsoft=2; lanes are {known}")
        rates[lane] = _rate("LANE_RATES", rate) or 0.0
    return rates


def _days(name: str, values: Mapping[str, str], default: Settings) -> int:
    text = values.get(name, str(getattr(default, name)))
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 36_500):
        raise _invalid(name.upper(), f"must be days, 0 for ever, not {text[:40]!r}")
    return int(text)


def _cost(text: str) -> float:
    cost = _number("COST_PER_EMAIL", text)
    if cost < 0:
        raise _invalid("COST_PER_EMAIL", "must not be below zero")
    return cost


def _flag(name: str, text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        raise _invalid(name, f"must be 1 or 0, not {text[:40]!r}")
    return known[text.lower()]


def checked_line(name: str, text: str) -> str:
    """Text of one line, for SENDER_EMAIL an address. Raises InvalidInput naming the setting."""
    if "\n" in text or "\r" in text:
        raise _invalid(name, "must be one line")
    if name == "SENDER_EMAIL" and not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text):
        raise _invalid(name, f"must be an address such as news@example.com, not {text[:80]!r}")
    return text


def _dkim(values: Mapping[str, str]) -> dict[str, str]:
    """All three or none; what the files hold is looked at when mail is signed."""
    given = {name: values[name] for name in _DKIM if name in values}
    missing = [name for name in _DKIM if name not in given]
    if given and missing:
        wanted = "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE belong together"
        raise _invalid(missing[0].upper(), f"is missing: {wanted}")
    if given and given["dkim_selector"].count(",") != given["dkim_key_file"].count(","):
        raise _invalid("DKIM_KEY_FILE", "must name as many files as DKIM_SELECTOR has selectors")
    return given


def dns_place(text: str) -> tuple[str, int]:
    """Address and port of a DNS server: 192.0.2.53, 127.0.0.1:5353, ::1, [::1]:5353."""
    found = re.fullmatch(r"\[([^]]+)\](?::(\d{1,5}))?|([^:]+)(?::(\d{1,5}))?", text)
    host, port = (found[1] or found[3], found[2] or found[4]) if found else (text, None)
    try:
        return str(ip_address(host)), _port(port or "53")
    except (ValueError, InvalidInput):
        problem = "must be the address of a DNS server, such as 192.0.2.53 or 127.0.0.1:5353"
        raise _invalid("DNS_SERVER", f"{problem}, not {text[:40]!r}") from None


def _dns_server(text: str | None) -> str | None:
    if text is not None:
        dns_place(text)
    return text


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _invalid(name, f"{text[:40]!r} is not a number")
    return number


def _invalid(name: str, problem: str) -> InvalidInput:
    return InvalidInput(f"The setting {PREFIX}{name} {problem}.", field=PREFIX + name)


def read_dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return {name: value for name, value in dotenv_values(path).items() if value is not None}
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text.", field=str(path)) from None


def read_toml(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not valid TOML: {error}.", field=str(path)) from None
    for name, value in table.items():
        if isinstance(value, dict | list):
            raise InvalidInput(f"{path}: {name} must be one value.", field=str(path))
    return {PREFIX + name.upper(): str(value) for name, value in table.items()}

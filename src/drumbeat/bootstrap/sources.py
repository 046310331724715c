"""Where each setting comes from, for whoever wonders why it has the value it has."""

import os
from collections.abc import Mapping
from pathlib import Path

from drumbeat.bootstrap.settings import PREFIX, Settings, read_dotenv, read_toml

UNSET = "not set; the default"


def sources_of(
    settings: Settings, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> dict[str, str]:
    """Setting name → the file that says it, or "the environment"; an absent name is not set."""
    home, nearby = settings.home, (cwd or Path.cwd()) / ".env"
    told = (
        (str(home / "drumbeat.toml"), read_toml(home / "drumbeat.toml")),
        (str(nearby), read_dotenv(nearby)),
        (str(home / ".env"), read_dotenv(home / ".env")),
        ("the environment", os.environ if environ is None else environ),
    )
    found: dict[str, str] = {}
    for place, values in told:
        found |= {
            name: place for name, value in values.items() if name.startswith(PREFIX) and value
        }
    return found

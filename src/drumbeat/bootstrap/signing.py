"""Whose DKIM keys sign what leaves the house: those that settings name, else those kept in it.

Only mail to a server is signed: the sandbox is nobody's receiver.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.bootstrap.settings import PREFIX, Settings
from drumbeat.kit.errors import InvalidInput

if TYPE_CHECKING:
    from drumbeat.marketing.senders.dkim import Signer, SigningKey


def told_keys(settings: Settings) -> "tuple[SigningKey, ...]":
    """The keys that settings name. Raises InvalidInput naming the setting and the file."""
    if not (settings.dkim_domain and settings.dkim_selector and settings.dkim_key_file):
        return ()
    from drumbeat.marketing.senders import dkim

    named = f"{PREFIX}DKIM_KEY_FILE"
    domain = dkim.checked_domain(settings.dkim_domain, field=f"{PREFIX}DKIM_DOMAIN")
    selectors = settings.dkim_selector.split(",")
    files = settings.dkim_key_file.split(",")
    keys = tuple(
        dkim.SigningKey(
            domain,
            dkim.checked_selector(selector, field=f"{PREFIX}DKIM_SELECTOR"),
            dkim.read_pem(_content(file.strip()), named=f"{named}: {file.strip()}", field=named),
        )
        for selector, file in zip(selectors, files, strict=True)
    )
    if len({key.algorithm for key in keys}) < len(keys):
        message = (
            f"{named} names two keys of one kind: one of RSA and one of Ed25519 sign together."
        )
        raise InvalidInput(message, field=named)
    return keys


def signer_of(settings: Settings) -> "Signer | None":
    """Who signs mail to the server that is set; None if it leaves unsigned."""
    if settings.messenger == "sandbox":
        return None
    keys = told_keys(settings)
    if not keys:
        return None
    from drumbeat.marketing.senders.dkim import Signer

    return Signer(keys)


def _content(file: str) -> bytes:
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as error:
        named = f"{PREFIX}DKIM_KEY_FILE"
        problem = error.strerror or type(error).__name__
        raise InvalidInput(f"{named}: {file} cannot be read: {problem}.", field=named) from None

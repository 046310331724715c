"""Whose DKIM keys sign what leaves the house: those that settings name, else those kept in it.

Only mail to a server is signed: the sandbox is nobody's receiver.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from drumbeat.bootstrap.settings import PREFIX, Settings
from drumbeat.kit.actor import SYSTEM_SENDING, Actor, Scope
from drumbeat.kit.errors import InvalidInput

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat
    from drumbeat.marketing.senders import KeptKey
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


def signer_of(drumbeat: "Drumbeat", sender_email: str) -> "Signer | None":
    """Who signs this sender's mail to the server that is set; None if it leaves unsigned."""
    if drumbeat.settings.messenger == "sandbox":
        return None
    keys = told_keys(drumbeat.settings) or kept_keys(drumbeat, sender_email)
    if not keys:
        return None
    from drumbeat.marketing.senders.dkim import Signer

    return Signer(keys)


def kept_keys(drumbeat: "Drumbeat", sender_email: str) -> "tuple[SigningKey, ...]":
    """The keys in the house that DNS was seen to show."""
    with drumbeat.look(SYSTEM_SENDING) as department:
        found = department.dkim_keys.signing(sender_email.rpartition("@")[2])
    if not found:
        return ()
    from drumbeat.marketing.senders import dkim

    return tuple(
        dkim.SigningKey(
            key.domain,
            key.selector,
            dkim.read_pem(private, named=f"The key {key.selector}", field="dkim_key"),
        )
        for key, private in found
    )


def make_keys(
    drumbeat: "Drumbeat", actor: Actor, domain: str | None, *, rotating: bool
) -> "list[KeptKey]":
    """A key of each kind for a domain, the default sender's unless another is named.

    They wait until DNS shows them. Raises InvalidInput, NotPermitted, Conflict, NotFound.
    """
    from drumbeat.marketing.senders import NewKey, dkim, require_domain

    actor.require(Scope.ACCOUNTS_WRITE)
    if domain is None:
        with drumbeat.look(actor) as department:
            sender = department.senders.default_sender()
        require_domain(sender)
        domain = sender.domain
    domain = dkim.checked_domain(domain, field="domain")
    fresh = []
    for kind in dkim.Algorithm:  # dear, so between units
        pem = dkim.generate(kind)
        private = dkim.read_pem(pem, named="The new key", field="domain")
        fresh.append(NewKey(kind.value, pem, dkim.public_part(private)))
    with drumbeat.begin(actor) as department:
        return department.dkim_keys.add(domain, fresh, rotating=rotating)


def _content(file: str) -> bytes:
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as error:
        named = f"{PREFIX}DKIM_KEY_FILE"
        problem = error.strerror or type(error).__name__
        raise InvalidInput(f"{named}: {file} cannot be read: {problem}.", field=named) from None

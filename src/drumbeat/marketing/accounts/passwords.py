"""What a password must be, and its slow hash: argon2id with the parameters OWASP names.

Hashing takes as long as a writing unit may last: do it between two units, never inside one.
"""

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NewType

from drumbeat.kit.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

PasswordHash = NewType("PasswordHash", str)

SHORTEST = 12
LONGEST_BYTES = 1_000

# Of a random password that nobody kept: an unknown address costs the same time as a wrong word.
_NOBODYS = PasswordHash(
    "$argon2id$v=19$m=19456,t=2,p=1$/XK0cclS4JRImmirJ7yz8A$53xR9W5pCYlbg4VybNx0wwxu1xcnar+AyhrQLe5ShnE"
)

# Each hash takes 19 MiB and a core: a crowd of guesses may not take the house's memory.
_AT_ONCE = threading.BoundedSemaphore(4)
_PATIENCE_SECONDS = 10


def hash_password(password: str, *, email: str) -> PasswordHash:
    """Raises InvalidInput(field="password") for one that is too short, too long or the address."""
    if len(password) < SHORTEST:
        message = f"A password needs {SHORTEST} characters or more; a few words make a good one."
        raise InvalidInput(message, field="password")
    if len(password.encode("utf-8", "replace")) > LONGEST_BYTES:
        message = f"A password may have at most {LONGEST_BYTES:,} bytes."
        raise InvalidInput(message, field="password")
    if password.strip().casefold() == email.strip().casefold():
        message = "The address is the first thing that is tried; choose another password."
        raise InvalidInput(message, field="password")
    if len(set(password)) < 4:
        raise InvalidInput("A password needs more than the same few signs.", field="password")
    with _Turn():
        return PasswordHash(_hasher().hash(_spelled(password)))


def is_password(password: str, kept: PasswordHash | None) -> bool:
    """Whether this is the password; None takes as long and is never true."""
    tried = password if len(password) <= LONGEST_BYTES else ""
    with _Turn():
        return _hasher().verify(_spelled(tried), kept or _NOBODYS) and kept is not None


@cache
def _hasher() -> "Argon2Hasher":
    from pwdlib.hashers.argon2 import Argon2Hasher  # most commands never see a password

    return Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _spelled(password: str) -> bytes:
    """The same signs typed on two keyboards are the same bytes."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


class _Turn:
    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
            raise Conflict("Too many people are signing in just now; try again in a moment.")

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()

"""Which route a person's words lead to: quoted, so that no id, label or address reaches another."""

from urllib.parse import quote

from drumbeat.kit.errors import InvalidInput

_LISTS = {
    "campaigns": ("campaign", "campaigns list"),
    "workflows": ("campaign", "campaigns list"),
    "approvals": ("approval", "approvals list"),
    "experiments": ("test", "experiments list"),
    "contacts": ("contact", "audience list"),
    "people": ("person", "accounts list-people"),
    "keys": ("key", "accounts list-keys"),
    "sessions": ("session", "accounts list-sessions"),
}


def path_of(route: str, *words: str) -> str:
    """`route` with each `{}` replaced by one of these words.

    Raises InvalidInput for a word that names nothing: an empty one, and the dots that a path takes
    for itself.
    """
    for word in words:
        if word.strip() in ("", ".", ".."):
            what, listing = _named_in(route)
            message = f"{word!r} names no {what}: `drumbeat {listing}` shows what there is."
            raise InvalidInput(message, field=what)
    return route.format(*(quote(word, safe="") for word in words))


def _named_in(route: str) -> tuple[str, str]:
    parts = route.split("{}", 1)[0].strip("/").split("/")
    return next(_LISTS[part] for part in reversed(parts) if part in _LISTS)

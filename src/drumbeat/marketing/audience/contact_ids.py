"""What a contact is called outside: opaque text made of its number, computed and never stored."""

from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import ContactNo, number_of, public_id
from drumbeat.storage.secrets import KeyRing

_PREFIX = "con"
_LONGEST = 40


def contact_id_of(contact_no: ContactNo, keys: KeyRing) -> str:
    return public_id(_PREFIX, contact_no, keys.derive("ids"))


def contact_no_of(contact_id: str, keys: KeyRing) -> ContactNo:
    """Raises NotFound for text that was never given out."""
    if len(contact_id) > _LONGEST:
        raise NotFound("There is no such contact.")
    return ContactNo(number_of(contact_id, _PREFIX, keys.derive("ids")))

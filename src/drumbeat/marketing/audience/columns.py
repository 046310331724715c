"""Which column of an export means what: Mailchimp, Klaviyo, HubSpot, Shopify, Brevo and plain ones.

A header is compared without case and punctuation. What nobody recognises becomes an attribute
under its name in snake_case, so that a template can say it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.headers import place_of, recognise, snake_case, spelling
from drumbeat.kit.spreadsheet import ADDED_COLUMNS, lists_rejects
from drumbeat.marketing.audience.model_topics import Topic
from drumbeat.marketing.audience.number_styles import NumberStyle
from drumbeat.marketing.audience.topic_columns import (
    ONE_TOPIC,
    TOPICS,
    TopicColumns,
    find_topic_columns,
)

# field: headers that mean it, the most telling first
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "email address", "e mail", "e mail address", "mail", "subscriber email",
        "contact email", "primary email", "work email", "email 1", "e mail 1 value",
        "e mail adresse", "emailadresse", "adresse email", "adresse e mail", "correo",
        "correo electronico", "correo electrónico",
    ),
    "external_id": (
        "external id", "customer id", "customerid", "user id", "userid", "contact id",
        "record id", "subscriber id", "member id", "klaviyo id", "euid", "profile id", "id",
    ),
    "first_name": (
        "first name", "firstname", "fname", "given name", "forename", "vorname", "prénom",
        "prenom", "nombre",
    ),
    "last_name": (
        "last name", "lastname", "lname", "surname", "family name", "nachname", "nom de famille",
        "apellido", "apellidos",
    ),
    "name": ("name", "full name", "fullname", "contact name", "subscriber name"),
    "phone": (
        "phone", "phone number", "mobile", "mobile phone", "mobile phone number", "telephone",
        "cell", "sms", "whatsapp", "telefon",
    ),
    "company": ("company", "company name", "organization", "organisation", "associated company"),
    "country": (
        "country", "country region", "cc", "country code", "default address country code",
        "billing country", "shipping country", "country name", "land", "pays", "país",
    ),
    "city": ("city", "town", "default address city", "billing city", "stadt", "ville", "ciudad"),
    "timezone": ("timezone", "time zone", "tz", "zone", "iana timezone"),
    "known_since": (
        "created at", "created", "create date", "created on", "creation date", "date added",
        "date created", "added", "profile created on", "first seen", "signup date",
        "sign up date", "signed up at", "subscriber since", "added time", "added at",
    ),
    "consented_at": (
        "confirm time", "optin time", "opt in time", "opt in date", "optin date", "consent date",
        "consented at", "consent timestamp", "email marketing consent timestamp",
        "subscribed at", "subscribe date", "subscription date", "double optin date", "opted in at",
    ),
}  # fmt: skip

# Columns whose words say whether somebody wants mail.
_CONSENT = (
    "email marketing consent", "accepts email marketing", "accepts marketing", "email marketing",
    "marketing consent", "consent", "email consent", "email opt in", "opt in", "optin",
    "opted in", "email optin", "newsletter", "subscribed", "is subscribed",
    "subscription status", "email subscription status", "email status", "email permission status",
    "subscriber status", "member status", "marketing emails", "permission", "status",
)  # fmt: skip
# Columns where any yes, date or reason means: do not mail.
_REFUSAL = (
    "unsubscribed", "opted out", "opt out", "optout", "email opt out", "has opted out of email",
    "hasoptedoutofemail", "do not email", "do not mail", "donotemail", "unsub time",
    "unsubscribe time", "unsubscribed at", "unsubscribe date", "unsubscribed from all email",
    "email blacklisted", "blacklisted", "marketing opt out", "email suppressions", "suppressed",
)  # fmt: skip
_BOUNCE = (
    "clean time", "cleaned", "bounced", "hard bounced", "email hard bounce reason", "bounce date",
)  # fmt: skip
_REFUSAL_PREFIX = "opted out of email"

IGNORED = "-"
"""Given as a column's meaning, it leaves the column out."""

_NOT_TYPED = re.compile(r"(^|_)(zip|postal|postcode|plz|code|id|phone|mobile|number|sku|leid)(_|$)")
_RESERVED = {"email", "external_id"}
_NAMELESS = snake_case("")


@dataclass(frozen=True)
class ColumnMap:
    """Where each field stands in a row; `attributes` gives (place, key, whether it is typed).

    `numbers` has the places of columns that write numbers in a style of their own.
    """

    fields: Mapping[str, int]
    consent: tuple[int, ...]
    refusals: tuple[int, ...]
    bounces: tuple[int, ...]
    attributes: tuple[tuple[int, str, bool], ...]
    chosen_consent: int | None = None
    numbers: Mapping[int, NumberStyle] = field(default_factory=dict)
    topics: TopicColumns = field(default_factory=TopicColumns)


class NoAddressColumn(InvalidInput):
    """Nobody can tell which column holds the addresses: a person has to say it."""

    def __init__(self, message: str, header: Sequence[str]) -> None:
        super().__init__(message, field="email")
        self.header = tuple(header)


def map_columns(
    header: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    consent_column: str | None = None,
) -> ColumnMap:
    """Recognise a header. `mapping` (header → field or attribute key) wins over recognition.

    Raises InvalidInput naming what is missing, unknown or there twice.
    """
    forced = _left_out(header) | _forced(header, mapping or {})
    fields = recognise(header, _SYNONYMS, forced)
    if "email" not in fields:
        raise _no_address(header)
    spelled = [spelling(name) for name in header]
    chosen = None if consent_column is None else place_of(consent_column, header)
    consent = tuple(i for i, name in enumerate(spelled) if name in _CONSENT and i != chosen)
    refusals = tuple(i for i, name in enumerate(spelled) if _is_refusal(name))
    bounces = tuple(i for i, name in enumerate(spelled) if name in _BOUNCE)
    taken = {fields["email"], *consent, *refusals, *bounces}
    taken |= {at for field, at in fields.items() if field not in _KEPT}
    taken -= {at for at, name in enumerate(spelled) if name == "status"}  # may mean anything
    if chosen is not None:
        taken.add(chosen)
    keys = _attribute_keys(header, fields, forced, taken)
    return ColumnMap(fields, consent, refusals, bounces, keys, chosen)


def with_topics(
    columns: ColumnMap,
    header: Sequence[str],
    topics: Sequence[Topic],
    mapping: Mapping[str, str],
    said: Callable[[int], Sequence[str]],
) -> ColumnMap:
    """The same with the columns that speak of topics; `said` are a column's first cells.

    A recognised list stays an attribute too, so that nothing of it is lost. Raises InvalidInput.
    """
    chosen = {place_of(name, header): meaning for name, meaning in mapping.items()}
    places = [place for place, _, _ in columns.attributes]
    found = find_topic_columns(header, places, topics, chosen, said)
    alone = {*found.single, *(place for place in found.lists if chosen.get(place) == TOPICS)}
    kept = tuple(each for each in columns.attributes if each[0] not in alone)
    return replace(columns, attributes=kept, topics=found)


FIELDS = (*_SYNONYMS, TOPICS)
_KEPT = {"first_name", "last_name", "name", "phone", "company", "country", "city"}


def map_told(fields: Sequence[str], attributes: Sequence[str]) -> ColumnMap:
    """The columns of a row that names its fields itself: `fields`, then `attributes`.

    Nothing is guessed, but an attribute that means a refusal in a file is heard here too. Raises
    InvalidInput when two attributes are one, or one has no name.
    """
    places = {name: at for at, name in enumerate(fields)}
    keys = [(at, name, False) for name, at in places.items() if name in _KEPT]
    taken = {key: key for _, key, _ in keys}
    refusals, bounces = [], []
    for at, name in enumerate(attributes, len(fields)):
        key = attribute_key(name)
        if key == _NAMELESS:
            message = f"{name[:60]!r} has neither letters nor digits"
            raise InvalidInput(message, field="attributes")
        if key in taken:
            message = f"{taken[key][:60]!r} and {name[:60]!r} are both named {key!r}"
            raise InvalidInput(message, field="attributes")
        taken[key] = name
        keys.append((at, key, not _NOT_TYPED.search(key)))
        spelled = spelling(name)
        refusals += [at] if _is_refusal(spelled) else []
        bounces += [at] if spelled in _BOUNCE else []
    found = {name: at for name, at in places.items() if name in _SYNONYMS}
    consent = places.get("consent")
    return ColumnMap(found, (), tuple(refusals), tuple(bounces), tuple(keys), consent)


def attribute_key(header: str) -> str:
    """The name by which templates and segments know a column: "Shoe Size" → shoe_size."""
    key = snake_case(header)
    return f"x_{key}" if key in _RESERVED else key


def meanings_of(columns: ColumnMap, header: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What each column is taken for: a field, an attribute's key, "topics", "topic:KEY", "consent",
    "refusal", "bounce", or IGNORED."""
    found = {at: key for at, key, _ in columns.attributes}
    found |= {at: field for field, at in columns.fields.items()}
    found |= dict.fromkeys(columns.topics.lists, TOPICS)
    found |= {at: f"{ONE_TOPIC}{each.key}" for at, each in columns.topics.single.items()}
    told = columns.consent if columns.chosen_consent is None else (columns.chosen_consent,)
    for what, places in (
        ("bounce", columns.bounces),
        ("refusal", columns.refusals),
        ("consent", told),
    ):
        found |= dict.fromkeys(places, what)
    return tuple((name, found.get(at, IGNORED)) for at, name in enumerate(header))


def proposed_meanings(header: Sequence[str], address: str | None) -> tuple[tuple[str, str], ...]:
    """What the columns may be taken for if `address` holds the addresses, for a person to mend."""
    own = tuple((name, attribute_key(name)) for name in header)
    if address is None:
        return own
    try:
        return meanings_of(map_columns(header, mapping={address: "email"}), header)
    except InvalidInput:  # two columns of one name: it is said once they are chosen
        return own


def read_mapping(told: Sequence[str]) -> dict[str, str]:
    """COLUMN=MEANING of each, such as Contact=email. Raises InvalidInput(field="map")."""
    mapping: dict[str, str] = {}
    for each in told:
        column, sign, meaning = each.rpartition("=")
        if not (sign and column.strip() and meaning.strip()):
            message = f"{each[:80]!r} is no COLUMN=MEANING such as Contact=email."
            raise InvalidInput(message, field="map")
        mapping[column.strip()] = meaning.strip()
    return mapping


def _forced(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    forced: dict[int, str] = {}
    for name, meaning in mapping.items():
        at = place_of(name, header)
        twice = next((other for other, known in forced.items() if known == meaning), None)
        if twice is not None and meaning in _SYNONYMS:
            message = f"The columns {header[twice]!r} and {name!r} cannot both be the {meaning}."
            raise InvalidInput(message.replace("_", " "), field="header")
        forced[at] = meaning
    return forced


def _left_out(header: Sequence[str]) -> dict[int, str]:
    """What we added ourselves to a file of rejected rows says nothing about anybody."""
    count = len(ADDED_COLUMNS) if lists_rejects(header) else 0
    return dict.fromkeys(range(len(header) - count, len(header)), IGNORED)


def _attribute_keys(
    header: Sequence[str],
    fields: Mapping[str, int],
    forced: Mapping[int, str],
    taken: set[int],
) -> tuple[tuple[int, str, bool], ...]:
    named = {at: field for field, at in fields.items() if field in _KEPT}
    keys = []
    places: dict[str, str] = {}
    for at, name in enumerate(header):
        if at in taken or forced.get(at) == IGNORED:
            continue
        key = named.get(at) or attribute_key(forced.get(at, name))
        if key in places:
            message = f"row 1: the columns {places[key]!r} and {name!r} are both named {key!r}."
            raise InvalidInput(message, field="header")
        places[key] = name
        typed = at not in named and not _NOT_TYPED.search(key)
        keys.append((at, key, typed))
    return tuple(keys)


def _is_refusal(name: str) -> bool:
    return name in _REFUSAL or name.startswith(_REFUSAL_PREFIX)


def _no_address(header: Sequence[str]) -> InvalidInput:
    shown = ", ".join(name[:30] for name in header[:12])
    if any("@" in name for name in header):
        message = f"The first row must name the columns, one of them 'email'; it holds: {shown}."
        return InvalidInput(message, field="email")
    message = f"No column holds addresses: name one 'email'. The columns are: {shown}."
    return NoAddressColumn(message, header)

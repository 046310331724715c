"""What is wrong, or could be better, with an email before anybody gets it.

Limits are the mailbox providers': Gmail cuts HTML at 102 KB, phones show about 60 characters of a
subject. A finding is a sentence, never an exception; what cannot be sent at all is refused by the
trial that comes first.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from string import ascii_uppercase

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile import EmailTemplate, MailContext
from drumbeat.marketing.content.compile.footer import missing_parts
from drumbeat.marketing.content.compile.markup import cut
from drumbeat.marketing.content.compile.trial import Trial, TriedArm, try_out
from drumbeat.marketing.content.model import Check, CheckedEmails, Level

CLIPPED_AT = 102 * 1024
SUBJECT_SHOWN = 60
MOST_ARMS = 20
ALWAYS_KNOWN = frozenset(
    ("email", "contact", "unsubscribe_url", "preferences_url", "postal_address", "now", "today")
)
_EXAMPLE = MailContext(
    public_url="https://example.invalid",
    list_id="news",
    list_name="News",
    postal_address="1 Example Street",
    domain="example.invalid",
)
_FAILS = "A contact without fields would get no mail. "
_FOOTER = {
    "unsubscribe_url": "unsubscribe link ({{ unsubscribe_url }})",
    "postal_address": "postal address ({{ postal_address }})",
}


def no_such_variant(number: int, *, field: str) -> InvalidInput:
    """For a variant that is not there: by its letter, as people know it, and as REST counts."""
    if number == 1:
        return InvalidInput("There is one variant only, A (by REST: 0).", field=field)
    last = ascii_uppercase[number - 1]
    message = f"There are {number} variants, A to {last} (by REST: 0 to {number - 1})."
    return InvalidInput(message, field=field)


def check_templates(
    arms: Sequence[EmailTemplate],
    context: MailContext | None = None,
    *,
    known_fields: Collection[str] | None = None,
) -> CheckedEmails:
    """Try the arms in a child process (about 0.3 s, so never inside a unit) and look them over.

    `known_fields` are the fields that contacts of the audience have; None leaves that unchecked.
    Raises InvalidInput naming field and line for what must not be sent.
    """
    require_fit(arms)
    context = context or _EXAMPLE
    trial = try_out(arms, context)
    return CheckedEmails(tuple(arms), checks_of(trial, arms, context, known_fields))


def require_fit(arms: Sequence[EmailTemplate]) -> None:
    """What needs no trial. Raises InvalidInput."""
    if not 1 <= len(arms) <= MOST_ARMS:
        raise InvalidInput(f"An email has between 1 and {MOST_ARMS} variants.", field="arms")
    if any("{{" in arm.sender_name or "{%" in arm.sender_name for arm in arms):
        raise InvalidInput("The sender name cannot hold template code.", field="sender_name")


def checks_of(
    trial: Trial,
    arms: Sequence[EmailTemplate],
    context: MailContext,
    known_fields: Collection[str] | None,
) -> tuple[Check, ...]:
    """Every finding about templates that were tried, each once."""
    checks = [
        *(check for arm in trial.arms for check in tried_checks(arm)),
        *(check for arm in arms for check in source_checks(arm, context)),
        *field_checks(trial, known_fields),
        *(
            Check(Level.WARNING, failed.split(",")[0].split(":")[0], _FAILS + failed)
            for failed in trial.failures
        ),
        *(Check(Level.WARNING, "content_html", problem) for problem in trial.problems),
    ]
    return tuple(dict.fromkeys(checks))


def tried_checks(arm: TriedArm) -> list[Check]:
    """What shows in the message of a contact of whom nothing is known."""
    checks = []
    subject = " ".join(arm.subject.split())
    if not subject:
        message = "The subject is empty for a contact without fields; give its fields a default."
        checks.append(Check(Level.ERROR, "subject_line", message))
    elif len(subject) > SUBJECT_SHOWN:
        message = f"The subject has {len(subject)} characters; phones show about {SUBJECT_SHOWN}."
        checks.append(Check(Level.WARNING, "subject_line", message))
    if arm.html_bytes > CLIPPED_AT:
        message = f"The HTML has {arm.html_bytes // 1024} KB; Gmail cuts it after 102 KB."
        checks.append(Check(Level.WARNING, "content_html", message))
    return checks


def source_checks(arm: EmailTemplate, context: MailContext) -> list[Check]:
    """What shows in the HTML as written."""
    checks = []
    tags = [piece for piece in cut(arm.html) if piece.kind == "open"]
    _, without_alt = images_of(arm.html)
    if without_alt:
        message = f"{without_alt} of the images have no alt text."
        checks.append(Check(Level.WARNING, "content_html", message))
    if any(tag.name in ("script", "form", "iframe", "object") for tag in tags) or (
        "<script" in arm.html.lower()
    ):
        message = "Mail programs remove scripts, forms and embedded objects."
        checks.append(Check(Level.WARNING, "content_html", message))
    missing = missing_parts(arm.html, context.postal_address)
    if missing:
        names = " and no ".join(_FOOTER[name] for name in missing)
        them = "them" if len(missing) > 1 else "it"
        message = f"There is no {names} that everybody sees; the standard footer adds {them}."
        checks.append(Check(Level.WARNING, "content_html", message))
    return checks


def images_of(html: str) -> tuple[int, int]:
    """How many images there are, and how many of them without an alternative text."""
    images = [piece for piece in cut(html) if piece.kind == "open" and piece.name == "img"]
    return len(images), sum(image.get("alt") is None for image in images)


def field_checks(trial: Trial, known_fields: Collection[str] | None) -> list[Check]:
    if known_fields is None:
        return []
    unknown = sorted(set(trial.used) - set(known_fields) - ALWAYS_KNOWN)
    message = "No contact has the field {!r}; its default is shown, or nothing.{}"
    return [
        Check(Level.WARNING, "content_html", message.format(name, _nearest(name, known_fields)))
        for name in unknown
    ]


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def body_of(arms: Sequence[EmailTemplate]) -> str:
    """The arms as JSON that is equal for equal arms."""
    plain = [asdict(replace(arm, fields=dict(arm.fields))) for arm in arms]
    for arm in plain:
        if not arm["preheader"]:
            del arm["preheader"]  # what was hashed before there were any keeps its hash
    return json.dumps(plain, sort_keys=True, ensure_ascii=True)


def arms_of(body: str) -> tuple[EmailTemplate, ...]:
    return tuple(EmailTemplate(**arm) for arm in json.loads(body))


def content_hash(arms: Sequence[EmailTemplate]) -> str:
    """32 hexadecimal digits that name this content: what an approval says yes to."""
    return hashlib.blake2b(body_of(arms).encode(), digest_size=16).hexdigest()

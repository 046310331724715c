"""How an email would look to one contact that nobody has saved, and what of it that contact lacks.

Tried and rendered as at save, in the child process that its limits may kill: an author who is still
typing can cost the house no more than one who saves.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from drumbeat.marketing.content.compile import Addressee, EmailTemplate, MailContext
from drumbeat.marketing.content.compile.trial import try_out
from drumbeat.marketing.content.model import Check
from drumbeat.marketing.content.rules import ALWAYS_KNOWN, checks_of, no_such_variant, require_fit


@dataclass(frozen=True)
class Missing:
    """A field that the template says and the contact has no value for; `line` is the first."""

    name: str
    field: str
    line: int


@dataclass(frozen=True)
class SeenDraft:
    """`message` is what would leave, byte for byte; `links` are its tracked targets by number."""

    message: bytes
    checks: tuple[Check, ...]
    missing: tuple[Missing, ...]
    links: tuple[str, ...] = ()


def see_draft(
    arms: Sequence[EmailTemplate],
    context: MailContext,
    to: Addressee,
    *,
    arm: int = 0,
    known_fields: Collection[str] | None = None,
) -> SeenDraft:
    """About 0.3 s in a child process, so never inside a unit. Raises InvalidInput naming field and
    line for what must not be sent, or what fails for this contact."""
    require_fit(arms)
    if not 0 <= arm < len(arms):
        raise no_such_variant(len(arms), field="variant")
    trial = try_out(arms, context, to=to, arm=arm)
    assert trial.addressed is not None
    has = {name for name, value in to.fields.items() if value not in (None, "")}
    missing = tuple(
        Missing(use.name, use.field, use.line)
        for use in trial.addressed.uses
        if use.name not in has | ALWAYS_KNOWN
    )
    checks = checks_of(trial, arms, context, known_fields)
    return SeenDraft(trial.addressed.message, checks, missing, trial.links)

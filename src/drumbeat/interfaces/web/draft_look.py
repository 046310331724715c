"""How unsaved words look to one contact: what the form shows beside them while they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drumbeat.interfaces.web.draft_desk import DraftDesk
from drumbeat.interfaces.web.drafting import Draft, words_of
from drumbeat.interfaces.web.mail_parts import read_letter
from drumbeat.kit.actor import Actor
from drumbeat.marketing.campaigns.ports import House
from drumbeat.marketing.campaigns.preview import preview_draft


@dataclass(frozen=True)
class Look:
    """`key` is what the frames ask for; `lacks` says for each field what the contact has not."""

    seen_by: str
    key: str
    subject: str
    sender: str
    lacks: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    checks: Sequence[str] = ()


def look_at(
    house: House, actor: Actor, desk: DraftDesk, draft: Draft, *, seen_by: str, variant: int
) -> Look:
    """Raises NotFound naming the contact, InvalidInput naming field and line."""
    words = words_of(draft)
    arm = variant if words.test is not None else 0
    seen = preview_draft(house, actor, words, seen_by or None, arm)
    letter = read_letter(seen.message)
    lacks: dict[str, list[tuple[str, int]]] = {}
    for each in seen.missing:
        at = "alt_subject_line" if arm and each.field == "subject_line" else each.field
        lacks.setdefault(at, []).append((each.name, each.line))
    return Look(
        seen_by=seen_by,
        key=desk.keep(actor, seen.message),
        subject=letter.subject,
        sender=letter.sender,
        lacks=lacks,
        checks=[check.message for check in seen.checks],
    )

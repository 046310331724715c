"""What a compiler of mail takes and gives: templates and their surroundings in, links out.

Everything here is a plain value. One `EmailTemplate` is one arm of a mailing; all arms of a
mailing share one `MailContext` and one table of links.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

SOURCE_LIMIT = 200_000
"""Bytes of UTF-8 that one template may have."""


@dataclass(frozen=True)
class EmailTemplate:
    """One arm: Liquid in subject, HTML and text; `fields` are the arm's own values.

    `fields` win over the contact's fields of the same name, because they are what is tested.
    Without `text` the text part is made from the HTML. `preheader` is Liquid of plain text: what an
    inbox shows behind the subject.
    """

    subject: str
    html: str
    text: str | None
    sender_name: str
    sender_email: str
    fields: Mapping[str, str] = field(default_factory=dict)
    reply_to: str = ""
    preheader: str = ""


@dataclass(frozen=True)
class MailContext:
    """What is the same for every message of a mailing: addresses of the house and of the list.

    `list_id` is a whole List-Id (`news.example.com`) or a label that `domain` completes.
    `unsubscribe_mailto` and `feedback_id` are left out of the headers when empty. `hidden_link`
    adds a link that no reader sees, to tell who follows all of them.
    """

    public_url: str
    list_id: str
    list_name: str
    postal_address: str
    domain: str
    unsubscribe_mailto: str = ""
    feedback_id: str = ""
    hidden_link: bool = True


@dataclass(frozen=True)
class Addressee:
    """One recipient of a preview, with what delivery would give the message."""

    to: str
    fields: dict[str, object]
    token: str
    message_id: str
    date: datetime


@dataclass
class LinkTable:
    """Targets of tracked links, numbered from 0 in the order they are first met."""

    targets: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def number(self, target: str) -> int:
        if target not in self.targets:
            self.targets.append(target)
        return self.targets.index(target)

    def warn(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

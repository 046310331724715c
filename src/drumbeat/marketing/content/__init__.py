"""Content: what is said, per channel and arm; checked, kept in versions, compiled once.

The one compiler turns a template into the bytes that leave the house, so a preview is what is
sent. It never sends and never decides who gets what.
"""

from drumbeat.marketing.content.compile import (
    Addressee,
    AnswerWords,
    CompiledEmail,
    CompiledEmails,
    EmailTemplate,
    MailContext,
    RenderedEmail,
    compile_answer,
    compile_emails,
    resolve_target,
)
from drumbeat.marketing.content.drafts import Missing, SeenDraft, see_draft
from drumbeat.marketing.content.model import (
    Check,
    CheckedEmails,
    Level,
    MailSender,
    PieceVersion,
)
from drumbeat.marketing.content.rules import (
    check_templates,
    content_hash,
    images_of,
    no_such_variant,
)
from drumbeat.marketing.content.service import ContentService

__all__ = [
    "Addressee",
    "AnswerWords",
    "Check",
    "CheckedEmails",
    "CompiledEmail",
    "CompiledEmails",
    "ContentService",
    "EmailTemplate",
    "Level",
    "MailContext",
    "MailSender",
    "Missing",
    "PieceVersion",
    "RenderedEmail",
    "SeenDraft",
    "check_templates",
    "compile_answer",
    "compile_emails",
    "content_hash",
    "images_of",
    "no_such_variant",
    "resolve_target",
    "see_draft",
]

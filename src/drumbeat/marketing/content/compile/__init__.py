"""The compiler of mail: guarded Liquid, inlined styles, numbered links, wire bytes.

Imports nothing of ours but the kit.
"""

from drumbeat.marketing.content.compile.answer import AnswerWords, compile_answer
from drumbeat.marketing.content.compile.compiler import CompiledEmails, compile_emails
from drumbeat.marketing.content.compile.links import resolve_target
from drumbeat.marketing.content.compile.message import CompiledEmail, RenderedEmail
from drumbeat.marketing.content.compile.model import Addressee, EmailTemplate, MailContext

__all__ = [
    "Addressee",
    "AnswerWords",
    "CompiledEmail",
    "CompiledEmails",
    "EmailTemplate",
    "MailContext",
    "RenderedEmail",
    "compile_answer",
    "compile_emails",
    "resolve_target",
]

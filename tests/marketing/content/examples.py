"""Templates, contexts and parsed messages that the content tests share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from drumbeat.marketing.content import (
    CompiledEmail,
    EmailTemplate,
    MailContext,
    compile_emails,
)

CONTEXT = MailContext(
    public_url="https://mail.example.com",
    list_id="news",
    list_name="Example News",
    postal_address="1 Example Street\nTown",
    domain="example.com",
)
TOKEN = "AAAAAQAAAAIAAPz-_0123456789abcd"
DATE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def template(html: str, *, subject: str = "Hello", text: str | None = None) -> EmailTemplate:
    return EmailTemplate(subject, html, text, "Example", "news@example.com")


def compiled(html: str, *, subject: str = "Hello", text: str | None = None) -> CompiledEmail:
    return compile_emails([template(html, subject=subject, text=text)], CONTEXT).arms[0]


def built(
    arm: CompiledEmail, fields: Mapping[str, object] | None = None, to: str = "jo@example.org"
) -> bytes:
    return arm.build(
        to=to, fields=fields or {}, token=TOKEN, message_id="1.2.0@example.com", date=DATE
    )


def parsed(message: bytes) -> EmailMessage:
    parsed_message = message_from_bytes(message, policy=policy.SMTPUTF8)
    assert isinstance(parsed_message, EmailMessage)
    assert not parsed_message.defects
    return parsed_message


def part(message: bytes, kind: str) -> str:
    """The decoded `plain` or `html` part."""
    body = parsed(message).get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def html_of(html: str, fields: Mapping[str, object] | None = None) -> str:
    return part(built(compiled(html), fields), "html")


def text_of(html: str, fields: Mapping[str, object] | None = None) -> str:
    return part(built(compiled(html), fields), "plain")

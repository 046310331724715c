"""A mail of the house itself, that answers what its one reader asked for: fixed words, one link.

Nothing in it is tracked. Its words are values of a constant template, so none of them is Liquid.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from drumbeat.marketing.content.compile import headers
from drumbeat.marketing.content.compile.compiler import CompiledEmails
from drumbeat.marketing.content.compile.footer import require_postal_address
from drumbeat.marketing.content.compile.language import parse
from drumbeat.marketing.content.compile.links import TOKEN
from drumbeat.marketing.content.compile.message import CompiledEmail
from drumbeat.marketing.content.compile.model import MailContext

_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title></title></head>
<body style="margin:0;padding:24px;font:16px/1.6 Arial,sans-serif;color:#1c2321;background:#ffffff">
<p>{{ answer_text }}</p>
<p><a href="%(link)s" style="display:inline-block;padding:10px 20px;border-radius:8px;background:\
#0b6b58;color:#ffffff;text-decoration:none;font-weight:bold">{{ answer_button }}</a></p>
<p style="color:#56605c">{{ answer_small }}</p>
<p style="color:#56605c;font-size:12px">{{ postal_address | newline_to_br }}</p></body></html>"""
_TEXT = """{{ answer_text }}

{{ answer_button }}:
%(link)s

{{ answer_small }}

--
{{ postal_address }}
"""


@dataclass(frozen=True)
class AnswerWords:
    """What it says: a subject, a paragraph, a button that leads to the house, a small print."""

    subject: str
    text: str
    button: str
    small: str

    @property
    def fields(self) -> Mapping[str, str]:
        return {
            "answer_subject": self.subject,
            "answer_text": self.text,
            "answer_button": self.button,
            "answer_small": self.small,
        }


def compile_answer(
    words: AnswerWords, context: MailContext, sender_name: str, sender_email: str
) -> CompiledEmails:
    """One arm whose button leads each reader to `/confirm/` and a token of their own.

    Raises InvalidInput for a sender that cannot be written, or without a postal address.
    """
    require_postal_address(context.postal_address)
    public_url = context.public_url.rstrip("/")
    link = {"link": f"{public_url}/confirm/{TOKEN}"}
    boundary = (
        b"=_"
        + hashlib.blake2b(repr((words, context)).encode(), digest_size=12).hexdigest().encode()
    )
    letter = CompiledEmail(
        subject=parse("{{ answer_subject }}", field="subject_line"),
        html=parse(_HTML % link, field="content_html", html=True),
        text=parse(_TEXT % link, field="content_text"),
        own_fields=words.fields,
        head=_head(context, boundary, sender_name, sender_email),
        boundary=boundary,
        public_url=public_url,
        postal_address=context.postal_address,
    )
    return CompiledEmails((letter,), (), ())


def _head(context: MailContext, boundary: bytes, sender_name: str, sender_email: str) -> bytes:
    sender = headers.mailbox(sender_name, sender_email, field="sender_email")
    return b"".join(
        (
            b"From: " + sender + b"\r\n",
            b"Auto-Submitted: auto-generated\r\n",  # RFC 3834: nobody's program answers it
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            headers.list_id(context.list_name, context.list_id, context.domain),
            b"MIME-Version: 1.0\r\n",
            b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n',
        )
    )

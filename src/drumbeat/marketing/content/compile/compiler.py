"""From templates to mail: the one road, so that a preview is what is sent.

Compiling is pure and dear (CSS, links, text part; once a mailing); building is cheap (once a
recipient). Footer: a standard one is appended for whatever of unsubscribe link and postal address
the template does not always show; an empty postal address is refused.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from liquid.template import BoundTemplate

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.hidden_link import HIDDEN_LINK
from drumbeat.marketing.content.compile import footer, headers
from drumbeat.marketing.content.compile.language import RESERVED, names_set, parse
from drumbeat.marketing.content.compile.links import TOKEN, track
from drumbeat.marketing.content.compile.markup import before_end
from drumbeat.marketing.content.compile.message import CompiledEmail
from drumbeat.marketing.content.compile.model import EmailTemplate, LinkTable, MailContext
from drumbeat.marketing.content.compile.plain_text import text_of
from drumbeat.marketing.content.compile.preheader import with_preheader
from drumbeat.marketing.content.compile.styles import with_inline_styles

_PUBLIC_URL = re.compile(r"https?://[^\s/?#{}<>\"']+(/[^\s?#{}<>\"']*)?", re.ASCII)
_LONGEST_URL = 500  # a header line holds 998 bytes, and a token follows
_PIXEL = (
    '<img src="{url}/o/{token}.gif" width="1" height="1" alt=""'
    ' style="display:block;width:1px;height:1px;border:0">'
)
# Empty, so that there is no hidden text for a spam filter to mind; out of the way of the keyboard
# and of whoever reads aloud; and after the text part is made, so that it is not in there.
_HIDDEN_LINK = (
    '<a href="{url}/c/{number}/{token}" style="display:none" aria-hidden="true" tabindex="-1"></a>'
)


@dataclass(frozen=True)
class CompiledEmails:
    """All arms of a mailing and the one table of links (`links[link_no]`) that they share.

    `problems` are sentences for the author: what was left as it is, and why.
    """

    arms: tuple[CompiledEmail, ...]
    links: tuple[str, ...]
    problems: tuple[str, ...]


def compile_emails(templates: Sequence[EmailTemplate], context: MailContext) -> CompiledEmails:
    """Compile all arms. Raises InvalidInput naming field and line."""
    footer.require_postal_address(context.postal_address)
    public_url = context.public_url.rstrip("/")
    if not (public_url.isascii() and _PUBLIC_URL.fullmatch(public_url)):
        message = f"{public_url[:80]!r} is not an http(s) address in plain ASCII."
        raise InvalidInput(message, field="public_url")
    if len(public_url) > _LONGEST_URL:
        message = f"The public URL has {len(public_url)} characters; {_LONGEST_URL} are allowed."
        raise InvalidInput(message, field="public_url")
    table = LinkTable()
    arms = tuple(_compile(template, context, public_url, table) for template in templates)
    return CompiledEmails(arms, tuple(table.targets), tuple(table.problems))


def _compile(
    template: EmailTemplate, context: MailContext, public_url: str, table: LinkTable
) -> CompiledEmail:
    html, text = _parts(template, context, public_url, table)
    subject = parse(template.subject, field="subject_line")
    _refuse_reserved(subject, "subject_line")
    boundary = _boundary(template, context)
    return CompiledEmail(
        subject=subject,
        html=parse(html, field="content_html", html=True),
        text=parse(text, field="content_text"),
        own_fields=dict(template.fields),
        head=_head(template, context, boundary),
        boundary=boundary,
        public_url=public_url,
        postal_address=context.postal_address,
        unsubscribe_mailto=_mailto(context),
    )


def _parts(
    template: EmailTemplate, context: MailContext, public_url: str, table: LinkTable
) -> tuple[str, str]:
    """The finished HTML and text templates, still Liquid."""
    # Parsed as written first, so that an error names the line the author sees.
    own_names = _refuse_reserved(
        parse(template.html, field="content_html", html=True), "content_html"
    )
    html = footer.with_html_footer(template.html, context.postal_address)
    # What the arm or the mail brings, a click could not fill in from the contact alone.
    own_names |= frozenset(template.fields) | frozenset(RESERVED)
    html = track(with_inline_styles(html, table), public_url, table, own_names)
    if template.text is None:
        text = text_of(html)
    else:
        _refuse_reserved(parse(template.text, field="content_text"), "content_text")
        text = template.text
    if template.preheader:
        _refuse_reserved(parse(template.preheader, field="preheader"), "preheader")
        html = with_preheader(html, template.preheader)
    text = footer.with_text_footer(text, context.postal_address)
    ending = _PIXEL.format(url=public_url, token=TOKEN)
    if context.hidden_link:
        hidden = _HIDDEN_LINK.format(url=public_url, number=HIDDEN_LINK, token=TOKEN)
        ending = hidden + ending
    return before_end(html, ending), text


def _refuse_reserved(template: BoundTemplate, field: str) -> frozenset[str]:
    """The names that the template sets itself; raises InvalidInput if one is the mail's own."""
    names = names_set(template)
    for name in RESERVED:
        if name in names:
            message = f"{field}: {name!r} is filled in by the mail itself and cannot be set."
            raise InvalidInput(message, field=field)
    return names


def _boundary(template: EmailTemplate, context: MailContext) -> bytes:
    """Equal templates get equal boundaries; `=_` never stands in quoted-printable text."""
    seed = repr((template.subject, template.html, template.text, context)).encode(
        "utf-8", "replace"
    )
    return b"=_" + hashlib.blake2b(seed, digest_size=12).hexdigest().encode()


def _head(template: EmailTemplate, context: MailContext, boundary: bytes) -> bytes:
    """The lines that are the same for every recipient."""
    sender = headers.mailbox(template.sender_name, template.sender_email, field="sender_email")
    lines = [b"From: " + sender + b"\r\n"]
    if template.reply_to:
        address = headers.address_bytes(template.reply_to, field="reply_to")
        if not address.isascii():
            message = f"reply_to: {template.reply_to[:80]!r} can be written to by few mail servers."
            raise InvalidInput(message, field="reply_to")
        lines.append(b"Reply-To: " + address + b"\r\n")
    lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    lines.append(headers.list_id(context.list_name, context.list_id, context.domain))
    if context.feedback_id:
        lines.append(headers.unstructured("Feedback-ID", context.feedback_id))
    lines.append(b"MIME-Version: 1.0\r\n")
    lines.append(b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n')
    return b"".join(lines)


def _mailto(context: MailContext) -> str:
    if context.unsubscribe_mailto:
        headers.address_bytes(context.unsubscribe_mailto, field="unsubscribe_mailto")
    return context.unsubscribe_mailto

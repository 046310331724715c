"""The pages of choosing: sign up, confirm, prefer. Whole, without cookie or outside request."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from drumbeat.interfaces.public.pages import whole_page
from drumbeat.interfaces.public.proof import BITS, WAIT, script
from drumbeat.marketing.audience import AskKind, Choices, Consent, SignupForm, Topic


@dataclass(frozen=True)
class FilledIn:
    """A sign-up form as somebody sent it; `said` is what they are told."""

    stamp: str
    email: str = ""
    topics: Collection[str] = ()
    said: str = ""


def sign_up(form: SignupForm, topics: Sequence[Topic], filled: FilledIn, sender: str) -> bytes:
    said = f'<p class="said" role="alert">{escape(filled.said)}</p>' if filled.said else ""
    body = (
        f"<p>Mail from {escape(sender)}.</p>{said}"
        f'<form method="post" action="/s/{escape(form.id)}" data-bits="{BITS}" '
        'accept-charset="utf-8">'
        f'<input type="hidden" name="stamp" value="{escape(filled.stamp)}">'
        '<input type="hidden" name="nonce" value="">'
        '<label for="email">Your email address</label>'
        '<input id="email" name="email" type="email" autocomplete="email" required maxlength="320" '
        f'value="{escape(filled.email)}">'
        f"{_offered(topics, filled.topics)}"
        f"<p>{escape(form.wording)}</p>"
        '<button>Sign me up</button><p id="state" role="status"></p>'
        f"<noscript><p>Without scripts, please wait {WAIT} seconds before you send this.</p>"
        "</noscript></form>"
    )
    return whole_page(escape(form.name), body, script())


def _offered(topics: Sequence[Topic], ticked: Collection[str]) -> str:
    if len(topics) == 1:
        key, about = escape(topics[0].key), escape(topics[0].description or topics[0].name)
        return f'<input type="hidden" name="topic" value="{key}"><p>{about}</p>'
    rows = [_choice(each, ticked=each.key in ticked) for each in topics]
    return f"<fieldset><legend>What about?</legend>{''.join(rows)}</fieldset>"


def _choice(topic: Topic, *, ticked: bool) -> str:
    about = f"<small>{escape(topic.description)}</small>" if topic.description else ""
    return (
        f'<label class="choice"><input type="checkbox" name="topic" value="{escape(topic.key)}"'
        f"{' checked' if ticked else ''}><span>{escape(topic.name)}{about}</span></label>"
    )


def taken(form: SignupForm, sender: str) -> bytes:
    """The same for every address, known or not."""
    if form.double:
        told = (
            f"A mail from {escape(sender)} is on its way. Press the button in it, and you are "
            "signed up. If none comes within some minutes, look among the spam."
        )
        return whole_page("Look into your mailbox", f"<p>{told}</p>")
    told = "If you have to confirm it, a mail that says so is on its way to you."
    return whole_page("Thank you", f"<p>{told}</p>")


def too_many() -> bytes:
    told = "Too much was asked from your network within this hour. Please try again later."
    return whole_page("Later, please", f"<p>{told}</p>")


def confirm(kind: AskKind, form: SignupForm | None, topics: Sequence[str], sender: str) -> bytes:
    """Asks before it acts: link scanners and previews fetch addresses, people press buttons."""
    house = escape(sender)
    if kind is AskKind.DATA:
        return _ask("Your data", f"Everything that {house} keeps about you.", "Get my data")
    if kind is AskKind.ERASE:
        told = f"Press the button to have {house} erase everything that is kept about you."
        return _ask("Erase my data", told, "Erase my data")
    names = "".join(f"<li>{escape(each)}</li>" for each in topics)
    wording = escape(form.wording) if form is not None else ""
    return whole_page(
        "Please confirm",
        f"<p>{house} will send you mail about:</p><ul>{names}</ul><p>{wording}</p>"
        '<form method="post"><button>Yes, sign me up</button></form>',
    )


def _ask(title: str, told: str, button: str) -> bytes:
    form = f'<form method="post"><button>{button}</button></form>'
    return whole_page(title, f"<p>{told}</p>{form}")


def confirmed(kind: AskKind) -> bytes:
    if kind is AskKind.ERASE:
        told = "Your request is confirmed. A person takes care of it."
        return whole_page("We take care of it", f"<p>{told}</p>")
    told = "You are signed up. Every mail says how to stop it again."
    return whole_page("Thank you", f"<p>{told}</p>")


def before(kind: AskKind) -> bytes:
    if kind is AskKind.ERASE:
        return confirmed(kind)
    told = "This was confirmed before. Nothing has changed now."
    return whole_page("Confirmed already", f"<p>{told}</p>")


def over() -> bytes:
    told = "It has been used up, or is too old. Please ask once more."
    return whole_page("This link no longer works", f"<p>{told}</p>")


def refused(sender: str) -> bytes:
    told = f"This address cannot be signed up here. Please write to {escape(sender)}."
    return whole_page("That did not work", f"<p>{told}</p>")


@dataclass(frozen=True)
class Standing:
    """One reader's choices as their page shows them; `masked` is their address, hardly readable."""

    masked: str
    choices: Choices
    said: str = ""
    left: bool = False


def preferences(standing: Standing, sender: str) -> bytes:
    choices = standing.choices
    offered = [c for c in choices.topics if c.topic.offered or c.state is Consent.subscribed]
    said = f'<p class="said" role="status">{escape(standing.said)}</p>' if standing.said else ""
    rows = "".join(
        _choice(c.topic, ticked=c.state is Consent.subscribed and not standing.left)
        for c in offered
    )
    paused = choices.paused_until
    pause = (
        f"<p>You get no mail until {paused:%d %B %Y}.</p>{_deed('resume', 'End the pause')}"
        if paused is not None
        else f"<p>No mail for 30 days, then as before.</p>{_deed('pause', 'Pause for 30 days')}"
    )
    left = "<p>You have stopped all mail.</p>" if standing.left else ""
    sale = (
        f"<p>Your data is neither sold nor shared.</p>{_deed('sale_undo', 'Take that back')}"
        if choices.sale_opt_out is not None
        else _deed("sale", "Do not sell or share my data")
    )
    body = (
        f"<p>Mail from {escape(sender)} to {escape(standing.masked)}.</p>{said}{left}"
        '<form method="post"><input type="hidden" name="do" value="topics">'
        f"<fieldset><legend>What you want mail about</legend>{rows}</fieldset>"
        "<button>Save</button></form>"
        f"<h2>A pause</h2>{pause}"
        f"<h2>No more mail</h2>{_deed('leave', 'Unsubscribe from everything')}"
        f"<h2>Your data</h2><p>For the next two, a mail asks you to confirm.</p>"
        f'<div class="row">{_deed("data", "Send me my data")}'
        f"{_deed('erase', 'Erase my data')}</div>"
        f"<h2>Sale and sharing</h2>{sale}"
    )
    return whole_page("Your choices", body)


def _deed(do: str, button: str) -> str:
    return (
        f'<form method="post"><input type="hidden" name="do" value="{do}">'
        f'<button class="second">{button}</button></form>'
    )

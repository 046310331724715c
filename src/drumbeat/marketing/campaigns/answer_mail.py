"""What the house writes by itself: confirm a sign-up, get your data, confirm an erasure."""

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.audience import AskKind
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.content import AnswerWords, CompiledEmails, compile_answer
from drumbeat.marketing.delivery import Mailing
from drumbeat.marketing.senders import require_real

_IGNORE = "If this was not you, ignore this mail: nothing happens."


def compile_answer_mailing(unit: Unit, mailing: Mailing) -> CompiledEmails:
    """Raises InvalidInput for a sender that may not leave the sandbox, or links to nowhere."""
    sender = unit.senders.resolve(mailing.sender_name, mailing.sender_email)
    if unit.office.real_messenger:
        require_real(sender)
    if unit.office.dead_links:
        message = f"Its link would lead to {unit.office.public_url}: set DRUMBEAT_PUBLIC_URL."
        raise InvalidInput(message, field="DRUMBEAT_PUBLIC_URL")
    words = _words(unit, AskKind(mailing.step), mailing.piece_no, sender.name)
    return compile_answer(words, unit.content.mail_context(sender), sender.name, sender.email)


def _words(unit: Unit, kind: AskKind, form_no: int, house: str) -> AnswerWords:
    if kind is AskKind.DATA:
        return AnswerWords(
            "Your data, as you asked",
            f"You asked {house} for everything that is kept about you.",
            "Get my data",
            "The link works for seven days. Do not pass it on. " + _IGNORE,
        )
    if kind is AskKind.ERASE:
        return AnswerWords(
            "Please confirm that we erase your data",
            f"You asked {house} to erase everything that is kept about you.",
            "Confirm",
            "Once you have confirmed, a person takes care of it. " + _IGNORE,
        )
    form = unit.forms.get_form_by_no(form_no)
    return AnswerWords(
        f"Please confirm: {form.name}",
        f"Somebody, we hope it was you, signed this address up with {house}: {form.name}.",
        "Yes, sign me up",
        "You get no mail before you have confirmed. " + _IGNORE,
    )

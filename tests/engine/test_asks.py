"""Signing up: a real confirmation mail, once, and a yes only from the mailbox it went to."""

import re
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.asks import expire, send
from drumbeat.engine.campaigns import settle_exhausted
from drumbeat.engine.loop import Engine, sending_engine
from drumbeat.kit.actor import PUBLIC_CHOICES, PUBLIC_CONSENT
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.audience import (
    Answered,
    AskKind,
    Consent,
    ContactRow,
    SignupForm,
    SuppressionReason,
    Taken,
    Visitor,
)
from tests.conftest import HandClock

READER = Visitor("203.0.113.9", "Test/1", "https://shop.example/")


def form_of(
    house: Drumbeat, topics: Sequence[str] = ("marketing",), *, double: bool = True
) -> SignupForm:
    with house.begin(house.owner()) as d:
        if "garden-tips" in topics:
            d.topics.add_topic("Garden tips")
        return d.forms.add_form("The garden letter", topics, double=double)


def sign_up(
    house: Drumbeat,
    form: SignupForm,
    address: str = "Ana@Example.com",
    topics: Sequence[str] = (),
    visitor: Visitor = READER,
) -> Taken:
    with house.begin(PUBLIC_CHOICES) as d:
        return d.asks.sign_up(form.id, address, topics, visitor)


def work(house: Drumbeat) -> None:
    """Everything an engine does for it."""
    while send(house):
        pass
    engine = sending_engine(house)
    engine.run_until_idle()
    engine.close()
    settle_exhausted(house)


def mails(house: Drumbeat) -> list[EmailMessage]:
    found = []
    for mail in reversed(house.sandbox.list_(50)):
        parsed = message_from_bytes(house.sandbox.get(mail.no).raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def recipient_of(house: Drumbeat, mail: EmailMessage) -> Recipient:
    part = mail.get_body(("plain",))
    assert part is not None
    token = re.search(r"/confirm/([\w-]{30})", part.get_content())
    assert token is not None
    found = TokenSigner(house.office.keys.derive("tracking")).read(token[1])
    assert found is not None
    return found


def confirm(house: Drumbeat, recipient: Recipient) -> Answered:
    with house.begin(PUBLIC_CHOICES) as d:
        return d.asks.confirm(recipient, READER)


def why(house: Drumbeat, address: str = "ana@example.com", topic: str = "") -> str:
    with house.look(house.owner()) as d:
        number = d.audience.contact_numbers([address])[address]
        topic_no = d.topics.get_topic(topic).topic_no
        return d.audience.permissions([number], topic_no)[number].reason


def test_nobody_is_subscribed_before_they_confirmed_from_their_mailbox(house: Drumbeat) -> None:
    form = form_of(house)
    assert sign_up(house, form) is Taken.asked
    assert why(house) == "no_consent"
    work(house)
    [mail] = mails(house)
    assert mail["To"] == "ana@example.com"
    assert mail["Subject"] == "Please confirm: The garden letter"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert why(house) == "no_consent"
    assert confirm(house, recipient_of(house, mail)) is Answered.confirmed
    assert why(house) == ""
    with house.look(house.owner()) as d:
        [proof] = d.audience.list_proofs(recipient_of(house, mail).contact_no)
    assert (proof.state, proof.wording, proof.source) == (
        Consent.subscribed,
        form.wording,
        "form:The garden letter",
    )
    assert proof.evidence is not None


def test_only_what_was_ticked_is_allowed(house: Drumbeat) -> None:
    form = form_of(house, ["marketing", "garden-tips"])
    sign_up(house, form, topics=["garden-tips", "unknown"])
    work(house)
    [mail] = mails(house)
    confirm(house, recipient_of(house, mail))
    assert (why(house), why(house, topic="garden-tips")) == ("no_consent", "")
    with pytest.raises(InvalidInput, match="Choose"):
        sign_up(house, form, topics=["unknown"])


def test_one_request_is_one_mail_however_often_an_engine_looks(house: Drumbeat) -> None:
    form = form_of(house)
    sign_up(house, form)
    for _ in range(3):
        work(house)
    assert house.sandbox.count() == 1
    with house.look(house.owner()) as d:
        [line] = d.delivery.history_of(ContactNo(1))
    assert (line.state, line.step) == ("sent", "confirm")


def test_mailings_of_answers_stay_open_for_more_and_settle_in_between(house: Drumbeat) -> None:
    form = form_of(house)
    for number in range(5):
        sign_up(house, form, f"reader{number}@gmail.com" if number % 2 else f"r{number}@x.example")
        work(house)
    assert house.sandbox.count() == 5
    with house.look(house.owner()) as d:
        counted = d.delivery.ledger(MailingNo(1))
        mailing = d.delivery.get(MailingNo(1))
    assert counted.frozen == counted.states["sent"] == 5
    assert mailing.state.value == "settled"


def test_who_asks_twice_gets_two_mails_whose_links_both_work(house: Drumbeat) -> None:
    form = form_of(house)
    sign_up(house, form)
    sign_up(house, form)
    work(house)
    first, second = (recipient_of(house, mail) for mail in mails(house))
    assert {first.occasion, second.occasion} == {0, 1}
    assert confirm(house, second) is Answered.confirmed
    assert confirm(house, first) is Answered.confirmed


def test_nobody_is_flooded_by_who_types_their_address(house: Drumbeat, clock: HandClock) -> None:
    form = form_of(house)
    for number in range(10):
        assert sign_up(house, form, visitor=Visitor(f"203.0.113.{number}")) is Taken.asked
    work(house)
    assert house.sandbox.count() == 3
    clock.advance(days=1, minutes=1)
    sign_up(house, form)
    work(house)
    assert house.sandbox.count() == 4


def test_a_link_that_is_used_again_revives_nobody(house: Drumbeat) -> None:
    form = form_of(house)
    sign_up(house, form)
    work(house)
    recipient = recipient_of(house, mails(house)[0])
    confirm(house, recipient)
    with house.begin(PUBLIC_CONSENT) as d:
        d.audience.withdraw(recipient.contact_no, source="one-click")
    assert confirm(house, recipient) is Answered.before
    assert why(house) == "unsubscribed"


def test_who_left_comes_back_by_confirming_anew(house: Drumbeat) -> None:
    form = form_of(house)
    with house.begin(house.owner()) as d:
        row = ContactRow("ana@example.com", suppress=SuppressionReason.unsubscribed)
        d.audience.merge_contacts([row])
    sign_up(house, form)
    assert why(house) == "unsubscribed"
    work(house)
    confirm(house, recipient_of(house, mails(house)[0]))
    assert why(house) == ""


def test_a_mailbox_that_complained_is_not_even_asked(house: Drumbeat) -> None:
    form = form_of(house)
    with house.begin(house.owner()) as d:
        row = ContactRow("ana@example.com", suppress=SuppressionReason.complained)
        d.audience.merge_contacts([row])
    assert sign_up(house, form) is Taken.asked
    work(house)
    assert house.sandbox.count() == 0
    with house.look(house.owner()) as d:
        [line] = d.delivery.history_of(ContactNo(1))
    assert (line.state, line.reason) == ("suppressed", "suppressed:complained")


def test_a_link_ends_after_a_week(house: Drumbeat, clock: HandClock) -> None:
    form = form_of(house)
    sign_up(house, form)
    work(house)
    recipient = recipient_of(house, mails(house)[0])
    clock.advance(days=7)
    assert confirm(house, recipient) is Answered.over
    assert expire(house)
    assert confirm(house, recipient) is Answered.over
    assert why(house) == "no_consent"


def test_a_link_of_other_mail_confirms_nothing(house: Drumbeat) -> None:
    form = form_of(house)
    sign_up(house, form)
    work(house)
    recipient = recipient_of(house, mails(house)[0])
    for other in (
        recipient._replace(occasion=7),
        recipient._replace(mailing_no=MailingNo(999)),
        recipient._replace(contact_no=ContactNo(999)),
    ):
        assert confirm(house, other) is Answered.over
    assert why(house) == "no_consent"


def test_a_single_form_takes_a_stranger_at_once_and_nobody_else(house: Drumbeat) -> None:
    form = form_of(house, double=False)
    with house.begin(house.owner()) as d:
        known = ContactRow("known@example.com")
        left = ContactRow("left@example.com", suppress=SuppressionReason.unsubscribed)
        d.audience.merge_contacts([known, left])
    for name in ("new", "known", "left"):
        assert sign_up(house, form, f"{name}@example.com") is Taken.asked
    assert why(house, "new@example.com") == ""
    assert why(house, "known@example.com") == "no_consent"
    assert why(house, "left@example.com") == "unsubscribed"
    work(house)
    assert sorted(str(mail["To"]) for mail in mails(house)) == [
        "known@example.com",
        "left@example.com",
    ]


def test_a_stamp_counts_once(house: Drumbeat) -> None:
    form = form_of(house)
    stamped = Visitor("203.0.113.9", stamp=b"0123456789abcdef")
    for _ in range(2):
        assert sign_up(house, form, visitor=stamped) is Taken.asked
    work(house)
    assert house.sandbox.count() == 1


def test_one_place_asks_so_often_an_hour_and_no_more(house: Drumbeat, clock: HandClock) -> None:
    form = form_of(house)
    asked = [sign_up(house, form, f"r{n}@example.com") for n in range(25)]
    assert asked.count(Taken.asked) == 20
    waited = Visitor("2001:db8::1", scripted=False)
    asked = [sign_up(house, form, f"w{n}@example.com", visitor=waited) for n in range(6)]
    assert asked.count(Taken.asked) == 4
    neighbour = Visitor("2001:db8::2")
    assert sign_up(house, form, "n@example.com", visitor=neighbour) is Taken.too_many
    clock.advance(hours=1)
    assert sign_up(house, form, "later@example.com") is Taken.asked


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b", "x" * 400 + "@example.com", "a b@c.example", "\x00@x.example"]
)
def test_what_is_no_address_is_told_and_counts_nothing(house: Drumbeat, address: str) -> None:
    form = form_of(house)
    with pytest.raises(InvalidInput) as error:
        sign_up(house, form, address)
    assert error.value.field == "email"


def test_a_closed_form_takes_nobody(house: Drumbeat) -> None:
    form = form_of(house)
    with house.begin(house.owner()) as d:
        d.forms.change_form(form.id, open_=False)
    with pytest.raises(NotFound):
        sign_up(house, form)


def test_mail_waits_while_its_maker_may_not_send(house: Drumbeat, clock: HandClock) -> None:
    from drumbeat.marketing.accounts import Newcomer, Role

    with house.begin(house.owner()) as d:
        person, _ = d.people.add(Newcomer("m@example.com", Role.MARKETER))
        maker = d.accounts.actor_of(person.person_no)
    with house.begin(maker) as d:
        form = d.forms.add_form("Hers", ["marketing"])
    with house.begin(house.owner()) as d:
        d.people.change_role(person.id, Role.VIEWER)
    sign_up(house, form)
    assert not send(house)
    with house.begin(house.owner()) as d:
        d.people.change_role(person.id, Role.MARKETER)
    work(house)
    assert house.sandbox.count() == 1


def test_an_engine_is_not_idle_while_somebody_waits_for_a_mail(house: Drumbeat) -> None:
    form = form_of(house)
    sign_up(house, form)
    engine = Engine(house)
    engine.run(until_idle=True)
    assert house.sandbox.count() == 1
    assert confirm(house, recipient_of(house, mails(house)[0])) is Answered.confirmed


def test_what_a_reader_asks_for_by_a_link_is_asked_back_by_mail(house: Drumbeat) -> None:
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts([ContactRow("ana@example.com", consent=Consent.subscribed)])
    with house.begin(PUBLIC_CHOICES) as d:
        assert d.asks.ask(ContactNo(1), AskKind.DATA, READER) is Taken.asked
        assert d.asks.ask(ContactNo(99), AskKind.DATA, READER) is Taken.asked  # tells nothing
        assert d.asks.ask(ContactNo(1), AskKind.ERASE, READER) is Taken.asked
    work(house)
    subjects = sorted(str(mail["Subject"]) for mail in mails(house))
    assert subjects == ["Please confirm that we erase your data", "Your data, as you asked"]


def test_a_form_needs_words_topics_and_a_person(house: Drumbeat) -> None:
    owner = house.owner()
    for name, topics in (("", ["marketing"]), ("x" * 121, ["marketing"]), ("A", []), ("A", ["b"])):
        with pytest.raises(InvalidInput), house.begin(owner) as d:
            d.forms.add_form(name, topics)
    form = form_of(house)
    with house.begin(owner) as d:
        changed = d.forms.change_form(form.id, name="Other", wording="Yes.", double=False)
    assert (changed.name, changed.wording, changed.double) == ("Other", "Yes.", False)
    with pytest.raises(NotFound), house.look(owner) as d:
        d.forms.get_form("frm_" + "0" * 32)
    assert form.created_at + timedelta() == changed.created_at

"""A test of a campaign's mail: what is asked for, who may get it, and the bytes, as production's.

The bytes are those that the contact would be sent, the To header too; only the tokens and the
Message-ID differ, which say that it is a test. No approval is needed: a person names each reader,
who is no contact of the house or one who may be mailed, and nobody who ever said no.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from drumbeat.kit.actor import Scope
from drumbeat.kit.clock import utc_now
from drumbeat.kit.errors import Conflict, InvalidInput, NotFound
from drumbeat.kit.ids import CampaignId, new_id
from drumbeat.kit.json_objects import JsonObject
from drumbeat.kit.signing import TokenSigner
from drumbeat.marketing.audience import NotAnAddress, normalise_address
from drumbeat.marketing.campaigns.planning import approved_sender, as_planned, sender_of
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.content import CompiledEmail, no_such_variant
from drumbeat.marketing.delivery import message_id_of
from drumbeat.marketing.delivery.mail_tests import MailTest, NewMailTest

Opens = Callable[[], AbstractContextManager[Unit]]
"""Opens a unit of work of whoever asks."""


@dataclass(frozen=True)
class Wish:
    """To whom a test goes, and as which contact would get the mail, by address."""

    campaign_id: CampaignId
    testers: Sequence[str]
    seen_as: str
    variant: int = 0


@dataclass(frozen=True)
class Wanted:
    """A test that may be asked for."""

    new: NewMailTest
    testers: tuple[str, ...]


def ask_for_test(look: Opens, begin: Opens, wish: Wish, name: str | None = None) -> list[MailTest]:
    """Ask for a test; the engine sends it. A repeated request of one `name` sends nothing twice."""
    with look() as unit:
        wanted = wanted_test(unit, wish)
    name = name or new_id("tst", utc_now())
    ids = [f"{name}.{number}" for number in range(len(wanted.testers))]
    with begin() as unit:
        return unit.mail_tests.ask(wanted.new, wanted.testers, ids)


def wanted_test(unit: Unit, wish: Wish) -> Wanted:
    """Dear, because the mail is compiled for its links: for a `look`.

    Raises Conflict before the campaign is planned, NotFound naming the contact, InvalidInput naming
    the variant or an address that is none or that must not be mailed.
    """
    unit.campaigns.actor.require(Scope.CAMPAIGNS_SEND)
    campaign = unit.campaigns.get(wish.campaign_id)
    revision = campaign.plan.piece_revision
    if revision is None:
        why = campaign.trouble or "its content is not planned yet"
        raise Conflict(f"Campaign {campaign.id} cannot be tested: {why}.")
    contact = unit.audience.find_contact(wish.seen_as)
    if contact is None:
        raise NotFound(f"There is no contact {wish.seen_as[:320]!r}.")
    sender = as_planned(sender_of(unit, campaign.brief), campaign)
    compiled = unit.content.compile_piece(campaign.no, sender, revision=revision)
    if not 0 <= wish.variant < len(compiled.arms):
        raise no_such_variant(len(compiled.arms), field="variant")
    addresses = tuple(dict.fromkeys(map(_address, wish.testers)))
    for address in addresses:
        _require_willing(unit, address)
    new = NewMailTest(campaign.no, revision, wish.variant, contact.contact_no, compiled.links)
    return Wanted(new, addresses)


def build_test(
    unit: Unit, test: MailTest, sign: Callable[[str], Callable[[CompiledEmail], "Built"]]
) -> tuple[str, bytes]:
    """The envelope's sender and the message. For a `look`, as the person who asked.

    `sign` answers, for a sender, what makes a letter the one that would leave.
    """
    unit.campaigns.actor.require(Scope.CAMPAIGNS_SEND)
    campaign = unit.campaigns.get_by_no(test.new.campaign_no)
    sender, office = approved_sender(unit, campaign), unit.office
    compiled = unit.content.compile_piece(campaign.no, sender, revision=test.new.piece_revision)
    found = unit.audience.recipients([test.new.contact_no])
    if not found:
        raise NotFound("The contact whom the test was to show was erased.")
    _require_willing(unit, test.tester)
    letter = sign(sender.email)(compiled.arms[test.new.arm_no])
    who = test.recipient
    message = letter(
        to=found[0].address,
        fields=found[0].fields,
        token=TokenSigner(office.keys.derive("tracking")).token(who),
        message_id=message_id_of(
            who.mailing_no, who.contact_no, who.occasion, office.keys, sender.domain
        ),
        date=office.clock(),
    )
    return office.return_path or sender.email, message


Built = Callable[..., bytes]
"""`CompiledEmail.build`, perhaps with signatures on top."""


def rows_of_tests(unit: Unit, campaign_id: CampaignId) -> list[JsonObject]:
    """The tests of a campaign, the newest first."""
    campaign = unit.campaigns.get(campaign_id)
    return [row_of_test(test) for test in unit.mail_tests.list_(campaign.no)]


def row_of_test(test: MailTest) -> JsonObject:
    return {
        "test_id": test.id,
        "to": test.tester,
        "variant": test.new.arm_no,
        "state": test.state.value,
        "reason": test.reason,
        "asked_at": test.asked_at.isoformat(),
        "ended_at": test.ended_at and test.ended_at.isoformat(),
    }


def _address(given: str) -> str:
    found = normalise_address(given)
    if isinstance(found, NotAnAddress):
        raise InvalidInput(f"{given[:80]!r} {found.reason}.", field="to")
    return found.text


def _require_willing(unit: Unit, address: str) -> None:
    """Raises InvalidInput naming a contact's address that must not be mailed, or one suppressed."""
    permission = unit.audience.permission_of(address)
    if permission is not None and not permission.may_mail:
        raise InvalidInput(f"{address} must not be mailed: {permission.reason}.", field="to")

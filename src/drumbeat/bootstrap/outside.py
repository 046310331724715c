"""Looks outside between two units: what a sender's domain publishes, where a mail's links lead.

Nothing here is asked inside a unit of work, and what was found is told with the time of the look.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drumbeat.bootstrap.signing import told_keys
from drumbeat.kit.actor import SYSTEM_SENDING, Actor, Scope
from drumbeat.kit.errors import InvalidInput, NotPermitted, ProviderFailed
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns.checklist import LinkFound, LinkState, Outlook, RecordFound
from drumbeat.marketing.campaigns.evidence import evidence_of
from drumbeat.marketing.senders import (
    KeyState,
    Record,
    RecordKind,
    Sender,
    SenderSetup,
    Standing,
    Standpoint,
    domains_above,
    judge,
    require_domain,
    wanted_records,
)

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat
    from drumbeat.marketing.senders.ports import DomainRecords

AT_ONCE = 8


def check_outside(drumbeat: "Drumbeat", actor: Actor, campaign_id: CampaignId) -> None:
    """Follow a campaign's links, ask DNS of its sender, and keep what was found with the time.

    Mail to the sandbox has no sender to be believed, so DNS is not asked for it. Whoever may only
    read sends nothing out: the right is asked for before anybody else is.
    """
    actor.require(Scope.CAMPAIGNS_WRITE)
    with drumbeat.look(actor) as department:
        evidence = evidence_of(department, campaign_id, ())
        campaign = department.campaigns.get(campaign_id)
    links = follow(drumbeat, evidence.links)
    records: list[RecordFound] = []
    if evidence.real and not evidence.placeholders:
        setup = setup_of(drumbeat, evidence.sender_email)
        records = [_told(each) for each in look_up(drumbeat.name_servers, setup)]
    outlook = Outlook(drumbeat.office.clock(), tuple(links), tuple(records))
    with drumbeat.begin(actor) as department:
        department.campaigns.keep_look(campaign, outlook)


def signed_by(drumbeat: "Drumbeat", actor: Actor, campaign_id: CampaignId) -> tuple[str, ...]:
    """The domains whose keys would sign this campaign's mail."""
    with drumbeat.look(actor) as department:
        campaign = department.campaigns.get(campaign_id)
        sender = department.senders.resolve(campaign.brief.sender_name, campaign.brief.sender_email)
    signer = drumbeat.signer_of(sender.email)
    return () if signer is None else tuple(dict.fromkeys(key.domain for key in signer.keys))


def _told(stand: Standpoint) -> RecordFound:
    record = stand.record
    return RecordFound(record.kind.value, stand.standing, stand.message, record.name, record.value)


def setup_of(drumbeat: "Drumbeat", sender_email: str) -> SenderSetup:
    """Raises InvalidInput for a DKIM key that cannot be read."""
    domain = sender_email.rpartition("@")[2]
    told = tuple((key.dns_name, key.dns_text) for key in told_keys(drumbeat.settings))
    server, public = drumbeat.mail_server, drumbeat.settings.public_url
    return SenderSetup(
        domain=domain,
        keys=told or _published_keys(drumbeat, domain),
        mail_host="" if server is None or server.is_local else server.host,
        tracking_host=(urlsplit(public).hostname or "") if public else "",
        return_domain=drumbeat.office.return_path.rpartition("@")[2],
    )


def _published_keys(drumbeat: "Drumbeat", domain: str) -> tuple[tuple[str, str], ...]:
    """What the house's own keys want in DNS: those in use, and those that wait to be."""
    with drumbeat.look(SYSTEM_SENDING) as department:
        kept = department.dkim_keys.list_()
    near = {domain, *domains_above(domain)}
    return tuple(
        (key.dns_name, key.dns_text)
        for key in kept
        if key.domain in near and key.state is not KeyState.RETIRED
    )


def sender_records(drumbeat: "Drumbeat", actor: Actor) -> list[Record]:
    """What the default sender's domain should publish; nobody is asked.

    Nothing while the sender is the sandbox's placeholder, whose domain is nobody's.
    """
    sender = _default_sender(drumbeat, actor)
    return wanted_records(setup_of(drumbeat, sender.email)) if sender.has_domain else []


def check_sender(drumbeat: "Drumbeat", actor: Actor) -> list[Standpoint]:
    """Ask DNS of the default sender's records, and let keys that it shows sign from now on.

    Raises Conflict while there is no domain to ask for.
    """
    actor.require(Scope.ACCOUNTS_WRITE)
    sender = _default_sender(drumbeat, actor)
    require_domain(sender)
    setup = setup_of(drumbeat, sender.email)
    found = look_up(drumbeat.name_servers, setup)
    shown = [
        each.record.name
        for each in found
        if each.record.kind is RecordKind.DKIM and each.standing is Standing.OK
    ]
    with drumbeat.begin(actor) as department:
        department.dkim_keys.note_published(shown)
    return found


def _default_sender(drumbeat: "Drumbeat", actor: Actor) -> Sender:
    with drumbeat.look(actor) as department:
        return department.senders.default_sender()


def look_up(records: "DomainRecords", setup: SenderSetup) -> list[Standpoint]:
    """How each record that this sender wants stands in DNS now."""

    def look(record: Record) -> Standpoint:
        ask = records.addresses if record.kind is RecordKind.TRACKING else records.texts
        above = domains_above(setup.domain) if record.kind is RecordKind.DMARC else []
        found = ask(record.name)
        return judge(record, found, [records.texts(f"_dmarc.{domain}") for domain in above])

    with ThreadPoolExecutor(AT_ONCE, "names") as pool:
        return list(pool.map(look, wanted_records(setup)))


def follow(drumbeat: "Drumbeat", links: Sequence[str]) -> list[LinkFound]:
    """Where each link leads, asked as a reader would, and only on the public internet."""
    with ThreadPoolExecutor(AT_ONCE, "links") as pool:
        return list(pool.map(lambda url: _follow(drumbeat, url), links))


def _follow(drumbeat: "Drumbeat", url: str) -> LinkFound:
    try:
        answer = drumbeat.egress.fetch_found(url)
    except NotPermitted as error:
        return LinkFound(url, LinkState.PRIVATE, str(error))
    except InvalidInput as error:
        return LinkFound(url, LinkState.BROKEN, str(error))
    except ProviderFailed as error:
        return LinkFound(url, LinkState.UNREACHED, str(error))
    if answer.status >= 400:
        return LinkFound(url, LinkState.BROKEN, f"It answers {answer.status}.")
    return LinkFound(url, LinkState.OK, f"It answers {answer.status}.")

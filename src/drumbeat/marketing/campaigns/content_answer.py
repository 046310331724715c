"""What the arms of a campaign say: the words as written, what checks found, where links lead."""

from collections.abc import Sequence
from itertools import zip_longest

from drumbeat.kit.ids import CampaignId
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.content import EmailTemplate
from drumbeat.marketing.experiments import Arm


def content_answer(unit: Unit, campaign_id: CampaignId) -> JsonObject:
    """Of the revision that was or will be approved; no arms before the content is planned.

    Dear while the mail is not out, because it is compiled for its links: for a `look`.
    """
    campaign = unit.campaigns.get(campaign_id)
    revision = campaign.plan.piece_revision
    answer: JsonObject = {"campaign_id": campaign.id, "status": campaign.state.value}
    if revision is None:
        nothing: JsonObject = {"revision": None, "content_hash": None, "created_at": None}
        return answer | nothing | {"arms": [], "links": [], "checks": []}
    version = unit.content.version(campaign.no, revision)
    return answer | {
        "revision": version.revision,
        "content_hash": version.content_hash,
        "created_at": version.created_at.isoformat(),
        "arms": _arms(version.arms, _tested(unit, campaign)),
        "links": _links(unit, campaign, version.arms[0]),
        "checks": list(campaign.plan.checks),
    }


def _tested(unit: Unit, campaign: Campaign) -> Sequence[Arm]:
    test = campaign.plan.experiment_id
    return () if test is None else unit.experiments.get_experiment(test).design.arms


def _arms(templates: Sequence[EmailTemplate], tested: Sequence[Arm]) -> list[JsonObject]:
    """`variant` is the number that a preview takes; name and weight are those of the test."""
    return [
        {
            "variant": number,
            "name": None if arm is None else arm.name,
            "value": None if arm is None else arm.value,
            "weight": None if arm is None else arm.weight,
            "subject_line": template.subject,
            "preheader": template.preheader,
            "content_html": template.html,
            "content_text": template.text,
            "sender_name": template.sender_name,
            "sender_email": template.sender_email,
            "reply_to": template.reply_to or None,
            "fields": dict(template.fields),
        }
        for number, (template, arm) in enumerate(zip_longest(templates, tested))
    ]


def _links(unit: Unit, campaign: Campaign, first: EmailTemplate) -> list[JsonObject]:
    """The tracked targets: of the mailing once there is one, else as it would have them."""
    number = campaign.plan.mailing_no
    if number is not None:
        targets: Sequence[str] = unit.delivery.links(number)
    else:
        sender = unit.senders.resolve(first.sender_name, first.sender_email)
        revision = campaign.plan.piece_revision
        targets = unit.content.compile_piece(campaign.no, sender, revision=revision).links
    return [{"link_no": link_no, "url": url} for link_no, url in enumerate(targets)]

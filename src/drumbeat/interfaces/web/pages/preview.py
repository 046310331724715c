"""The mail as one contact would get it, for a sandboxed frame: the user's HTML and nothing else."""

from starlette.responses import Response

from drumbeat.interfaces.web.mail_parts import FRAME_HEADERS, framed, read_part
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import DrumbeatError
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.campaigns.preview import preview


def arm_of(variant: str) -> int:
    """The number of a variant as an address names it; the first for anything else."""
    return int(variant) if variant.isascii() and variant.isdigit() and len(variant) < 3 else 0


def show_preview(visit: Visit) -> Response:
    """What cannot be shown is said inside the frame: a page of ours has no place there."""
    arm = arm_of(visit.query("variant"))
    try:
        with visit.look() as department:
            campaign_id = CampaignId(visit.path("campaign_id"))
            raw = preview(department, campaign_id, visit.query("as"), arm)
    except DrumbeatError as error:
        return Response(str(error), 400, FRAME_HEADERS, "text/plain; charset=utf-8")
    return _shown(visit, raw)


def show_draft(visit: Visit) -> Response:
    """What nobody has saved, as it was looked at a moment ago."""
    visit.actor.require(Scope.CONTENT_WRITE)
    try:
        raw = visit.source.drafts.get(visit.actor, visit.path("key"))
    except DrumbeatError as error:
        return Response(str(error), 404, FRAME_HEADERS, "text/plain; charset=utf-8")
    return _shown(visit, raw)


def _shown(visit: Visit, raw: bytes) -> Response:
    if visit.query("form") == "text":
        said = read_part(raw, "plain")
        return Response(said, 200, FRAME_HEADERS, "text/plain; charset=utf-8")
    return framed(read_part(raw, "html"))

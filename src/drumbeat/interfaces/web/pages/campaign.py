"""The page of one campaign in every state: what waits for you, how it goes, what it brought."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from drumbeat.interfaces.web.dossier import Dossier, list_faces, read_dossier
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.live import MOVING, Delivery, delivery_of, read_sample
from drumbeat.interfaces.web.pages.preview import arm_of
from drumbeat.interfaces.web.rendering import rendered
from drumbeat.interfaces.web.result_page import result_page
from drumbeat.interfaces.web.review import review_of
from drumbeat.interfaces.web.source import get_outline
from drumbeat.interfaces.web.streams import PAUSE_SECONDS, Panel
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict
from drumbeat.kit.ids import CampaignId
from drumbeat.marketing.approvals import ApprovalState
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.pipeline import proceed

_EDITABLE = (State.DRAFT, State.PLANNED, State.AWAITING_APPROVAL)
_REACTED_TO = (State.SENDING, State.MEASURING)
_STOPPABLE = (*_EDITABLE, State.SCHEDULED, State.SENDING, State.PAUSED)


SETTLING_SECONDS = 4.95


@dataclass(frozen=True)
class Hands:
    """What this person can do with the campaign in its present state."""

    edit: bool
    launch: bool
    pause: bool
    resume: bool
    cancel: bool


@dataclass(frozen=True)
class Preview:
    """As whom the mail is shown, and which variant."""

    faces: Sequence[str]
    seen_by: str
    variant: int


def campaign_id_of(visit: Visit) -> CampaignId:
    return CampaignId(visit.path("campaign_id"))


def show_campaign(visit: Visit) -> Response:
    return _shown(visit, "campaign.html")


def show_figures(visit: Visit) -> Response:
    """Only what moves while people react, for a page that keeps it fresh."""
    return _shown(visit, "campaign_figures.html")


def look_figures(visit: Visit) -> Panel:
    """The same for a stream: as often as messages leave, and more slowly once they have."""
    context = _context(visit)
    followed, delivery = str(context["followed"]), context["delivery"]
    leaves = isinstance(delivery, Delivery) and delivery.next_query
    return Panel(
        html=bytes(visit.page("campaign_figures.html", **context).body).decode(),
        following=urlsplit(followed).query if followed else None,
        pause=PAUSE_SECONDS if leaves else SETTLING_SECONDS,
    )


def _shown(visit: Visit, template: str) -> Response:
    return visit.page(template, **_context(visit))


def _context(visit: Visit) -> dict[str, Any]:
    with visit.look() as department:
        result = visit.source.get_result(department, campaign_id_of(visit))
        dossier = visit.source.find_dossier(department, campaign_id_of(visit))
        shown = result_page(result, summed=visit.query("hours") == "sum")
        faces = () if dossier is None or shown.sent else list_faces(department)
    delivery = None if dossier is None else _delivery(visit, dossier)
    followed = dossier is not None and shown.sent
    return {
        "result": shown,
        "review": None if dossier is None or shown.sent else review_of(dossier),
        "delivery": delivery,
        "followed": _followed(visit, dossier, delivery) if dossier and followed else "",
        "hands": None if dossier is None else _hands(visit, dossier),
        "frozen": shown.ledger is not None,
        "preview": _preview(visit, faces),
    }


def _followed(visit: Visit, dossier: Dossier, delivery: Delivery | None) -> str:
    """Where the page looks for newer figures while people react; "" once they are settled."""
    if dossier.campaign.state not in _REACTED_TO:
        return ""
    asked = ["hours=sum"] if visit.query("hours") == "sum" else []
    asked += [delivery.next_query] if delivery is not None and delivery.next_query else []
    return f"/campaigns/{dossier.campaign.id}/figures?{'&'.join(asked)}".removesuffix("?")


def show_plan(visit: Visit) -> Response:
    """What is or was sent, to whom and when, beside a result that is there by now."""
    with visit.look() as department:
        result = get_outline(department, campaign_id_of(visit))
        dossier = read_dossier(department, campaign_id_of(visit))
        faces = list_faces(department)
    return visit.page(
        "campaign_plan.html",
        result=result_page(result),
        review=review_of(dossier),
        hands=_hands(visit, dossier),
        frozen=dossier.counts is not None,
        preview=_preview(visit, faces),
    )


def show_live(visit: Visit) -> Response:
    """Only the panel of the delivery, for a page that asks for it again and again."""
    return visit.page(
        "campaign_live.html", delivery=_live(visit), campaign_id=campaign_id_of(visit)
    )


def look_live(visit: Visit) -> Panel:
    """The same for a stream."""
    delivery = _live(visit)
    html = rendered("campaign_live.html", delivery=delivery, campaign_id=campaign_id_of(visit))
    return Panel(html, None if delivery is None else delivery.next_query or None)


def _live(visit: Visit) -> Delivery | None:
    with visit.look() as department:
        return _delivery(visit, read_dossier(department, campaign_id_of(visit)))


def decide(visit: Visit) -> Response:
    """Yes or no to exactly the content that the page showed."""
    form, campaign_id = visit.form(), campaign_id_of(visit)
    answer = text(form, "answer")
    visit.actor.require(Scope.CAMPAIGNS_APPROVE)
    proceed(visit.drumbeat, campaign_id)
    with visit.begin() as department:
        campaigns = department.campaigns
        asked = campaigns.approval_of(campaigns.get(campaign_id))
        if asked is None or asked.id != text(form, "approval"):
            raise Conflict("The campaign changed since this page was opened: look at it again.")
        if answer == "decline":
            campaigns.decline(campaign_id)
            return visit.go(f"/campaigns/{campaign_id}", "declined")
        campaigns.approve(campaign_id)
        if answer == "launch":
            campaigns.ask_launch(campaign_id)
    proceed(visit.drumbeat, campaign_id)
    return visit.go(f"/campaigns/{campaign_id}", "launched" if answer == "launch" else "approved")


def launch(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.campaigns.ask_launch(campaign_id_of(visit))
    proceed(visit.drumbeat, campaign_id_of(visit))
    return visit.go(f"/campaigns/{campaign_id_of(visit)}", "launched")


def pause(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.campaigns.pause(campaign_id_of(visit))
    return visit.go(f"/campaigns/{campaign_id_of(visit)}", "paused")


def resume(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.campaigns.resume(campaign_id_of(visit))
    return visit.go(f"/campaigns/{campaign_id_of(visit)}", "resumed")


def cancel(visit: Visit) -> Response:
    visit.form()
    with visit.begin() as department:
        department.campaigns.cancel(campaign_id_of(visit))
    return visit.go(f"/campaigns/{campaign_id_of(visit)}", "cancelled")


def _delivery(visit: Visit, dossier: Dossier) -> Delivery | None:
    before = read_sample(visit.query("ended"), visit.query("at"))
    return delivery_of(dossier, pace=visit.drumbeat.pace, before=before, at=time.time())


def _hands(visit: Visit, dossier: Dossier) -> Hands:
    state, sends = dossier.campaign.state, visit.may(Scope.CAMPAIGNS_SEND)
    approval = dossier.approval
    approved = approval is not None and approval.state is ApprovalState.APPROVED
    waits = state is State.AWAITING_APPROVAL and dossier.campaign.launch is None
    halted = state is State.SENDING and bool(dossier.view.get("trouble"))
    return Hands(
        edit=state in _EDITABLE and visit.may(Scope.CAMPAIGNS_WRITE),
        launch=approved and waits and sends,
        pause=state in MOVING and sends,
        resume=(state is State.PAUSED or halted) and sends,
        cancel=state in _STOPPABLE and sends,
    )


def _preview(visit: Visit, faces: Sequence[str]) -> Preview:
    """Whose eyes the mail is seen with: whom the address names, or the first contact there is."""
    seen_by = visit.query("as") or (faces[0] if faces else "")
    variant = visit.query("variant")
    return Preview(faces, seen_by, arm_of(variant))

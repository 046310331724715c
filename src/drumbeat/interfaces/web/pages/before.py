"""The page before a send: the checklist, a look outside on request, and test mail."""

from collections.abc import Mapping

from starlette.responses import Response

from drumbeat.bootstrap.outside import check_outside, signed_by
from drumbeat.interfaces.web.dossier import list_faces
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.pages.campaign import campaign_id_of
from drumbeat.interfaces.web.reading import rows
from drumbeat.interfaces.web.result_page import result_page
from drumbeat.interfaces.web.source import get_outline
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.kit.errors import Conflict, DrumbeatError, InvalidInput, NotFound
from drumbeat.marketing.campaigns.evidence import checklist_answer
from drumbeat.marketing.campaigns.testing import Wish, ask_for_test, rows_of_tests

_TONES = {"ok": "good", "warning": "warn", "blocks": "bad", "not_checked": "open"}
_SAID = {
    "good": "In order:",
    "warn": "Worth a look:",
    "bad": "Stops it:",
    "open": "Not checked:",
}
_VERDICTS = {
    "ok": "Everything that could be checked is in order.",
    "warning": "It can leave; some of it costs readers.",
    "blocks": "Something has to be mended first.",
    "not_checked": "Nothing is wrong as far as anybody looked.",
}


def show_checks(visit: Visit) -> Response:
    return _shown(visit, {}, {})


def check_now(visit: Visit) -> Response:
    """Follow the links and ask DNS; whoever may change the campaign may ask."""
    visit.form()
    check_outside(visit.drumbeat, visit.actor, campaign_id_of(visit))
    return visit.go(f"/campaigns/{campaign_id_of(visit)}/checks", "checked")


def send_test(visit: Visit) -> Response:
    form, campaign_id = visit.form(), campaign_id_of(visit)
    visit.actor.require(Scope.CAMPAIGNS_SEND)
    typed = {name: text(form, name) for name in ("to", "contact", "variant")}
    testers = typed["to"].replace(",", " ").split()
    variant = int(typed["variant"]) if typed["variant"].isdecimal() else 0
    try:
        wish = Wish(campaign_id, testers, typed["contact"], variant)
        ask_for_test(visit.look, visit.begin, wish)
    except InvalidInput as error:
        return _shown(visit, {error.field: str(error)}, typed, 422)
    except NotFound as error:
        return _shown(visit, {"contact": str(error)}, typed, 422)
    except Conflict as error:
        return _shown(visit, {"to": str(error)}, typed, 409)
    return visit.go(f"/campaigns/{campaign_id}/checks", "test-asked")


def _shown(
    visit: Visit, wrong: Mapping[str, str], typed: Mapping[str, str], status: int = 200
) -> Response:
    campaign_id, actor = campaign_id_of(visit), visit.actor
    sends = visit.may(Scope.CAMPAIGNS_SEND)
    signing = signed_by(visit.drumbeat, actor, campaign_id)
    with visit.look() as department:
        result = get_outline(department, campaign_id)
        trouble, checks = "", None
        try:
            checks = checklist_answer(department, campaign_id, signing)
        except DrumbeatError as error:
            trouble = str(error)
        content = department.campaigns.get(campaign_id).brief
        tests = rows_of_tests(department, campaign_id) if sends else []
        faces = list_faces(department)
    items = [] if checks is None else rows(checks["items"])
    return visit.page(
        "campaign_checks.html",
        status,
        result=result_page(result),
        trouble=trouble,
        verdict="" if checks is None else _VERDICTS[str(checks["verdict"])],
        items=[{**item, "tone": _TONES[str(item["level"])]} for item in items],
        said=_SAID,
        seen_by=checks and checks["seen_by"],
        looked_at=checks and checks["looked_outside_at"],
        tests=tests,
        variants=1 if content.test is None else len(content.test.variants),
        faces=faces,
        typed={"to": "", "contact": "", "variant": "0", **typed},
        wrong=wrong,
        frozen=False,
    )

"""The list of all campaigns, newest first, a page at a time."""

from starlette.responses import Response

from drumbeat.interfaces.web.glance import list_lines
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.ids import CampaignId

PAGE_ROWS = 25


def list_campaigns(visit: Visit) -> Response:
    after = visit.query("after")
    with visit.look() as department:
        listed = department.campaigns.list_(
            limit=PAGE_ROWS + 1, before=CampaignId(after) if after else None
        )
        lines = list_lines(department, listed[:PAGE_ROWS])
    following = listed[PAGE_ROWS - 1].id if len(listed) > PAGE_ROWS else ""
    return visit.page("campaigns.html", lines=lines, following=following, first=not after)

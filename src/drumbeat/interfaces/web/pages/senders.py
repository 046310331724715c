"""The page of being believed: keys that sign, records to publish, what DNS says of them."""

from collections.abc import Sequence

from starlette.responses import Response

from drumbeat.bootstrap.outside import check_sender, sender_records
from drumbeat.bootstrap.signing import make_keys, told_keys
from drumbeat.interfaces.web.forms import text
from drumbeat.interfaces.web.visits import Visit
from drumbeat.kit.actor import Scope
from drumbeat.marketing.senders import Record, Standing, Standpoint

_AT = "/settings/senders"
_TONES = {
    Standing.OK: "good",
    Standing.MISSING: "bad",
    Standing.DIFFERS: "bad",
    Standing.NOT_CHECKED: "open",
}
_TITLES = {
    "dkim": "Signature (DKIM)",
    "spf": "Sending servers (SPF)",
    "dmarc": "Policy (DMARC)",
    "tracking": "Links and unsubscribe",
}


def show_senders(visit: Visit) -> Response:
    records = sender_records(visit.drumbeat, visit.actor)
    return _shown(visit, [(record, None) for record in records])


def check_records(visit: Visit) -> Response:
    """Ask DNS now; a key that it shows signs from now on."""
    visit.form()
    found = check_sender(visit.drumbeat, visit.actor)
    return _shown(visit, [(each.record, each) for each in found])


def make(visit: Visit) -> Response:
    """New keys for the default sender's domain, beside the old ones if there are any."""
    form = visit.form()
    visit.actor.require(Scope.ACCOUNTS_WRITE)
    make_keys(visit.drumbeat, visit.actor, None, rotating=text(form, "rotating") == "1")
    return visit.go(_AT, "keys-made")


def _shown(visit: Visit, records: Sequence[tuple[Record, Standpoint | None]]) -> Response:
    with visit.look() as department:
        sender = department.senders.default_sender()
        kept = department.dkim_keys.list_(sender.domain)
    return visit.page(
        "senders.html",
        sender=sender,
        told=bool(told_keys(visit.drumbeat.settings)),
        keys=kept,
        waiting=any(key.state.value == "waiting" for key in kept),
        checked=any(stand is not None for _, stand in records),
        records=[
            {
                "title": _TITLES[record.kind.value],
                "record": record,
                "tone": "open" if stand is None else _TONES[stand.standing],
                "message": "" if stand is None else stand.message,
                "found": () if stand is None else stand.found,
            }
            for record, stand in records
        ],
    )

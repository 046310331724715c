"""Best hours as a page tells them: an hour that nobody's opens speak for is called assumed."""

from collections.abc import Mapping

from drumbeat.interfaces.web.reading import text
from drumbeat.interfaces.web.wording import count, counted, number_of

_ASSUMED = "cold_start"
_RESTS_ON = {
    "measured": "measured",
    "list": "from the other contacts' habits",
    _ASSUMED: "assumed: too few opens were seen to know better",
}


def list_zones(zones: object) -> list[tuple[str, str, str]]:
    """Zone, local time, people, the largest first; a bare time is taken as it is."""
    listed = []
    for zone, chosen in zones.items() if isinstance(zones, Mapping) else ():
        row = chosen if isinstance(chosen, Mapping) else {"time": chosen}
        people = row.get("subscribers")
        assumed = ", assumed" if row.get("basis") == _ASSUMED else ""
        shown = (text(zone).replace("_", " "), text(row.get("time")) + assumed, count(people))
        listed.append((number_of(people) or 0.0, shown))
    return [shown for _, shown in sorted(listed, key=lambda row: -row[0])]


def overall_hour(timing: Mapping[str, object]) -> str:
    """One sentence; "" while nothing was planned."""
    hour = text(timing.get("global_optimal_time"))
    if not hour:
        return ""
    rests_on = _RESTS_ON.get(text(timing.get("basis")), "")
    seen = int(number_of(timing.get("evidence")) or 0)
    said = ", ".join(filter(None, (f"{hour} local time", rests_on)))
    return f"Best hour over everyone: {said}" + (
        f"; {counted(seen, 'open')} seen." if seen else "."
    )

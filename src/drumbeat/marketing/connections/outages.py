"""How long a provider is left alone after it failed, for every engine and through every restart."""

from dataclasses import dataclass, replace

SHORTEST_REST, LONGEST_REST = 1.0, 300.0
LONGEST_ASKED = 86_400.0
_TICK = 0.01


@dataclass(frozen=True, slots=True)
class Outage:
    """Of one account at one provider. `until` is real epoch seconds, `trouble` for people."""

    provider: str
    trouble: str
    until: float
    in_a_row: int


def next_outage(
    before: Outage | None, provider: str, trouble: str, *, asked: float, now: float
) -> Outage:
    """Each outage in a row rests twice as long, or as long as the provider asked for.

    Two engines that meet the same outage are one: it does not double for the second.
    """
    asked_until = now + min(asked, LONGEST_ASKED)
    if before is not None and before.until - now > _TICK:
        return replace(before, trouble=trouble, until=max(before.until, asked_until))
    in_a_row = 1 if before is None else before.in_a_row + 1
    rest = min(SHORTEST_REST * 2.0 ** min(in_a_row - 1, 9), LONGEST_REST)
    return Outage(provider, trouble, max(now + rest, asked_until), in_a_row)

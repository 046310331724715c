"""What a rule may ask of somebody's permission, from their consent and the suppression list."""

from functools import cache

from drumbeat.marketing.audience.model import Consent, SuppressionReason
from drumbeat.marketing.audience.rule_tree import Permit
from drumbeat.marketing.audience.rules import permission

STATES = len(Consent)


def permit_code(state: int | None, reason: int | None) -> int:
    """One small number for both; no consent recorded is unconfirmed, no reason 0."""
    return (reason or 0) * STATES + (state or 0)


@cache
def permits_by_code() -> tuple[frozenset[Permit], ...]:
    """What is true of somebody, by their code."""
    return tuple(
        _permits(code % STATES, code // STATES or None)
        for code in range((len(SuppressionReason) + 1) * STATES)
    )


def _permits(state: int, reason: int | None) -> frozenset[Permit]:
    found = {Permit(Consent(state).name)}
    if reason is not None:
        found.add(Permit.SUPPRESSED)
    if reason == SuppressionReason.unsubscribed:
        found = {Permit.UNSUBSCRIBED, Permit.SUPPRESSED}
    if permission(state, reason).may_mail:
        found.add(Permit.MAILABLE)
    return frozenset(found)

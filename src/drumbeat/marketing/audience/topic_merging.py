"""What rows say of topics becomes consent: a no always, a yes only where nothing speaks against it.

Like consent to all mail it only climbs (unconfirmed → subscribed → unsubscribed), whatever the
merge policy: no file takes back a no, of a topic or of all mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from drumbeat.kit.clock import from_epoch
from drumbeat.kit.ids import ContactNo
from drumbeat.marketing.audience.model import Consent, ConsentProof, ContactRow

if TYPE_CHECKING:
    from drumbeat.marketing.audience.merging import Batch, MergePlan


def plan_topics(plan: MergePlan, batch: Batch, row: ContactRow, key: bytes) -> bool:
    """Put what a row says of topics into the plan; answers whether it changes anything."""
    if not row.topics:
        return False
    after, planned = plan.contacts[key], plan.topics.setdefault(key, {})
    before = batch.topic_states.get(after.contact_no or 0, {})
    left = key in batch.suppressed or key in plan.suppressed
    barred = left or after.consent == Consent.unsubscribed
    found = {}
    for topic_no, yes in row.topics.items():
        was = planned[topic_no][0] if topic_no in planned else before.get(topic_no, 0)
        wanted = Consent.subscribed if yes else Consent.unsubscribed
        if wanted > was and not (yes and barred):
            found[topic_no] = wanted, row
    planned |= found
    return bool(found)


def topic_proofs(
    plan: MergePlan, numbers: Mapping[bytes, ContactNo], actor: str, now: int
) -> list[ConsentProof]:
    """One for each topic of each contact, from the file that said it."""
    return [
        ConsentProof(
            numbers[key],
            state,
            row.source or "import",
            actor,
            row.consented_at or from_epoch(now),
            topic_no=topic_no,
        )
        for key, said in plan.topics.items()
        for topic_no, (state, row) in said.items()
    ]

"""What is known of the people that a batch of rows names, before it is decided what the rows do."""

from collections.abc import Sequence

from drumbeat.marketing.audience import merging
from drumbeat.marketing.audience.merging import Batch
from drumbeat.marketing.audience.model import ContactRow
from drumbeat.marketing.audience.store import ContactStore
from drumbeat.marketing.audience.store_consent import ConsentStore
from drumbeat.storage.secrets import KeyRing


def read_batch(
    contacts: ContactStore, consents: ConsentStore, keys: KeyRing, rows: Sequence[ContactRow]
) -> Batch:
    """Rows of merged addresses and ids are about who was kept."""
    own = [keys.address_key(row.address) for row in rows]
    meant = contacts.followed(own)
    rows = merging.said_of_merged(rows, own, meant)
    external_ids = {row.external_id for row in rows if row.external_id is not None}
    merged = contacts.owners_of_merged(list(external_ids))
    rows = merging.without_merged_ids(rows, meant, merged)
    pairs = list(zip(rows, meant, strict=True))
    leaving = [key for row, key in pairs if row.suppress is not None or row.topics]
    known = contacts.list_by_keys(list(set(meant)))
    choosing = [known[key].contact_no for row, key in pairs if row.topics and key in known]
    return Batch(
        rows,
        meant,
        known=known,
        owners=contacts.keys_by_external_id(list(external_ids)) | merged,
        suppressed=frozenset(consents.suppressed(leaving)),
        topic_states=consents.topic_states(choosing),
    )

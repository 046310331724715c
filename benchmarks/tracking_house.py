"""A house to be tracked in: a mailing to many people, and the addresses of its pixels and links."""

import time
from pathlib import Path
from urllib.request import urlopen

from drumbeat.bootstrap import open_folder
from drumbeat.kit.ids import ContactNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.audience import Consent, ContactRow, MergePolicy
from drumbeat.marketing.delivery import NewMailing

CONNECTIONS = 64
PEOPLE = 2_000


def furnish(folder: Path) -> list[str]:
    """A mailing to many people; three pixels to one click."""
    house = open_folder(folder / "home", folder / "key")
    owner = house.owner()
    rows = [
        ContactRow(f"reader{no}@town{no % 50}.example", consent=Consent.subscribed)
        for no in range(PEOPLE)
    ]
    with house.begin(owner) as department:
        department.audience.merge_contacts(rows, MergePolicy.overwrite)
        new = NewMailing(
            None, "newsletter", "Shop", "shop@example.com", 1, 1, decided_by=owner.person_no or 0
        )
        mailing_no = department.delivery.open_mailing(new)
        urls = [f"https://shop.example/p/{number}" for number in range(40)]
        department.delivery.save_links(mailing_no, urls)
    signer = TokenSigner(house.office.keys.derive("tracking"))
    house.close()
    paths = []
    for no in range(1, PEOPLE + 1):
        token = signer.token(Recipient(mailing_no, ContactNo(no)))
        paths.append(f"/c/{no % 40}/{token}" if no % 4 == 0 else f"/o/{token}.gif")
    return paths


def reach(url: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            with urlopen(url) as answer:
                answer.read()
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)

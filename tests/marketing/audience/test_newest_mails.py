"""The last mails of everybody are found by sorting, and are those that a plain loop finds."""

import numpy as np
import pytest

from drumbeat.marketing.audience.store_answers import newest_mails


def by_hand(sent: dict[str, np.ndarray], last: int) -> list[int]:
    newest: dict[tuple[int, int], int] = {}
    rows = zip(*(sent[name].tolist() for name in ("contact_no", "mailing_no", "at")), strict=True)
    for contact, mailing, at in rows:
        newest[contact, mailing] = max(newest.get((contact, mailing), at), at)
    mails: dict[int, list[tuple[int, int]]] = {}
    for (contact, mailing), at in newest.items():
        mails.setdefault(contact, []).append((at, mailing))
    return sorted(
        contact << 32 | mailing
        for contact, found in mails.items()
        for _, mailing in sorted(found, reverse=True)[:last]
    )


@pytest.mark.parametrize("instants", [1, 5, 400, 1 << 33])
@pytest.mark.parametrize("mailings", [2, 4, 20])
def test_whatever_was_sent_twice_or_in_one_second(instants: int, mailings: int) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = int(rng.integers(0, 60))
        sent: dict[str, np.ndarray] = {
            "contact_no": rng.integers(1, 5, n).astype(np.int32),
            "mailing_no": rng.integers(1, mailings, n).astype(np.int32),
            "at": rng.integers(0, instants, n),
        }
        for last in (1, 2, 5):
            assert sorted(newest_mails(sent, last).tolist()) == by_hand(sent, last)

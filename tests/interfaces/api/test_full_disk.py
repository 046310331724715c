"""REST on a full disk: told in words, with nothing done by halves, and mended by making room."""

import errno

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from drumbeat.kit.full_disk import FULL, REFUSED, words_of_full_disk
from tests.full_disk import no_file_longer_than
from tests.interfaces.api.conftest import Rest

MANY = {"contacts": [{"email": f"reader{no}@example.com"} for no in range(2_000)]}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_a_full_disk_is_a_problem_in_words(rest: Rest, headers: dict[str, str]) -> None:
    before = rest.get("/contacts")["contacts"]
    with no_file_longer_than(8_000):
        answer = rest.ask("PUT", "/contacts", MANY, headers=headers)
    assert answer.status_code == 507, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:drumbeat:problem:disk-full"
    assert "full" in answer.json()["detail"]
    assert rest.get("/contacts")["contacts"] == before
    again = rest.ask("PUT", "/contacts", MANY, headers=headers)
    assert again.status_code == 200, again.text
    assert again.json()["added"] == len(MANY["contacts"])


def test_only_a_full_disk_is_one() -> None:
    """Neither a bug nor a row that says so: whoever wrapped the error shows the row in it."""
    row, bug = ({"name": "disk is full"},), ValueError("UNIQUE")
    assert words_of_full_disk(IntegrityError("INSERT", row, bug)) is None
    full = OperationalError("INSERT", row, ValueError("database or disk is full"))
    assert words_of_full_disk(full) == FULL
    assert words_of_full_disk(OSError(errno.ENOSPC, "No space left on device")) == FULL
    assert words_of_full_disk(ValueError("disk I/O error")) == REFUSED

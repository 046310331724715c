"""Pace and time left, measured between two looks; and mail made harmless to look at."""

import pytest

from drumbeat.interfaces.web.live import Sample, duration, read_sample
from drumbeat.interfaces.web.mail_parts import harmless, read_letter


@pytest.mark.parametrize(
    ("ended", "at", "read"),
    [
        ("12", "1700000000.25", Sample(12, 1700000000.25)),
        ("12", "1700000000", Sample(12, 1700000000.0)),
        ("", "", None),
        ("-1", "1", None),
        ("1", "nan", None),
        ("1", "1e9", None),
        ("१२", "1", None),
        ("9" * 20, "1", None),
    ],
)
def test_only_a_sample_of_ours_is_read(ended: str, at: str, read: Sample | None) -> None:
    assert read_sample(ended, at) == read


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 seconds"),
        (42, "42 seconds"),
        (600, "10 minutes"),
        (9000, "2.5 hours"),
        (3 * 86400, "3 days"),
    ],
)
def test_time_left_is_as_exact_as_a_guess_deserves(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_our_tracked_addresses_are_taken_out_and_others_stay() -> None:
    html = (
        '<a href="http://127.0.0.1:8000/c/3/AbCdEfGhIj_-">x</a>'
        '<a href="https://mail.example/u/AbCdEfGhIj">x</a>'
        '<img src="https://mail.example/o/AbCdEfGhIj.gif"><img src="https://shop.example/p.png">'
    )
    seen = harmless(html)
    assert "/c/" not in seen
    assert "/u/" not in seen
    assert "/o/" not in seen
    assert "https://shop.example/p.png" in seen


def test_making_a_long_document_harmless_takes_no_longer_than_its_length() -> None:
    assert len(harmless("a" * 2_000_000 + "/o/" * 1000)) > 2_000_000


def test_a_mail_without_parts_is_still_shown() -> None:
    letter = read_letter(b"Subject: hi\r\n\r\nplain words\r\n")
    assert (letter.subject, letter.html) == ("hi", "")
    assert "plain words" in letter.text

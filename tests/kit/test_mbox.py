"""An mbox is its mails, another file is one mail, and no file fills the memory."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from drumbeat.kit.mbox import MOST_BYTES, mails_in


def test_an_mbox_is_split_at_its_from_lines() -> None:
    box = b"From a\nSubject: 1\n\n>From me\nFrom you\n\nFrom b\nSubject: 2\n\nx\n"
    assert list(mails_in(BytesIO(box))) == [
        b"Subject: 1\n\nFrom me\nFrom you\n\n",
        b"Subject: 2\n\nx\n",
    ]


def test_a_file_that_is_no_mbox_is_one_mail() -> None:
    mail = b"Subject: 1\n\nFrom b\n\nFrom c\n"
    assert list(mails_in(BytesIO(mail))) == [mail]


def test_a_huge_mail_is_cut() -> None:
    [mail] = mails_in(BytesIO(b"Subject: x\n\n" + b"a" * 3 * MOST_BYTES))
    assert len(mail) == MOST_BYTES


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_some_mails(data: bytes) -> None:
    for mail in mails_in(BytesIO(data)):
        assert mail.strip()

"""Whose fault a refusal is, and what queue ids look like."""

import pytest

from drumbeat.adapters.messengers.smtp import verdicts
from drumbeat.adapters.messengers.smtp.replies import Reply, ReplyReader
from drumbeat.marketing.delivery.ports import Accepted, Deferred, Refused


def reply(line: str) -> Reply:
    (answer,) = ReplyReader().feed(line.encode() + b"\r\n")
    return answer


@pytest.mark.parametrize(
    ("line", "queue_id"),
    [
        ("250 2.0.0 Ok: queued as 4XyZ1a", "4XyZ1a"),
        ("250 OK id=1rAbCd-0001Xy-2Z", "1rAbCd-0001Xy-2Z"),
        ("250 2.0.0 3B1Abc012345 Message accepted for delivery", "3B1Abc012345"),
        ("250 Ok 0102018d-abcd-000000", "0102018d-abcd-000000"),
        ("250 2.0.0 OK  1700000000 d2-20020a05.45 - gsmtp", "1700000000"),
        ("250 2.6.0 Thank you", ""),
        ("250", ""),
    ],
)
def test_a_queue_id_is_found_in_the_words_of_common_servers(line: str, queue_id: str) -> None:
    assert verdicts.accepted(reply(line)) == Accepted(queue_id)


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("450 4.2.0 Greylisted", "recipient"),
        ("452 4.2.2 Mailbox full", "recipient"),
        ("451 4.3.0 Temporary lookup failure", "recipient"),
        ("452 4.3.1 Insufficient system storage", "provider"),
        ("421 4.7.0 Try again later", "provider"),
        ("530 5.7.0 Authentication required", "provider"),
        ("535 5.7.8 No", "provider"),
    ],
)
def test_a_deferral_knows_whom_it_is_about(line: str, scope: str) -> None:
    outcome = verdicts.at_recipient(reply(line), server="m:25")
    assert isinstance(outcome, Deferred)
    assert outcome.scope == scope
    assert line in outcome.reason


def test_a_refused_recipient_is_final() -> None:
    line = "550 5.1.1 No such user"
    assert verdicts.at_recipient(reply(line), server="m:25") == Refused(line, True, 550)


def test_a_refused_sender_is_never_booked_against_the_recipient() -> None:
    outcome = verdicts.at_sender(reply("550 5.7.1 no"), server="m:25", sender="a@b.example")
    assert outcome == Deferred("m:25 refused the sender a@b.example: 550 5.7.1 no", "provider")


@pytest.mark.parametrize("line", ["552 5.3.4 Too big", "554 5.6.0 Bad content"])
def test_a_message_refused_at_mail_for_itself_is_final(line: str) -> None:
    outcome = verdicts.at_sender(reply(line), server="m:25", sender="a@b.example")
    assert isinstance(outcome, Refused)

"""What bounces cost: a return path against a tracking token, reading one against Python's parser.

    python -m benchmarks.bounces

CPU time of one run on one core; only the ratios mean anything elsewhere. JSON on stdout.
"""

import json
import tempfile
import time
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

from drumbeat.bootstrap import open_folder
from drumbeat.engine import bounces
from drumbeat.kit.actor import PUBLIC_BOUNCES
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.delivery import ArrivedMail, ReturnPath, read_report

MAILS = 2_000


def report(number: int) -> bytes:
    """A bounce as Postfix writes it, about a returned message of 30 KB."""
    returned = "\r\n".join(["To: ada@example.com", "Subject: Spring", "", *["x" * 76] * 400])
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
        ' boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n\r\n--b1\r\n'
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; ada{number}@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b1\r\n"
        f"Content-Type: message/rfc822\r\n\r\n{returned}\r\n--b1--\r\n"
    ).encode()


def cpu(work: Callable[[int], object], times: int) -> float:
    """Microseconds a call."""
    began = time.process_time()
    for number in range(times):
        work(number)
    return (time.process_time() - began) / times * 1e6


def taken_in_and_read(raws: list[bytes]) -> float:
    """Microseconds a mail from the way in to the fact, in units as the engine makes them."""
    with tempfile.TemporaryDirectory() as folder:
        house = open_folder(Path(folder) / "home", Path(folder) / "key")
        began = time.process_time()
        for start in range(0, len(raws), 50):
            with house.begin(PUBLIC_BOUNCES) as department:
                mails = [ArrivedMail(raw, "receiver") for raw in raws[start : start + 50]]
                department.bounces.take_in(mails)
        while bounces.read(house):
            pass
        spent = time.process_time() - began
        house.close()
    return spent / len(raws) * 1e6


def main() -> None:
    returns, tracking = ReturnPath("bounces@shop.example", bytes(32)), TokenSigner(bytes(32))
    who = [Recipient(MailingNo(1), ContactNo(number)) for number in range(20_000)]
    path = cpu(lambda number: returns.of(who[number]), len(who))
    token = cpu(lambda number: tracking.token(who[number]), len(who))
    raws = [report(number) for number in range(MAILS)]
    ours = cpu(lambda number: read_report(raws[number]), MAILS)
    stdlib = cpu(lambda number: message_from_bytes(raws[number]), MAILS)
    whole = taken_in_and_read(raws)
    answer = {
        "return_path_us": round(path, 2),
        "return_path_vs_tracking_token": round(path / token, 2),
        "read_us": round(ours, 1),
        "read_vs_stdlib_parse": round(ours / stdlib, 2),
        "taken_in_and_read_us": round(whole, 1),
        "taken_in_and_read_vs_stdlib_parse": round(whole / stdlib, 2),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

"""DRUMBEAT_SMTP_URL: what is understood, and that what is not is named without the password."""

from pathlib import Path

import pytest

from drumbeat.adapters.messengers.smtp import SmtpServer, Timeouts, parse_smtp_url
from drumbeat.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525)),
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 25)),
        ("smtp://mail.example.com/?starttls=1", SmtpServer("mail.example.com", 587, "starttls")),
        ("smtps://mail.example.com", SmtpServer("mail.example.com", 465, "tls")),
        ("smtp://[::1]:2525?connections=3", SmtpServer("::1", 2525, connections=3)),
        (
            "smtp://ann%40shop.example:p%2Fw%3A@mail.example.com:587?connections=10&starttls=1",
            SmtpServer("mail.example.com", 587, "starttls", "ann@shop.example", "p/w:"),
        ),
        ("smtp://u:p@localhost:1025", SmtpServer("localhost", 1025, "none", "u", "p")),
        ("smtp://u:p@relay:25?starttls=0", SmtpServer("relay", 25, "none", "u", "p")),
        ("smtp://h:25?ehlo=mx.shop.example", SmtpServer("h", 25, ehlo="mx.shop.example")),
        ("smtp://h:25?timeout=5", SmtpServer("h", 25, timeouts=Timeouts(5, 5, 5, 5))),
    ],
)
def test_a_url_names_a_server(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "must begin with smtp://"),
        ("mail.example.com:587", "must begin with smtp://"),
        ("http://mail.example.com", "must begin with smtp://"),
        ("smtp://", "names no server"),
        ("smtp://mail.example.com:99999", "port must be a number"),
        ("smtp://mail.example.com:0", "port must be a number"),
        ("smtp://u:hunter2/x@mail.example.com:587", "written %XX"),
        ("smtp://mail.example.com/inbox", "nothing may follow"),
        ("smtp://h?conections=3", "'conections' is not one of"),
        ("smtp://h?connections=0", "connections must be a number from 1 to 200"),
        ("smtp://h?connections=many", "connections must be a number from 1 to 200"),
        ("smtp://h?connections=٣", "connections must be a number from 1 to 200"),
        ("smtp://h?starttls=yes", "starttls must be 1 or 0"),
        ("smtps://h?starttls=1", "leave starttls=1 out"),
        ("smtp://h?timeout=-1", "timeout must be"),
        ("smtp://h?timeout=nan", "timeout must be"),
        ("smtp://h?ehlo=a%0D%0AMAIL", "ehlo must be a host name"),
        ("smtp://h?ca_file=/nowhere/ca.pem", "/nowhere/ca.pem does not exist"),
        ("smtp://u:hunter2@mail.example.com", "would travel to mail.example.com in clear"),
        ("smtp://u:hunter2%00@h?starttls=1", "must not contain NUL"),
    ],
)
def test_a_wrong_url_says_what_is_wrong_and_keeps_the_password(url: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=r"^DRUMBEAT_SMTP_URL: ") as caught:
        parse_smtp_url(url)
    assert words in str(caught.value)
    assert caught.value.field == "DRUMBEAT_SMTP_URL"
    assert "hunter2" not in str(caught.value)


def test_a_servers_password_is_not_in_its_repr(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    server = parse_smtp_url(f"smtps://u:hunter2@h?ca_file={authority}")
    assert server.ca_file == authority
    assert "hunter2" not in repr(server)

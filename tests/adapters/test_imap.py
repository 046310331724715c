"""A bounce mailbox is read from where one was, on a real Dovecot, and nothing in it is deleted."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from drumbeat.adapters.mailboxes import imap
from drumbeat.adapters.mailboxes.imap import ImapMailbox, parse_imap_url
from drumbeat.kit.errors import InvalidInput, ProviderFailed
from drumbeat.marketing.delivery import MailboxMark
from tests.adapters.test_carrier_tls import pem as pem
from tests.dovecot import PASSWORD, USER, Dovecot, dovecot, missing
from tests.postfix import free_port

needs_dovecot = pytest.mark.skipif(bool(missing()), reason=missing() or "dovecot")


@pytest.fixture(scope="module")
def server(pem: Path) -> Iterator[Dovecot]:
    with dovecot(pem=pem) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "server" in request.fixturenames:
        shutil.rmtree(request.getfixturevalue("server").mail / USER, ignore_errors=True)


def url_of(server: Dovecot, *, ask: str = "", secure: bool = False, folder: str = "INBOX") -> str:
    port = server.tls_port if secure else server.port
    scheme = "imaps" if secure else "imap"
    ask = f"{ask or '?'}{'&' if ask else ''}read=all"
    return f"{scheme}://{USER}:{quote(PASSWORD)}@127.0.0.1:{port}/{folder}{ask}"


def mailbox(server: Dovecot, **options: object) -> ImapMailbox:
    return ImapMailbox(parse_imap_url(url_of(server, **options)))  # type: ignore[arg-type]


def mail(number: int) -> bytes:
    return f"Subject: {number}\r\n\r\nHello\r\n".encode()


@needs_dovecot
def test_mails_are_read_in_order_and_only_once(server: Dovecot) -> None:
    for number in range(5):
        server.add(USER, mail(number))
    with mailbox(server).open() as opened:
        first = opened.read(None, 3)
        rest = opened.read(first.mark, 3)
        assert [raw for _, raw in first.mails + rest.mails] == [mail(n) for n in range(5)]
        assert opened.read(rest.mark, 3) == type(rest)((), rest.mark)
        server.add(USER, mail(5))
        assert [raw for _, raw in opened.read(rest.mark, 3).mails] == [mail(5)]


@needs_dovecot
def test_what_lay_there_before_the_first_look_is_left_alone(server: Dovecot) -> None:
    for number in range(3):
        server.add(USER, mail(number))
    box = ImapMailbox(parse_imap_url(url_of(server).replace("read=all", "read=new")))
    with box.open() as opened:
        first = opened.read(None, 10)
        assert first.mails == ()
        server.add(USER, mail(3))
        assert [raw for _, raw in opened.read(first.mark, 10).mails] == [mail(3)]
    assert server.flags(USER) == [""] * 4


@needs_dovecot
def test_a_batch_is_bounded_by_its_bytes(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BYTES_AT_ONCE", 2 * len(mail(0)))
    for number in range(5):
        server.add(USER, mail(number))
    with mailbox(server).open() as opened:
        seen, mark = [], None
        while (found := opened.read(mark, 10)).mark != mark:
            seen.append([raw for _, raw in found.mails])
            mark = found.mark
    assert seen == [[mail(0), mail(1)], [mail(2), mail(3)], [mail(4)]]


def test_an_empty_password_is_no_letter_to_hide() -> None:
    box = ImapMailbox(parse_imap_url(f"imap://a:@127.0.0.1:{free_port()}/INBOX"))
    with pytest.raises(ProviderFailed) as told, box.open():
        pass
    assert "…" not in str(told.value)


@needs_dovecot
def test_reading_changes_nothing_and_what_was_kept_is_shown_as_seen(server: Dovecot) -> None:
    for number in range(3):
        server.add(USER, mail(number))
    with mailbox(server).open() as opened:
        found = opened.read(None, 10)
        assert server.flags(USER) == ["", "", ""]
        opened.mark_seen([uid for uid, _ in found.mails[:2]])
        opened.mark_seen([])
    assert server.flags(USER) == ["", "S", "S"]


@needs_dovecot
def test_a_mailbox_that_was_made_anew_is_read_from_its_start(server: Dovecot) -> None:
    server.add(USER, mail(1))
    with mailbox(server).open() as opened:
        mark = opened.read(None, 10).mark
        stale = MailboxMark(mark.validity - 1, mark.last_uid + 1_000)
        assert [raw for _, raw in opened.read(stale, 10).mails] == [mail(1)]


@needs_dovecot
def test_numbers_with_large_gaps_are_found(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_WINDOW", 2)
    for number in range(7):
        server.add(USER, mail(number))
    with mailbox(server).open() as opened:
        seen, mark = 0, None
        while (found := opened.read(mark, 2)).mark != mark:
            seen, mark = seen + len(found.mails), found.mark
    assert seen == 7


@needs_dovecot
def test_only_a_megabyte_of_a_huge_mail_is_fetched(server: Dovecot) -> None:
    server.add(USER, mail(1) + (b"x" * 78 + b"\r\n") * 40_000)
    with mailbox(server).open() as opened:
        [(_, raw)] = opened.read(None, 10).mails
    assert len(raw) == imap.MOST_BYTES


@needs_dovecot
@pytest.mark.parametrize("secure", [True, False])
def test_encryption_is_verified(server: Dovecot, pem: Path, secure: bool) -> None:
    ask = "" if secure else "&starttls=1"
    server.add(USER, mail(1))
    with mailbox(server, secure=secure, ask=f"?ca_file={pem}{ask}").open() as opened:
        assert len(opened.read(None, 10).mails) == 1
    with (
        pytest.raises(ProviderFailed, match="certificate"),
        mailbox(server, secure=secure, ask="" if secure else "?starttls=1").open(),
    ):
        pass


@needs_dovecot
def test_what_is_wrong_is_told_without_the_password(server: Dovecot) -> None:
    wrong = url_of(server).replace(quote(PASSWORD), "wr0ng")
    for box in (ImapMailbox(parse_imap_url(wrong)), mailbox(server, folder="Nowhere")):
        with pytest.raises(ProviderFailed, match=str(server.port)) as told, box.open() as opened:
            opened.read(None, 1)
        assert "wr0ng" not in str(told.value)
        assert PASSWORD not in str(told.value)
    nobody = ImapMailbox(parse_imap_url(f"imap://a:b@127.0.0.1:{free_port()}/INBOX"))
    with pytest.raises(ProviderFailed, match=r"127\.0\.0\.1"), nobody.open():
        pass


@pytest.mark.parametrize(
    "url",
    [
        "imap.example.com",
        "http://a:b@imap.example.com",
        "imaps://imap.example.com/INBOX",
        "imaps://a:secret@imap.example.com:port",
        "imap://a:secret@imap.example.com/INBOX",
        "imaps://a:secret@imap.example.com/INBOX?color=red",
        "imaps://a:secret@imap.example.com/INBOX?read=some",
        "imaps://a%0d%0ab:secret@imap.example.com",
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(InvalidInput, match="DRUMBEAT_BOUNCE_IMAP_URL") as told:
        parse_imap_url(url)
    assert "secret" not in str(told.value)


def test_a_url_names_server_user_and_folder() -> None:
    server = parse_imap_url("imaps://a%40b.example:p%20w@imap.example.com/Bounces%2FNew")
    assert (server.host, server.port, server.security) == ("imap.example.com", 993, "tls")
    assert (server.user, server.password, server.folder) == ("a@b.example", "p w", "Bounces/New")
    assert "p w" not in repr(server)
    assert parse_imap_url("imap://a:b@127.0.0.1").port == 143

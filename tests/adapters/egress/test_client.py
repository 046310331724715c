"""The one client of outgoing requests, against real servers that mean no good."""

import gzip
import threading
from collections.abc import Sequence

import pytest

from drumbeat.adapters.egress import Caps, Egress, origin_of
from drumbeat.kit.errors import InvalidInput, NotPermitted, ProviderFailed
from tests.adapters.egress.server import Answer, BadServer, answering, for_ever, redirect, whole

HELLO = whole("200 OK", "Content-Type: text/plain", body=b"hello")
PATIENT, QUICK = Caps(seconds=60, bytes=50_000), Caps(seconds=0.3, bytes=50_000)


def egress(*servers: BadServer, caps: Caps = PATIENT) -> Egress:
    return Egress(frozenset(origin_of(server.url) for server in servers), caps=caps)


def test_a_host_of_the_settings_is_asked_wherever_it_is() -> None:
    with answering(HELLO) as server:
        answer = egress(server).ask_named(
            server.url + "x?y=1", method="POST", content=b"{}", headers={"Authorization": "a"}
        )
    assert (answer.status, answer.content, answer.content_type) == (200, b"hello", "text/plain")
    assert server.asked[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in server.asked[0]


def test_what_the_settings_name_is_no_way_in_for_content() -> None:
    with answering(HELLO) as server:
        client = egress(server)
        with pytest.raises(NotPermitted, match="port"):
            client.fetch_found(server.url)
        with pytest.raises(NotPermitted, match="in no setting"):
            client.ask_named(f"http://localhost:{server.port}/")
    assert server.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "[64:ff9b::a9fe:a9fe]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_content_leads_nowhere_inside(scheme: str, host: str) -> None:
    with pytest.raises((NotPermitted, InvalidInput, ProviderFailed), match=r"address|zone"):
        Egress(caps=PATIENT).fetch_found(f"{scheme}://{host}/latest/meta-data/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "not http or https"),
        ("file:///etc/passwd", "web address|not http"),
        ("gopher://127.0.0.1:25/_MAIL", "not http or https"),
        ("http://user:secret@example.com/", "leave them out"),
        ("http://good.example\\@127.0.0.1/", "leave them out|web address"),
        ("http://[fe80::1%25eth0]/", "zone|web address"),
        ("http:///x", "web address"),
        ("http://exa\nmple.com/", "web address"),
        ("http://example.com:99999/", "web address"),
        ("http://example.com:0/", "web address"),
        ("http://" + "a" * 3_000, "web address"),
        ("", "web address"),
    ],
)
def test_only_a_plain_web_address_is_asked(url: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        Egress().fetch_found(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://169.254.169.254/latest/", "169.254.169.254, a link-local address"),
        ("//127.0.0.1/", "127.0.0.1, a loopback address"),
        ("http://127.0.0.1:22/", "only 80 and 443"),
        ("file:///etc/passwd", "redirects where nobody may go"),
        ("http://user@10.0.0.1/", "redirects where nobody may go"),
        ("http://[::ffff:10.0.0.1]/", "IPv4-mapped"),
    ],
)
def test_a_redirect_is_judged_as_a_stranger(to: str, why: str) -> None:
    with answering(redirect(to)) as server, pytest.raises(NotPermitted, match=why):
        egress(server).ask_named(server.url)


def test_a_redirect_within_what_is_named_is_followed_without_the_headers() -> None:
    with answering(HELLO) as other, answering(redirect(other.url), redirect("/again")) as server:
        client = egress(server, other)
        assert client.ask_named(server.url, headers={"Authorization": "k"}).url == other.url
        assert b"Authorization" in server.asked[0]
        assert b"Authorization" not in other.asked[0]
        with pytest.raises(ProviderFailed, match="more than 5 times"):
            client.ask_named(server.url)
        sent = client.ask_named(server.url, method="POST", content=b"x")
    assert sent.status == 302, "what was sent is not sent again elsewhere"


def _bomb(size: int) -> Answer:
    packed = gzip.compress(b"\0" * size)
    return whole("200 OK", "Content-Encoding: gzip", body=packed)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000), "more than 50,000 bytes"),
        (whole("200 OK", body=b"x" * 50_001), "more than 50,000 bytes"),
        (_bomb(30_000_000), "more than 50,000 bytes"),
        (whole("200 OK", "Content-Encoding: gzip", body=b"no gzip"), "damaged"),
        (
            whole("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"a")[:-9]),
            "middle|damaged",
        ),
        (whole("200 OK", "Content-Encoding: br", body=b"x"), "not asked for"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9\r\n"), "cannot be asked"),
        (lambda connection: None, "cannot be asked"),
    ],
)
def test_an_answer_without_end_or_sense_is_cut_off(answer: Answer, why: str) -> None:
    with answering(answer) as server, pytest.raises(ProviderFailed, match=why) as failed:
        egress(server).ask_named(server.url)
    assert "127.0.0.1" in str(failed.value)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_that_drips_is_left(first: bytes) -> None:
    ended = threading.Event()
    drips = for_ever(first, b"H" if not first else b"x", ended)
    with answering(drips) as server:
        try:
            with pytest.raises(ProviderFailed, match=r"too long|cannot be asked"):
                egress(server, caps=QUICK).ask_named(server.url)
        finally:
            ended.set()


def test_a_packed_answer_is_unpacked_and_a_head_has_none() -> None:
    with answering(_bomb(40_000)) as server:
        assert egress(server).ask_named(server.url).content == b"\0" * 40_000


def test_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, seconds: float) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with answering(HELLO) as server:
        named = frozenset({("http", "shop.example", server.port)})
        answer = Egress(named, rebinding, PATIENT).ask_named(f"http://shop.example:{server.port}/")
    assert answer.content == b"hello"
    assert f"Host: shop.example:{server.port}".encode() in server.asked[0]
    assert asked == ["shop.example"]


def test_a_name_with_one_inner_address_among_others_is_refused() -> None:
    def mixed(host: str, port: int, seconds: float) -> Sequence[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(NotPermitted, match=r"news.example is at 10.0.0.1, a private address"):
        Egress(resolve=mixed).fetch_found("https://news.example/")


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(ProviderFailed, match=r"nowhere.example has no address"):
        Egress(resolve=lambda host, port, seconds: []).fetch_found("https://nowhere.example/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(HELLO) as proxy, answering(HELLO) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert egress(server).ask_named(server.url).content == b"hello"
    assert proxy.asked == []

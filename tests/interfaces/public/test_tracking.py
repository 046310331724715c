"""What a mail client, a scanner and a mail provider get, byte for byte over real HTTP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from drumbeat.interfaces.public.intake import Then
from drumbeat.interfaces.public.links import LinkTargets
from drumbeat.interfaces.public.quick import quick_protocol
from drumbeat.interfaces.public.tracking import PIXEL, Tracking
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import TEST_OCCASION, Recipient, TokenSigner
from drumbeat.marketing.events import HIDDEN_LINK, Hit, Kind
from tests.conftest import HandClock
from tests.interfaces.serving import Served, serving

LINKS = {
    0: "https://shop.example/sale?a=1&b=%20x#top",
    1: "https://shop.example/for/{{ name }}",
    2: "https://shop.example/käse\r\nSet-Cookie: a=b",
    3: "javascript:alert(1)",
    4: "https://{{ name }}.example/",
    6: "https://shop.example/remembered",
    7: "https://shop.example/known",
}
SIGNER = TokenSigner(b"k" * 32)
ADA = Recipient(MailingNo(7), ContactNo(42), 0)
TOKEN = SIGNER.token(ADA)


@dataclass
class Desk:
    """Stands in for the department: keeps what it is told."""

    hits: list[Hit] = field(default_factory=list)
    withdrawn: list[Recipient] = field(default_factory=list)
    looked_up: list[int] = field(default_factory=list)
    full: bool = False
    broken: bool = False
    silent: bool = False

    def offer(self, hit: Hit, then: Then | None = None) -> bool:
        if not self.full:
            self.hits.append(hit)
            if then is not None and not self.silent:
                then()
        return not self.full

    def withdraw(self, recipient: Recipient) -> None:
        if self.broken:
            raise OSError("disk full")
        self.withdrawn.append(recipient)

    def look_up(self, recipient: Recipient, link_no: int) -> str | None:
        self.looked_up.append(link_no)
        return LINKS.get(link_no) if recipient.mailing_no == ADA.mailing_no else None

    def fill(self, recipient: Recipient, address: str) -> str:
        return address.replace("{{ name }}", "Ada & Bob")


@pytest.fixture(scope="module", params=["application", "connection"])
def front(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Desk, HandClock]]:
    """A server for the whole file; every test finds its desk empty.

    Whether the application answers or the connection itself, nobody can tell from outside.
    """
    desk, clock = Desk(), HandClock()
    targets = LinkTargets(desk.look_up, desk.fill, clock)
    app = Tracking(SIGNER, clock, "Tom & <Jerry>", desk.offer, targets, desk.withdraw)
    http = "auto" if request.param == "application" else quick_protocol(app)
    with serving(app, http) as server:
        yield server, desk, clock


@pytest.fixture
def served(front: tuple[Served, Desk, HandClock]) -> Served:
    return front[0]


@pytest.fixture
def desk(front: tuple[Served, Desk, HandClock]) -> Desk:
    desk = front[1]
    desk.hits.clear()
    desk.withdrawn.clear()
    desk.looked_up.clear()
    desk.full = desk.broken = desk.silent = False
    return desk


@pytest.fixture
def clock(front: tuple[Served, Desk, HandClock]) -> HandClock:
    return front[2]


def test_the_pixel_is_43_bytes_that_nobody_may_keep(served: Served, desk: Desk) -> None:
    answer = served.ask("GET", f"/o/{TOKEN}.gif", headers={"User-Agent": "Mozilla/5.0"})
    assert answer.status == 200
    assert answer.body == PIXEL
    assert len(PIXEL) == 43
    assert answer.headers["content-type"] == "image/gif"
    assert "no-store" in answer.headers["cache-control"]
    (hit,) = desk.hits
    assert (hit.kind, hit.contact_no, hit.mailing_no, hit.link_no) == (Kind.opened, 42, 7, -1)
    assert (hit.method, hit.ip, hit.user_agent) == ("GET", "127.0.0.1", "Mozilla/5.0")


def test_the_hit_carries_the_time_of_the_offices_clock(
    served: Served, desk: Desk, clock: HandClock
) -> None:
    at = clock.advance(hours=3)
    served.ask("GET", f"/o/{TOKEN}.gif")
    assert desk.hits[0].occurred_at == at


def test_a_click_leads_to_the_mailings_own_link(served: Served, desk: Desk) -> None:
    answer = served.ask("GET", f"/c/0/{TOKEN}")
    assert (answer.status, answer.headers["location"]) == (302, LINKS[0])
    assert (desk.hits[0].kind, desk.hits[0].link_no) == (Kind.clicked, 0)


def test_a_links_address_is_remembered_for_a_minute(
    served: Served, desk: Desk, clock: HandClock
) -> None:
    for _ in range(3):
        served.ask("GET", f"/c/6/{TOKEN}")
    assert desk.looked_up == [6]
    clock.advance(minutes=1)
    served.ask("GET", f"/c/6/{TOKEN}")
    assert desk.looked_up == [6, 6]
    assert len(desk.hits) == 4


def test_an_address_with_placeholders_is_filled_for_who_clicked(served: Served) -> None:
    answer = served.ask("GET", f"/c/1/{TOKEN}")
    assert answer.headers["location"] == "https://shop.example/for/Ada%20&%20Bob"


def test_no_address_can_add_a_header(served: Served) -> None:
    answer = served.ask("GET", f"/c/2/{TOKEN}")
    assert answer.headers["location"] == "https://shop.example/k%C3%A4se%0D%0ASet-Cookie:%20a=b"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("link", ["3", "4", "5", "99999"])
def test_a_link_that_is_not_a_written_web_address_leads_nowhere(
    served: Served, desk: Desk, link: str
) -> None:
    answer = served.ask("GET", f"/c/{link}/{TOKEN}?url=https://evil.example/")
    assert answer.status == 404
    assert "location" not in answer.headers
    assert not desk.hits


def test_head_is_answered_without_a_body_and_told_apart(served: Served, desk: Desk) -> None:
    assert served.ask("HEAD", f"/o/{TOKEN}.gif").body == b""
    assert served.ask("HEAD", f"/c/0/{TOKEN}").status == 302
    assert [hit.method for hit in desk.hits] == ["HEAD", "HEAD"]
    page = served.ask("HEAD", f"/u/{TOKEN}")
    assert (page.status, page.body) == (200, b"")
    assert int(page.headers["content-length"]) > 0


def test_looking_at_the_unsubscribe_page_changes_nothing(served: Served, desk: Desk) -> None:
    page = served.ask("GET", f"/u/{TOKEN}")
    assert page.status == 200
    assert b'<form method="post">' in page.body
    assert b"Tom &amp; &lt;Jerry&gt;" in page.body
    assert b"<script" not in page.body
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not desk.withdrawn


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--'
)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}),
        (MULTIPART, {"Content-Type": "multipart/form-data; boundary=b"}),
        (b"", {}),
        (b"", {"User-Agent": ""}),
        (b"{", {"Content-Type": "application/json", "User-Agent": "curl java security bot"}),
        (b"\xff\x00" * 1000, {"Content-Type": "text/nonsense; charset=\xff", "Cookie": "a=b"}),
    ],
)
def test_a_post_with_any_body_unsubscribes(
    served: Served, desk: Desk, body: bytes, headers: dict[str, str]
) -> None:
    answer = served.ask("POST", f"/u/{TOKEN}", body, headers)
    assert answer.status == 200
    assert b"You are unsubscribed" in answer.body
    assert desk.withdrawn == [ADA]


def test_a_body_in_chunks_and_an_absent_user_agent_unsubscribe_too(
    served: Served, desk: Desk
) -> None:
    request = f"POST /u/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert served.say(request.encode() + chunks).startswith(b"HTTP/1.1 200")
    assert desk.withdrawn == [ADA]


def test_a_sender_that_hangs_up_early_is_still_unsubscribed(served: Served, desk: Desk) -> None:
    request = f"POST /u/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-"
    served.say(request.encode(), hang_up_half=True)
    assert served.ask("POST", f"/u/{TOKEN}").status == 200
    assert desk.withdrawn == [ADA, ADA]


def test_a_half_closed_reader_still_gets_the_pixel(served: Served) -> None:
    request = f"GET /o/{TOKEN}.gif HTTP/1.0\r\n\r\n"
    answer = served.say(request.encode(), hang_up_half=True)
    assert served.ask("GET", f"/o/{TOKEN}.gif").status == 200
    assert answer in (b"", answer[: -len(PIXEL)] + PIXEL)


def test_a_body_beyond_all_measure_unsubscribes_and_ends_the_connection(
    served: Served, desk: Desk
) -> None:
    request = f"POST /u/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
    served.say(request.encode() + b"x" * 200_000, hang_up_half=True)
    assert served.ask("GET", f"/u/{TOKEN}").status == 200
    assert desk.withdrawn == [ADA]


def test_a_withdrawal_that_could_not_be_stored_is_not_confirmed(served: Served, desk: Desk) -> None:
    desk.broken = True
    answer = served.ask("POST", f"/u/{TOKEN}", b"")
    assert answer.status == 503
    assert b"has not taken effect" in answer.body
    desk.broken = False
    assert served.ask("POST", f"/u/{TOKEN}", b"").status == 200


@pytest.mark.parametrize("path", ["/o/{}.gif", "/c/0/{}", "/u/{}"])
@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        TOKEN[:-1],
        TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "B"),
        TOKEN + "!",
        TOKEN + "%0a",
        "%ff%fe",
        "..%2f..%2fetc%2fpasswd",
        TokenSigner(b"other" * 7).token(ADA)[:40],
        "A" * 4000,
    ],
)
def test_a_token_that_was_never_given_out_reveals_nothing(
    served: Served, desk: Desk, path: str, token: str
) -> None:
    for method in ("GET", "POST"):
        answer = served.ask(method, path.format(token))
        assert answer.status == 404
        assert b"This link does not work" in answer.body
    assert not desk.hits
    assert not desk.withdrawn


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused_and_told_which_are_taken(served: Served, method: str) -> None:
    assert served.ask(method, f"/o/{TOKEN}.gif").headers["allow"] == "GET, HEAD"
    assert served.ask(method, f"/c/0/{TOKEN}").status == 405
    assert served.ask(method, f"/u/{TOKEN}").headers["allow"] == "GET, HEAD, POST"


def test_a_megabyte_of_headers_neither_stops_nor_fills_the_house(
    served: Served, desk: Desk
) -> None:
    head = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: "
    served.say(head.encode() + b"m" * 1_000_000 + b"\r\n\r\n")
    assert served.ask("GET", f"/o/{TOKEN}.gif").status == 200
    assert all(len(hit.user_agent) <= 500 for hit in desk.hits)


def test_a_request_that_is_not_http_is_refused(served: Served) -> None:
    assert b"HTTP/1.1 400" in served.say(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
    assert served.ask("GET", f"/o/{TOKEN}.gif").status == 200


def test_a_full_queue_refuses_pixels_but_still_leads_readers_on(served: Served, desk: Desk) -> None:
    desk.full = True
    assert served.ask("GET", f"/o/{TOKEN}.gif").status == 503
    assert served.ask("GET", f"/c/0/{TOKEN}").status == 302


def test_other_paths_do_not_exist_here(served: Served) -> None:
    assert served.ask("GET", "/").status == 404
    assert served.ask("GET", "/dashboard").status == 404


TESTED = SIGNER.token(Recipient(ADA.mailing_no, ADA.contact_no, TEST_OCCASION))


def test_nothing_in_a_test_mail_counts_and_its_goodbye_is_nobodys(
    served: Served, desk: Desk
) -> None:
    assert served.ask("GET", f"/o/{TESTED}.gif").body == PIXEL
    assert served.ask("GET", f"/c/0/{TESTED}").headers["location"] == LINKS[0]
    answer = served.ask("POST", f"/u/{TESTED}", b"List-Unsubscribe=One-Click")
    assert answer.status == 200
    assert b"nobody was unsubscribed" in answer.body
    assert (desk.hits, desk.withdrawn) == ([], [])


def test_nobody_waits_for_ever_for_a_hit_to_be_stored(served: Served, desk: Desk) -> None:
    served.ask("GET", f"/c/7/{TOKEN}")  # from now on its address is remembered
    desk.silent = True
    assert served.ask("GET", f"/o/{TOKEN}.gif").body == PIXEL
    assert served.ask("GET", f"/c/7/{TOKEN}").headers["location"] == LINKS[7]
    assert len(desk.hits) == 3


def test_requests_in_one_breath_are_answered_in_their_order(served: Served, desk: Desk) -> None:
    served.ask("GET", f"/c/7/{TOKEN}")
    desk.silent = True
    asked = (f"/o/{TOKEN}.gif", f"/c/7/{TOKEN}", f"/u/{TOKEN}", f"/o/{TOKEN}.gif", "/nowhere")
    last = "Connection: close\r\n"
    raw = "".join(
        f"GET {path} HTTP/1.1\r\nHost: x\r\n{last if path == asked[-1] else ''}\r\n"
        for path in asked
    )
    heard = served.say(raw.encode())
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", heard)
    assert statuses == [b"200", b"302", b"200", b"200", b"404"]
    assert heard.index(PIXEL) < heard.index(b"location: ") < heard.index(b"Unsubscribe")


def test_a_thousand_requests_in_one_breath_are_all_answered(served: Served, desk: Desk) -> None:
    one = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: x\r\n"
    raw = (one + "\r\n") * 999 + one + "Connection: close\r\n\r\n"
    assert served.say(raw.encode()).count(PIXEL) == 1_000
    assert len(desk.hits) == 1_000


def test_a_body_after_a_pixels_headers_is_not_taken_for_a_request(
    served: Served, desk: Desk
) -> None:
    smuggled = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: y\r\n\r\n".encode()
    head = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: x\r\nContent-Length: {len(smuggled)}\r\n"
    end = f"GET /o/{TOKEN}.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    heard = served.say(head.encode() + b"\r\n" + smuggled + end.encode())
    assert heard.count(b"HTTP/1.1 200") == 2
    assert len(desk.hits) == 2


def test_headers_of_a_prefetch_are_told_apart(served: Served, desk: Desk) -> None:
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}, {"Purpose": "x"}):
        served.ask("GET", f"/o/{TOKEN}.gif", headers=headers)
    assert [hit.prefetch for hit in desk.hits] == [True, True, False]


def test_the_hidden_link_is_counted_and_leads_nowhere(served: Served, desk: Desk) -> None:
    answer = served.ask("GET", f"/c/{HIDDEN_LINK}/{TOKEN}")
    assert answer.status == 200
    assert "location" not in answer.headers
    assert b"not shown in the message" in answer.body
    assert [(hit.kind, hit.link_no) for hit in desk.hits] == [(Kind.clicked, HIDDEN_LINK)]
    assert not desk.looked_up


def test_behind_a_proxy_of_our_own_the_reader_is_who_it_asks_for() -> None:
    desk, clock = Desk(), HandClock()
    targets = LinkTargets(desk.look_up, desk.fill, clock)
    app = Tracking(SIGNER, clock, "Shop", desk.offer, targets, desk.withdraw)
    with serving(app, quick_protocol(app)) as server:
        for method in ("GET", "HEAD"):  # the connection's own way, and the application's
            headers = {"X-Forwarded-For": "192.0.2.7"}
            server.ask(method, f"/o/{TOKEN}.gif", headers=headers)
    assert [hit.ip for hit in desk.hits] == ["192.0.2.7", "192.0.2.7"]

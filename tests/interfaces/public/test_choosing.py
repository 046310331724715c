"""Signing up, confirming and choosing over HTTP: by a browser, by a program, by an enemy."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import urlencode

import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.public import choosing_app
from drumbeat.interfaces.public.proof import BITS, Stamps, is_work
from drumbeat.kit.ids import ContactNo, MailingNo
from drumbeat.kit.signing import TEST_OCCASION, Recipient, TokenSigner
from drumbeat.marketing.audience import Consent, ContactRow, SignupForm, SuppressionReason
from tests.conftest import HandClock
from tests.engine.test_asks import form_of, mails, recipient_of, why, work
from tests.interfaces.serving import Answer, Served, serving

PLAIN = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def served(house: Drumbeat) -> Iterator[Served]:
    with serving(choosing_app(house)) as server:
        yield server


@pytest.fixture
def form(house: Drumbeat) -> SignupForm:
    return form_of(house, ["marketing", "garden-tips"])


@pytest.fixture
def ada(house: Drumbeat) -> Recipient:
    """A subscriber who got some mail."""
    with house.begin(house.owner()) as d:
        d.topics.add_topic("Garden tips")
        d.audience.merge_contacts([ContactRow("ada@example.com", consent=Consent.subscribed)])
        number = d.audience.contact_numbers(["ada@example.com"])["ada@example.com"]
    return Recipient(MailingNo(7), number)


def token(house: Drumbeat, recipient: Recipient) -> str:
    return TokenSigner(house.office.keys.derive("tracking")).token(recipient)


def post(served: Served, path: str, fields: bytes | Mapping[str, object], **headers: str) -> Answer:
    body = fields if isinstance(fields, bytes) else urlencode(fields, doseq=True).encode()
    sent = {**PLAIN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return served.ask("POST", path, body, sent)


def stamp_of(page: Answer) -> str:
    found = re.search(rb'name="stamp" value="([^"]+)"', page.body)
    assert found is not None
    return unescape(found[1].decode())


def worked(stamp: str) -> str:
    return next(str(n) for n in range(10_000_000) if is_work(stamp, str(n)))


def signed(served: Served, form: SignupForm, **fields: object) -> dict[str, object]:
    stamp = stamp_of(served.ask("GET", f"/s/{form.id}"))
    told = {"email": "ana@example.com", "topic": ["garden-tips"]}
    return {**told, "stamp": stamp, "nonce": worked(stamp), **fields}


def test_somebody_signs_up_and_confirms(house: Drumbeat, served: Served, form: SignupForm) -> None:
    page = served.ask("GET", f"/s/{form.id}")
    assert page.status == 200
    assert b"Garden tips" in page.body
    answer = post(served, f"/s/{form.id}", signed(served, form))
    assert (answer.status, b"Look into your mailbox" in answer.body) == (200, True)
    work(house)
    link = f"/confirm/{token(house, recipient_of(house, mails(house)[0]))}"
    for method in ("GET", "HEAD", "GET"):
        assert served.ask(method, link).status == 200
    assert why(house, topic="garden-tips") == "no_consent"  # looking changes nothing
    assert b"signed up" in post(served, link, {}).body
    assert why(house, topic="garden-tips") == ""
    assert b"Confirmed already" in post(served, link, {}).body


def test_a_page_loads_nothing_runs_only_its_script_and_is_in_no_frame(
    served: Served, form: SignupForm
) -> None:
    page = served.ask("GET", f"/s/{form.id}")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    script = re.search(rb"<script>(.*)</script>", page.body, re.DOTALL)
    assert script is not None
    import base64

    digest = base64.b64encode(hashlib.sha256(script[1]).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers


def test_known_and_unknown_addresses_get_the_same_answer(
    house: Drumbeat, served: Served, form: SignupForm
) -> None:
    with house.begin(house.owner()) as d:
        d.audience.merge_contacts(
            [
                ContactRow("known@example.com", consent=Consent.subscribed),
                ContactRow("left@example.com", suppress=SuppressionReason.unsubscribed),
                ContactRow("dead@example.com", suppress=SuppressionReason.bounced),
            ]
        )
    answers = {
        (answer.status, answer.body, tuple(sorted(answer.headers.keys())))
        for name in ("known", "left", "dead", "new")
        for answer in [
            post(served, f"/s/{form.id}", signed(served, form, email=f"{name}@example.com"))
        ]
    }
    assert len(answers) == 1


def test_a_form_of_another_site_is_shown_filled_in_and_asks_for_work(
    house: Drumbeat, served: Served, form: SignupForm
) -> None:
    fields = {"email": 'a"<b>@example.com', "topic": "garden-tips"}
    answer = post(served, f"/s/{form.id}", fields, Origin="https://evil.example")
    assert answer.status == 200
    assert b"a&quot;&lt;b&gt;@example.com" in answer.body
    assert b'value="garden-tips" checked' in answer.body
    with house.look(house.owner()) as d:
        assert d.audience.count_audience().contacts == 0


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "1x"},
        {"nonce": ""},
        {"nonce": "9" * 40},
        {"stamp": ""},
        {"stamp": "x" * 100_0},
        {"stamp": "0.00.00"},
        {"stamp": "\N{DRUM WITH DRUMSTICKS}.a.b"},
    ],
)
def test_without_its_work_a_form_counts_nothing(
    house: Drumbeat, served: Served, form: SignupForm, change: dict[str, object]
) -> None:
    answer = post(served, f"/s/{form.id}", signed(served, form, **change))
    assert (answer.status, b"once more" in answer.body) == (200, True)
    with house.look(house.owner()) as d:
        assert d.audience.count_audience().contacts == 0


def test_a_stamp_of_another_form_or_of_yesterday_is_worth_nothing(
    house: Drumbeat, form: SignupForm, clock: HandClock
) -> None:
    stamps = Stamps(b"k" * 32, clock)
    stamp = stamps.issue(form.id)
    nonce = worked(stamp)
    assert stamps.judge(form.id, stamp, nonce) is not None
    assert stamps.judge("frm_other", stamp, nonce) is None
    assert stamps.judge(form.id, stamp, "") is None
    clock.advance(seconds=20)
    waited = stamps.judge(form.id, stamp, "")
    assert waited is not None
    assert not waited.scripted
    clock.advance(hours=2)
    assert stamps.judge(form.id, stamp, nonce) is None


def test_the_work_is_worth_something() -> None:
    tried = [is_work("0.a.b", str(n)) for n in range(3 * 2**BITS)]
    assert 0 < sum(tried) < 15


def test_the_same_form_sent_twice_at_once_is_one_request(
    house: Drumbeat, served: Served, form: SignupForm
) -> None:
    fields = signed(served, form)
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(served, f"/s/{form.id}", fields)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    work(house)
    assert house.sandbox.count() == 1


def test_a_link_pressed_twice_at_once_is_confirmed_once(
    house: Drumbeat, served: Served, form: SignupForm
) -> None:
    post(served, f"/s/{form.id}", signed(served, form))
    work(house)
    recipient = recipient_of(house, mails(house)[0])
    link = f"/confirm/{token(house, recipient)}"
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(served, link, {}))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    assert sum(b"Thank you" in answer.body for answer in answers) == 1
    with house.look(house.owner()) as d:
        assert len(d.audience.list_proofs(recipient.contact_no)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"\xff\xfe\x00" * 50, 200),
        (b"email=" + b"a" * 70_000, 413),
        (b"&".join(b"a=1" for _ in range(300)), 413),
        (b"--x\r\nContent-Disposition: form-data; name=email\r\n\r\na@b.example\r\n--x--", 200),
        (b"email=%ff%fe%00&nonce=%00&stamp=%00.%00", 200),
    ],
)
def test_whatever_is_sent_is_answered(
    served: Served, form: SignupForm, body: bytes, status: int
) -> None:
    assert post(served, f"/s/{form.id}", body).status == status


def test_nothing_is_found_where_nothing_lies(served: Served, form: SignupForm) -> None:
    for path in (
        "/s/frm_0",
        "/s/" + "x" * 5_000,
        "/confirm/abc",
        "/p/abc",
        "/p/" + "a" * 30,
        "/s/",
    ):
        assert served.ask("GET", path).status == 404, path
        assert post(served, path, {}).status == 404, path
    assert served.ask("PUT", f"/s/{form.id}").status == 405
    assert served.ask("DELETE", f"/s/{form.id}").status == 405


def test_a_closed_form_is_not_there(house: Drumbeat, served: Served, form: SignupForm) -> None:
    fields = signed(served, form)
    with house.begin(house.owner()) as d:
        d.forms.change_form(form.id, open_=False)
    assert served.ask("GET", f"/s/{form.id}").status == 404
    assert post(served, f"/s/{form.id}", fields).status == 404


def test_what_is_no_address_is_told_at_the_form(served: Served, form: SignupForm) -> None:
    answer = post(served, f"/s/{form.id}", signed(served, form, email="ana@"))
    assert (answer.status, b"has no @" in answer.body) == (422, True)
    answer = post(served, f"/s/{form.id}", signed(served, form, topic=[]))
    assert (answer.status, b"Choose what" in answer.body) == (422, True)


# a reader's own page -------------------------------------------------------------------------


def test_a_reader_chooses_topics_on_their_own_page(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    page = f"/p/{token(house, ada)}"
    shown = served.ask("GET", page)
    assert shown.status == 200
    assert b"ada@example.com" not in shown.body  # a mail may have been forwarded
    assert "a…@example.com".encode() in shown.body
    post(served, page, {"do": "topics", "topic": ["garden-tips"]})
    assert why(house, "ada@example.com") == "unsubscribed"
    assert why(house, "ada@example.com", "garden-tips") == ""


def test_a_reader_pauses_and_goes_on(house: Drumbeat, served: Served, ada: Recipient) -> None:
    page = f"/p/{token(house, ada)}"
    assert b"no mail until 02 December 2026" in post(served, page, {"do": "pause"}).body
    assert why(house, "ada@example.com") == "paused"
    post(served, page, {"do": "resume"})
    assert why(house, "ada@example.com") == ""


def test_a_reader_leaves_and_may_come_back(house: Drumbeat, served: Served, ada: Recipient) -> None:
    page = f"/p/{token(house, ada)}"
    for _ in range(2):
        assert b"unsubscribed from everything" in post(served, page, {"do": "leave"}).body
    assert why(house, "ada@example.com") == "unsubscribed"
    assert b"Saved" in post(served, page, {"do": "topics", "topic": "garden-tips"}).body
    assert why(house, "ada@example.com", "garden-tips") == ""
    assert why(house, "ada@example.com") == "unsubscribed"  # to mail in general


def test_a_reader_opts_out_of_sale(house: Drumbeat, served: Served, ada: Recipient) -> None:
    page = f"/p/{token(house, ada)}"
    assert b"neither sold nor shared" in post(served, page, {"do": "sale"}).body
    with house.look(house.owner()) as d:
        assert d.topics.opted_out_of_sale([ada.contact_no])
    assert b"neither sold nor shared" not in post(served, page, {"do": "sale_undo"}).body


def test_data_and_erasure_are_asked_back_by_mail_and_not_given_to_a_link(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    page = f"/p/{token(house, ada)}"
    for deed in ("data", "erase"):
        assert b"A mail is on its way" in post(served, page, {"do": deed}).body
    work(house)
    data, erasure = (token(house, recipient_of(house, mail)) for mail in mails(house))
    assert b"my-data" not in served.ask("GET", f"/confirm/{data}").body
    for _ in range(2):
        answer = post(served, f"/confirm/{data}", {})
        assert "my-data.json" in answer.headers["content-disposition"]
        assert json.loads(answer.body)["email"] == "ada@example.com"
    assert b"A person takes care" in post(served, f"/confirm/{erasure}", {}).body
    with house.look(house.owner()) as d:
        assert [each.contact_no for each in d.erasing.list_requests()] == [ada.contact_no]


def test_unknown_deeds_and_hostile_pages_change_nothing(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    page = f"/p/{token(house, ada)}"
    for fields in ({}, {"do": "x" * 5_000}, {"do": "topics"[:3]}, {"do": "\x00"}):
        assert post(served, page, fields, Origin="https://evil.example").status == 200
    for method in ("GET", "HEAD"):
        assert served.ask(method, page + "?do=leave").status == 200
    assert why(house, "ada@example.com") == ""


def test_a_tester_and_a_stranger_have_no_page(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    stranger = ada._replace(contact_no=ContactNo(99))
    for other in (ada._replace(occasion=TEST_OCCASION), stranger):
        assert served.ask("GET", f"/p/{token(house, other)}").status == 404
        assert post(served, f"/p/{token(house, other)}", {"do": "pause"}).status == 404


def test_a_mailbox_that_complained_is_sent_to_a_person(
    house: Drumbeat, served: Served, ada: Recipient
) -> None:
    with house.begin(house.owner()) as d:
        d.audience.suppress(ada.contact_no, SuppressionReason.complained)
    page = f"/p/{token(house, ada)}"
    answer = post(served, page, {"do": "topics", "topic": "garden-tips"})
    assert b"Please write to" in answer.body

"""The loop from a list to a report, over real SMTP and real HTTP: the numbers are what happened."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from drumbeat.kit.ids import CampaignId
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.events import Kind
from tests.interfaces.serving import Answer
from tests.journeys.conftest import Running, running
from tests.journeys.household import LETTER, MONDAY_6, SENDER, Household, Json, counted, id_of
from tests.journeys.postbox import Postbox, free_port, listening
from tests.marketing.analytics.counting import count

ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "")
SUBSCRIBERS = [(f"reader{n}@home{n % 3}.example", ZONES[n % 4]) for n in range(40)]
SILENT = [f"silent{n}@home0.example" for n in range(4)]
GONE = [f"gone{n}@home1.example" for n in range(3)]
EVERYBODY = len(SUBSCRIBERS) + len(SILENT) + len(GONE)

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
SCANNER = {"User-Agent": "Barracuda Sentinel"}
PLAIN, TESTED = "The first letter", ("Winter is coming", "Three things for winter")


@dataclass(frozen=True)
class Reader:
    """Somebody with a mail in front of them; what they touch goes over HTTP."""

    house: Running
    html: str

    @staticmethod
    def of(house: Running, subject: str, address: str) -> "Reader":
        part = house.mails(subject)[address].get_body(("html",))
        assert part is not None
        return Reader(house, part.get_content())

    def find(self, what: str) -> str:
        found = re.search(rf'"https?://[^/"]+(/{what}/[^"]+)"', self.html)
        assert found is not None, self.html
        return found[1]

    def ask(
        self, method: str, what: str, agent: dict[str, str], body: bytes | None = None
    ) -> Answer:
        return self.house.served.ask(method, self.find(what), body, agent)


@pytest.mark.slow
def test_what_the_report_says_is_what_people_did(house_open: Running) -> None:
    house = house_open
    imported = list(house.client.upload("/contacts/import", people_file(), consent="Status"))[-1]
    assert (imported["added"], imported["rejected"]) == (EVERYBODY, 0)

    first = launch(house, name="First", subject_line=PLAIN)
    house.engine_idle()
    assert house.mails(PLAIN).keys() == {address for address, _ in SUBSCRIBERS}
    second = launch(
        house,
        name="Second",
        subject_line=TESTED[0],
        alt_subject_line=TESTED[1],
        enable_ab_testing=True,
        launch="best",
    )
    house.engine_until(MONDAY_6 + timedelta(hours=4))
    came = second_mails(house)
    assert came == {address for address, zone in SUBSCRIBERS if zone in ("Europe/Paris", "")}
    leaver, looker = in_zone("Asia/Tokyo")[:2]
    leave(house, leaver, looker)
    house.engine_until(MONDAY_6 + timedelta(days=1))
    assert second_mails(house) == {address for address, _ in SUBSCRIBERS} - {leaver}
    assert check_ledger(house, second) == {
        "sent": len(SUBSCRIBERS) - 1,
        "unsubscribed": len(GONE) + 1,
        "no_consent": len(SILENT),
    }
    assert check_ledger(house, first)["sent"] == len(SUBSCRIBERS)

    done = react(house)
    house.engine_idle()
    compare(house, second, done)


def test_an_unsubscribe_in_the_middle_of_a_send_stops_the_mail_that_is_claimed_already(
    home: Household,
) -> None:
    port, postbox = free_port(), Postbox()
    home.settings |= SENDER
    home.settings["DRUMBEAT_SMTP_URL"] = f"smtp://127.0.0.1:{port}?connections=1"
    people = [f"p{n}@example.com" for n in range(60)]
    with running(home) as house, listening(postbox, port):
        house.inside.invite(people)
        campaign = house.inside.launch()
        left: list[str] = []

        def some_leave() -> None:
            with house.drumbeat.look(house.drumbeat.owner()) as department:
                numbers = department.audience.contact_numbers(people)
                mailing = department.campaigns.get(campaign).plan.mailing_no
            signer = TokenSigner(house.drumbeat.office.keys.derive("tracking"))
            assert mailing is not None
            for address in sorted(set(people) - set(postbox.order))[::7]:
                token = signer.token(Recipient(mailing, numbers[address]))
                assert house.served.ask("POST", f"/u/{token}", b"").status == 200
                left.append(address)

        postbox.at[20] = some_leave
        house.engine_idle()
        assert len(left) > 4
        assert not set(left) & set(postbox.order), "somebody who had left got it all the same"
        assert set(postbox.order) == set(people) - set(left)
        assert house.inside.recipients(campaign)["suppressed"] == set(left)


def people_file() -> io.BytesIO:
    rows = [f"{address},{zone},subscribed" for address, zone in SUBSCRIBERS]
    rows += [f"{address},,unconfirmed" for address in SILENT]
    rows += [f"{address},,unsubscribed" for address in GONE]
    return io.BytesIO("\n".join(["email,timezone,Status", *rows]).encode())


def in_zone(zone: str) -> list[str]:
    return [address for address, theirs in SUBSCRIBERS if theirs == zone]


def second_mails(house: Running) -> set[str]:
    one, other = (house.mails(subject).keys() for subject in TESTED)
    assert not one & other
    return one | other


def launch(house: Running, **changes: object) -> CampaignId:
    """Asked for by a program: it stops for the yes, says nothing of figures, and goes with it."""
    asked = house.client.post("/workflows/email", {**LETTER, **changes})
    assert (asked["approval_needed"], counted(ledger_of(asked))["planned"]) == (True, 0)
    figures = asked["performance_metrics"]
    assert isinstance(figures, dict)
    assert set(figures.values()) == {None}
    campaign = id_of(asked)
    assert house.client.post(f"/campaigns/{campaign}/approve")["status"] == "scheduled"
    return campaign


def ledger_of(answer: Json) -> Json:
    ledger = answer["ledger"]
    assert isinstance(ledger, dict)
    return ledger


def leave(house: Running, leaver: str, looker: str) -> None:
    """One looks at the page and stays; one says goodbye, by the link of an older letter."""
    page = Reader.of(house, PLAIN, looker)
    for _ in range(2):
        assert page.ask("GET", "u", BROWSER).status == 200
        assert page.ask("HEAD", "u", SCANNER).status == 200
    gone = Reader.of(house, PLAIN, leaver).ask("POST", "u", BROWSER, b"List-Unsubscribe=One-Click")
    assert gone.status == 200


def check_ledger(house: Running, campaign: CampaignId) -> dict[str, int]:
    """Σ states = everyone who was frozen; what was sent lies in the sandbox."""
    told = house.client.get(f"/campaigns/{campaign}/ledger")
    states, reasons = counted(told), told["reasons"]
    assert isinstance(reasons, dict)
    assert told["frozen"] == EVERYBODY
    assert states["sent"] + states["suppressed"] == EVERYBODY
    assert states["suppressed"] == sum(reasons.values())
    mailing = house.client.get(f"/campaigns/{campaign}")
    subjects = (PLAIN,) if mailing["subject_line"] == PLAIN else TESTED
    assert sum(len(house.mails(subject)) for subject in subjects) == states["sent"]
    return {"sent": states["sent"], **reasons}


def react(house: Running) -> dict[str, int]:
    """Openers, clickers, buyers, a scanner and a leaver; how many of each."""
    house.later(minutes=30)
    readers = sorted(house.mails(TESTED[0]))[:6] + sorted(house.mails(TESTED[1]))[:8]
    mails = {a: s for s in TESTED for a in house.mails(s)}
    for address in readers:
        reader = Reader.of(house, mails[address], address)
        assert reader.ask("GET", "o", BROWSER).status == 200
    for address in readers[:5]:
        answer = Reader.of(house, mails[address], address).ask("GET", "c", BROWSER)
        assert answer.headers["location"] == "https://shop.example/garden"
    for address in sorted(mails.keys() - set(readers))[:3]:
        Reader.of(house, mails[address], address).ask("GET", "o", SCANNER)
        Reader.of(house, mails[address], address).ask("HEAD", "c", BROWSER)
    goes_nowhere(Reader.of(house, mails[readers[0]], readers[0]))
    bought = [
        {
            "email": address,
            "kind": "purchased",
            "occurred_at": house.household.clock().isoformat(),
            "event_id": f"order-{address}",
            "value": 19.9,
            "currency": "EUR",
        }
        for address in readers[:2]
    ]
    assert house.client.post("/events", {"events": bought})["added"] == 2
    assert house.client.post("/events", {"events": bought})["repeated"] == 2
    Reader.of(house, mails[readers[-1]], readers[-1]).ask("POST", "u", BROWSER, b"")
    house.facts_of(Kind.opened, 14 + 3)
    house.facts_of(Kind.clicked, 5 + 3)
    return {"opens": 14, "clicks": 5, "conversions": 2, "unsubscribes": 1, "machine_opens": 3}


def goes_nowhere(reader: Reader) -> None:
    """A click leads to a link of the campaign's own table, or nowhere at all."""
    path = urlsplit(reader.find("c")).path
    number, token = path.split("/")[2:]
    other = "A" if token[5] != "A" else "B"
    for wrong in (f"/c/{int(number) + 1}/{token}", f"/c/0/{token[:5]}{other}{token[6:]}", "/c/0/x"):
        answer = reader.house.served.ask("GET", wrong + "?to=https://evil.example", None, BROWSER)
        assert answer.status == 404
        assert "location" not in answer.headers


def compare(house: Running, campaign: CampaignId, done: dict[str, int]) -> None:
    """The report = a plain count over the raw events = what the people in this test did."""
    answer = house.client.get(f"/workflows/email/{campaign}")
    with house.drumbeat.look(house.drumbeat.owner()) as department:
        mailing_no = department.campaigns.get(campaign).plan.mailing_no or 0
    plain = count(house.facts(), mailing_no)
    analysis = answer["performance_analysis"]
    assert isinstance(analysis, dict)
    told = analysis["performance_metrics"]
    assert told["sent"] == plain.sent == len(SUBSCRIBERS) - 1
    for name, acted in done.items():
        assert told[name] == plain.n(name) == acted, name
    assert answer["performance_metrics"] == {
        "sent_count": plain.sent,
        "open_rate": done["opens"] / plain.sent,
        "click_rate": done["clicks"] / plain.sent,
        "conversion_rate": done["conversions"] / plain.sent,
        "revenue_generated": 39.8,
    }
    assert dict(plain.revenue) == {"EUR": 3_980}
    tested = answer["ab_testing"]
    assert isinstance(tested, dict)
    counts = {arm["name"]: arm for arm in tested["arms"]}
    assert counts.keys() == {"A", "B"}
    assert house.client.get("/status")["total_revenue_generated"] == 39.8

"""Who acted: rules for one request, rules for neighbours, and what they leave alone."""

import pytest

from drumbeat.marketing.events import FoldedFact, Kind, Reason, Verdict
from drumbeat.marketing.events.verdicts import judge, judge_neighbours

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16; Microsoft Outlook 16.0.17531)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CUBOT = "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG 9) AppleWebKit/537.36 Chrome/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"


@pytest.mark.parametrize("agent", [PHONE, OUTLOOK, FIREFOX, CUBOT])
def test_people_are_human(agent: str) -> None:
    assert judge(Kind.opened, agent) == (Verdict.human, Reason.none)
    assert judge(Kind.clicked, agent) == (Verdict.human, Reason.none)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Barracuda Sentinel (EE)",
        "Mimecast URL Protect",
        "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
        "Microsoft Office Existence Discovery",
        "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
        "facebookexternalhit/1.1",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "python-requests/2.32.5",
        "curl/8.16.0",
        "Go-http-client/2.0",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36",
    ],
)
def test_scanners_and_programs_are_machines(agent: str) -> None:
    assert judge(Kind.clicked, agent) == (Verdict.machine, Reason.known_scanner)


def test_an_empty_agent_and_a_head_request_are_machines() -> None:
    assert judge(Kind.opened, "  ") == (Verdict.machine, Reason.no_user_agent)
    assert judge(Kind.clicked, FIREFOX, "HEAD") == (Verdict.machine, Reason.head_request)


def test_apples_proxy_opens_by_itself_but_does_not_click() -> None:
    assert judge(Kind.opened, "Mozilla/5.0") == (Verdict.machine, Reason.apple_privacy_proxy)
    assert judge(Kind.clicked, "Mozilla/5.0") == (Verdict.unsure, Reason.apple_privacy_proxy)


@pytest.mark.parametrize("agent", [GMAIL, YAHOO])
def test_an_image_proxy_that_fetches_for_a_person_is_unsure(agent: str) -> None:
    assert judge(Kind.opened, agent) == (Verdict.unsure, Reason.mail_image_proxy)


def fact(kind: Kind, second: int, contact: int = 1, mailing: int = 7, link: int = -1) -> FoldedFact:
    verdict, reason = int(Verdict.human), int(Reason.none)
    return FoldedFact(
        int(kind), second, contact, mailing, -1, link, verdict, reason, 0, "", 0, "", None
    )


def reasons(*facts: FoldedFact, context: tuple[FoldedFact, ...] = ()) -> list[int]:
    return [each.reason for each in judge_neighbours(facts, context)]


def test_a_click_sooner_than_a_person_is_a_machines() -> None:
    sent = fact(Kind.sent, 100)
    for second in (98, 99, 101):  # before its own stamp: while the server was still answering
        clicked = fact(Kind.clicked, second, link=1)
        assert reasons(sent, clicked) == [0, Reason.sooner_than_a_person]
    assert reasons(sent, fact(Kind.clicked, 102, link=1)) == [0, 0]
    assert reasons(sent, fact(Kind.clicked, 101, contact=2, link=1)) == [0, 0]
    assert reasons(sent, fact(Kind.clicked, 101, mailing=8, link=1)) == [0, 0]


def test_the_send_may_be_recorded_after_the_click_or_in_the_batch_before() -> None:
    click, sent = fact(Kind.clicked, 101, link=1), fact(Kind.sent, 100)
    assert reasons(click, sent) == [Reason.sooner_than_a_person, 0]
    assert reasons(click, context=(sent,)) == [Reason.sooner_than_a_person]


def test_three_different_links_within_a_second_are_a_machines() -> None:
    burst = [fact(Kind.clicked, 500, link=n) for n in (1, 2, 3)]
    assert reasons(*burst) == [Reason.many_links_at_once] * 3
    assert reasons(*burst[:2]) == [0, 0]
    across = [burst[0], burst[1], fact(Kind.clicked, 501, link=3)]
    assert reasons(*across) == [Reason.many_links_at_once] * 3
    apart = [burst[0], burst[1], fact(Kind.clicked, 502, link=3)]
    assert reasons(*apart) == [0, 0, 0]


def test_an_impatient_person_who_clicks_one_link_thrice_stays_human() -> None:
    assert reasons(*[fact(Kind.clicked, 500, link=1)] * 3) == [0, 0, 0]


def test_opens_and_earlier_verdicts_are_left_alone() -> None:
    sent, opened = fact(Kind.sent, 100), fact(Kind.opened, 100)
    known = fact(Kind.clicked, 100, link=1)._replace(verdict=2, reason=int(Reason.known_scanner))
    assert judge_neighbours([sent, opened, known]) == (sent, opened, known)

"""The page of a campaign before its results: what is shown, decided, and refused."""

import re

from drumbeat.bootstrap import Drumbeat
from drumbeat.kit.actor import NOBODY
from drumbeat.kit.ids import CampaignId
from drumbeat.kit.result import Again
from drumbeat.marketing.accounts import Newcomer, Role, Visitor, hash_password
from drumbeat.marketing.audience import Consent, ContactRow
from drumbeat.marketing.campaigns import State
from drumbeat.marketing.campaigns.pipeline import advance
from drumbeat.marketing.delivery import EngineName, Unknown
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.conftest import add_campaign


def state_of(house: Drumbeat, campaign_id: CampaignId) -> State:
    with house.look(house.owner()) as department:
        return department.campaigns.get(campaign_id).state


def approval_on(owner: Browser, campaign_id: CampaignId) -> str:
    body = owner.get(f"/campaigns/{campaign_id}").body.decode()
    found = re.search(r'name="approval" value="([^"]+)"', body)
    assert found is not None
    return found[1]


def run_on(house: Drumbeat, campaign_id: CampaignId) -> None:
    while advance(house, campaign_id) == Again():
        pass


def decide(owner: Browser, campaign_id: CampaignId, answer: str) -> int:
    page, approval = f"/campaigns/{campaign_id}", approval_on(owner, campaign_id)
    return owner.send(page, f"{page}/decide", approval=approval, answer=answer).status


def test_who_decides_sees_words_people_test_time_and_checks(
    peopled: Drumbeat, owner: Browser
) -> None:
    body = owner.get(f"/campaigns/{add_campaign(peopled)}").body.decode()
    for told in (
        "Waiting for your approval.",
        "Approve and send",
        "Your table is waiting",
        "3 people may be mailed",
        "have not confirmed that they want mail",
        "unsubscribed",
        "As soon as it is approved and launched.",
        "open rate",
        "The sender is the sandbox&#39;s",
        "Mail programs remove scripts",
    ):
        assert told in body, told


def test_the_authors_html_is_shown_only_alone_in_a_sandbox(
    peopled: Drumbeat, owner: Browser
) -> None:
    campaign_id = add_campaign(peopled)
    page = owner.get(f"/campaigns/{campaign_id}")
    assert b"alert(1)" not in page.body
    assert b'<iframe class="mail-frame" sandbox ' in page.body
    frame = owner.get(f"/campaigns/{campaign_id}/preview?as=ada@example.com&variant=1")
    assert b"Hello Ada" in frame.body
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-" not in policy
    assert "script-src" not in policy
    text = owner.get(f"/campaigns/{campaign_id}/preview?as=ada@example.com&form=text")
    assert text.headers["content-type"].startswith("text/plain")


def test_looking_at_a_mail_is_no_open_and_its_links_lead_nowhere(
    peopled: Drumbeat, owner: Browser
) -> None:
    path = f"/campaigns/{add_campaign(peopled)}/preview?as=ada@example.com"
    body = owner.get(path).body.decode()
    assert "/o/" not in body
    assert "/c/" not in body
    assert "/u/" not in body


def test_a_contact_nobody_knows_is_said_inside_the_frame(peopled: Drumbeat, owner: Browser) -> None:
    answer = owner.get(f"/campaigns/{add_campaign(peopled)}/preview?as=<b>nobody")
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_yes_lets_it_go_and_the_page_then_shows_how_it_goes(
    peopled: Drumbeat, owner: Browser
) -> None:
    campaign_id = add_campaign(peopled)
    assert decide(owner, campaign_id, "launch") == 303
    assert state_of(peopled, campaign_id) is State.SCHEDULED
    run_on(peopled, campaign_id)
    page = owner.get(f"/campaigns/{campaign_id}").body.decode()
    assert "On its way" in page
    assert "Pause" in page
    following = re.search(r'data-live="([^"]+)"', page)
    assert following is not None
    live = owner.get(following[1].replace("&amp;", "&"))
    assert live.status == 200
    assert b"Messages a second" in live.body
    assert b"<html" not in live.body


def test_approving_only_waits_for_the_launch(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    decide(owner, campaign_id, "approve")
    assert state_of(peopled, campaign_id) is State.AWAITING_APPROVAL
    page = f"/campaigns/{campaign_id}"
    assert f'action="{page}/launch"' in owner.get(page).body.decode()
    assert owner.send(page, f"{page}/launch").status == 303
    assert state_of(peopled, campaign_id) is State.SCHEDULED


def test_a_no_is_kept_and_asks_for_an_edit(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    decide(owner, campaign_id, "decline")
    body = owner.get(f"/campaigns/{campaign_id}?said=declined").body.decode()
    assert "Declined by" in body
    assert "Approve and send" not in body


def test_a_yes_to_what_was_changed_meanwhile_is_refused(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    page = f"/campaigns/{campaign_id}"
    answer = owner.send(page, f"{page}/decide", approval="apr_of_before", answer="launch")
    assert answer.status == 409
    assert state_of(peopled, campaign_id) is State.AWAITING_APPROVAL


def test_it_is_paused_resumed_and_cancelled_from_the_page(
    peopled: Drumbeat, owner: Browser
) -> None:
    campaign_id = add_campaign(peopled)
    page = f"/campaigns/{campaign_id}"
    decide(owner, campaign_id, "launch")
    run_on(peopled, campaign_id)
    steps = (("pause", State.PAUSED), ("resume", State.SENDING), ("cancel", State.CANCELLED))
    for verb, state in steps:
        assert owner.send(page, f"{page}/{verb}").headers["location"].startswith(page)
        assert state_of(peopled, campaign_id) is state
    assert owner.send(page, f"{page}/resume").status == 409


def test_a_form_of_another_page_changes_nothing(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    page = f"/campaigns/{campaign_id}"
    assert owner.post(f"{page}/cancel", {"csrf": "made-up"}).status == 403
    token = owner.token(page)
    foreign = owner.post(f"{page}/cancel", {"csrf": token}, Origin="https://evil.example")
    assert foreign.status == 403
    assert state_of(peopled, campaign_id) is State.AWAITING_APPROVAL


def test_recipients_are_found_by_address_and_by_state(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    decide(owner, campaign_id, "launch")
    run_on(peopled, campaign_id)
    at = f"/campaigns/{campaign_id}/recipients"
    everybody = owner.get(at).body.decode()
    assert everybody.count("@example.com</th>") == 5
    suppressed = owner.get(f"{at}?state=suppressed").body.decode()
    assert suppressed.count("@example.com</th>") == 2
    assert "have not confirmed that they want mail" in suppressed
    assert b"dan@example.com</th>" in owner.get(f"{at}?address=Dan@Example.com").body
    assert b"No row fits" in owner.get(f"{at}?address=zoe@example.com").body
    assert owner.get(f"{at}?state=made-up").status == 400


def test_a_yes_to_a_segment_says_as_of_when_its_people_are_meant(
    peopled: Drumbeat, owner: Browser
) -> None:
    row = ContactRow("fay@example.com", attributes={"country": "GB"}, consent=Consent.subscribed)
    with peopled.begin(peopled.owner()) as department:
        department.audience.merge_contacts([row])
    body = owner.get(f"/campaigns/{add_campaign(peopled, audience='GB')}").body.decode()
    assert "a yes is for these people, however the segments are cut later" in body
    everybody = owner.get(f"/campaigns/{add_campaign(peopled, 'All of them')}").body.decode()
    assert "a yes is for these people" not in everybody


def test_a_message_that_may_have_arrived_is_decided_on_the_page(
    peopled: Drumbeat, owner: Browser
) -> None:
    campaign_id = add_campaign(peopled)
    decide(owner, campaign_id, "launch")
    run_on(peopled, campaign_id)
    engine = EngineName("engine-a", "boot-1", "sandbox")
    with peopled.look(peopled.owner()) as department:
        number = department.campaigns.get(campaign_id).plan.mailing_no
    assert number is not None
    with peopled.begin(peopled.owner()) as department:
        claimed = department.sending.exchange(number, engine, [], 500).claimed
    with peopled.begin(peopled.owner()) as department:
        receipts = [each.ended(Unknown("no answer came")) for each in claimed]
        department.sending.exchange(number, engine, receipts, 0)
    at = f"/campaigns/{campaign_id}/recipients"
    page = owner.get(f"{at}?state=uncertain").body.decode()
    assert page.count("It did not: send again") == len(claimed) == 3
    assert "Messages that may have arrived" in page
    forms = re.findall(r'name="contact_id" value="([^"]+)"', page)
    for contact_id, decision in zip(forms, ("arrived", "give_up", "send_again"), strict=True):
        fields = {"contact_id": contact_id, "decision": decision}
        assert owner.send(at, f"{at}/decide", **fields).status == 303
    assert owner.send(at, f"{at}/decide", contact_id=forms[0], decision="arrived").status == 409
    assert owner.send(at, f"{at}/decide", contact_id=forms[0], decision="no").status == 400
    with peopled.look(peopled.owner()) as department:
        states = department.delivery.ledger(number).states
    assert (states["sent"], states["failed"], states["planned"]) == (1, 1, 1)
    assert "It goes once more" in owner.get(f"{at}?said=decided-send_again").body.decode()


def test_a_viewer_sees_no_address_and_decides_nothing(peopled: Drumbeat, owner: Browser) -> None:
    campaign_id = add_campaign(peopled)
    hash = hash_password("correct horse battery", email="vera@example.com")
    with peopled.begin(peopled.owner()) as department:
        newcomer = Newcomer("vera@example.com", Role.VIEWER, "Vera")
        _, secret = department.people.add(newcomer)
    with peopled.begin(NOBODY) as department:
        session = department.signing_in.accept(secret, hash, Visitor("192.0.2.1"))
    viewer = Browser(owner.served, {"drumbeat_session": session or ""})
    body = viewer.get(f"/campaigns/{campaign_id}").body
    assert b"Come in" in body
    assert b"@example.com" not in body
    assert b"Approve and send" not in body
    refused = viewer.post(
        f"/campaigns/{campaign_id}/decide",
        {
            "csrf": viewer.token("/dashboard"),
            "approval": approval_on(owner, campaign_id),
            "answer": "launch",
        },
    )
    assert refused.status == 403
    closed = ("/audience", "/audience/customers", "/audience/connect", "/sandbox", "/campaigns/new")
    assert viewer.get("/audience/import").status == 403
    for path in closed:
        assert viewer.get(path).status == 403, path
    assert state_of(peopled, campaign_id) is State.AWAITING_APPROVAL

"""REST: a request with an Idempotency-Key acts once, however often and however broken it comes."""

import json
import threading
import time
from datetime import timedelta
from functools import partial
from hashlib import blake2b

import httpx2
import pytest

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.upkeep import sweep
from drumbeat.interfaces.api import create_api
from drumbeat.interfaces.api.idempotency import _named
from drumbeat.interfaces.api.identity import CallingHouse
from drumbeat.interfaces.api.requests import EmailCampaignRequest
from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import Conflict
from drumbeat.kit.result import NeedsApproval
from drumbeat.marketing.campaigns.pipeline import create_and_plan
from drumbeat.storage.kept_requests import Claim, RequestKey, Running
from tests.conftest import HandClock
from tests.interfaces.api.conftest import BRIEF, PREFIX, Rest, key_of, refused
from tests.interfaces.serving import serving

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
BRIEFED = EmailCampaignRequest.model_validate(BRIEF).brief()
EVENT = {"kind": "purchased", "occurred_at": "2026-11-01T00:00:00Z", "email": "ada@example.com"}


def keyed(
    rest: Rest, path: str, json: object = None, *, key: str = KEY, method: str = "POST"
) -> httpx2.Response:
    return rest.ask(method, path, json, headers={"Idempotency-Key": key})


def replayed(answer: httpx2.Response) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def campaigns(rest: Rest) -> int:
    listed = rest.get("/campaigns")["campaigns"]
    assert isinstance(listed, list)
    return len(listed)


def test_a_repeated_request_is_answered_the_same_and_acts_once(
    rest: Rest, people: tuple[str, ...]
) -> None:
    first = keyed(rest, "/campaigns", BRIEF)
    again = keyed(rest, "/campaigns", BRIEF, key=f'"{KEY}"')
    assert (first.status_code, replayed(first)) == (201, False)
    assert (again.status_code, replayed(again)) == (201, True)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    other = keyed(rest, "/campaigns", BRIEF, key="another")
    assert not replayed(other)
    assert campaigns(rest) == 2


def test_a_key_stands_for_one_method_path_query_and_body(
    rest: Rest, people: tuple[str, ...]
) -> None:
    assert keyed(rest, "/campaigns", BRIEF).status_code == 201
    others = (
        ("POST", "/campaigns", {**BRIEF, "name": "Another"}),
        ("POST", "/campaigns?x=1", BRIEF),
        ("POST", "/workflows/email", BRIEF),
        ("PUT", "/campaigns/cmp_0", BRIEF),
        ("DELETE", "/accounts/keys/old", None),
    )
    for method, path, body in others:
        answer = keyed(rest, path, body, method=method)
        refused(answer, 422, "idempotency-key-reused", "Idempotency-Key")
    assert campaigns(rest) == 1


def test_another_caller_and_other_rights_have_keys_of_their_own(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...]
) -> None:
    """An answer may hold a secret: whoever has fewer rights must not get it by guessing a key."""
    made = keyed(rest, "/accounts/keys", {"label": "new"})
    limited = Rest(rest.base, key_of(house, owner, Scope.CAMPAIGNS_READ))
    refused(keyed(limited, "/accounts/keys", {"label": "new"}), 403, "not-permitted")
    again = keyed(rest, "/accounts/keys", {"label": "new"})
    assert (replayed(again), again.json()["key"]) == (True, made.json()["key"])
    stranger = Rest(rest.base, "wrong")
    refused(keyed(stranger, "/accounts/keys", {"label": "new"}), 401, "unauthenticated")


def test_a_refusal_is_kept_too(rest: Rest, people: tuple[str, ...]) -> None:
    first = keyed(rest, "/segments", {"by": "nonsense"})
    again = keyed(rest, "/segments", {"by": "nonsense"})
    refused(again, 422, "invalid-input", "segment_by")
    assert (first.content, replayed(again)) == (again.content, True)


@pytest.mark.parametrize("key", ["", '""', "x" * 256])
def test_a_key_that_is_none_is_refused(rest: Rest, key: str) -> None:
    answer = httpx2.request(
        "POST", rest.base + "/campaigns", json=BRIEF,
        headers=[(b"Authorization", f"Bearer {rest.key}".encode()),
                 (b"Idempotency-Key", key.encode("latin-1"))],
    )  # fmt: skip
    refused(answer, 422, "invalid-input", "Idempotency-Key")


def test_two_front_processes_share_their_keys(
    house: Drumbeat, rest: Rest, people: tuple[str, ...]
) -> None:
    """Twelve at once on two applications: one acts, the others wait or are answered the same."""
    answers: list[httpx2.Response] = []
    with serving(create_api(house)) as other:
        fronts = (rest, Rest(f"http://127.0.0.1:{other.port}{PREFIX}", rest.key))

        def send(number: int) -> None:
            answers.append(keyed(fronts[number % 2], "/campaigns", BRIEF))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert campaigns(rest) == 1
    waiting = [each for each in answers if each.status_code == 409]
    for each in waiting:
        refused(each, 409, "idempotency-key-in-use", "Idempotency-Key")
        assert each.headers["retry-after"] == "1"
    made = {each.content for each in answers if each.status_code == 201}
    assert len(made) == 1
    assert keyed(rest, "/campaigns", BRIEF).content in made


def asked_as(house: Drumbeat, actor: Actor, path: str, sent: object) -> RequestKey:
    """What the way in makes of this request."""
    body = json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()
    digest = blake2b(key=house.office.keys.derive("request bodies"), digest_size=32)
    digest.update(b"POST %s?\n" % (PREFIX + path).encode() + body)
    return RequestKey(_named(CallingHouse(house, actor)), KEY, digest.digest())


def begun(house: Drumbeat, actor: Actor, asked: RequestKey, *, now: float) -> Claim:
    with house.begin(actor) as department:
        claim = department.requests.claim(asked, at=house.office.clock(), now=now)
    assert isinstance(claim, Claim)
    return claim


def test_who_died_after_the_campaign_was_made_is_gone_on_with(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...]
) -> None:
    """The process ended between the commit and the kept answer; its lease has run out since."""
    asked = asked_as(house, owner, "/campaigns", BRIEF)
    dead = CallingHouse(house, owner, begun(house, owner, asked, now=time.time() - 120))
    with dead.drumbeat.begin(owner) as department:
        department.campaigns.create(BRIEFED, dead.campaign_id())
    answer = keyed(rest, "/campaigns", BRIEF)
    assert answer.status_code == 201, answer.text
    assert answer.json()["campaign_id"] == dead.campaign_id()
    assert answer.json()["status"] == "awaiting_approval"
    assert campaigns(rest) == 1


def test_an_interrupted_workflow_ends_as_one_campaign(
    house: Drumbeat, rest: Rest, people: tuple[str, ...], clock: HandClock
) -> None:
    """The whole of it was done, only its answer is lost: the second run finds it launched."""
    sent = {**BRIEF, "approve": True}
    first = keyed(rest, "/workflows/email", sent)
    lose_answers(house)
    again = keyed(rest, "/workflows/email", sent)
    assert (first.status_code, again.status_code, replayed(again)) == (200, 200, False)
    assert again.json()["campaign"] == first.json()["campaign"]
    assert campaigns(rest) == 1


def test_an_interrupted_workflow_still_says_its_yes(
    house: Drumbeat, owner: Actor, rest: Rest, people: tuple[str, ...]
) -> None:
    """It ended before it approved, and a person asked for the launch since, from a page."""
    sent = {**BRIEF, "approve": True}
    asked = asked_as(house, owner, "/workflows/email", sent)
    dead = CallingHouse(house, owner, begun(house, owner, asked, now=time.time() - 120))
    made = create_and_plan(house, BRIEFED, partial(house.begin, owner), dead.campaign_id())
    with house.begin(owner) as department:
        assert isinstance(department.campaigns.ask_launch(made), NeedsApproval)
    answer = keyed(rest, "/workflows/email", sent)
    assert answer.status_code == 200, answer.text
    assert answer.json()["campaign"]["campaign_id"] == made
    assert rest.get(f"/campaigns/{made}")["status"] not in ("planned", "awaiting_approval")


def test_events_without_an_id_are_counted_once_though_their_answer_was_lost(
    house: Drumbeat, rest: Rest, people: tuple[str, ...]
) -> None:
    first = keyed(rest, "/events", {"events": [EVENT, EVENT]})
    lose_answers(house)
    again = keyed(rest, "/events", {"events": [EVENT, EVENT]})
    assert (first.json()["added"], again.json()["added"]) == (2, 0)
    assert again.json()["repeated"] == 2


def lose_answers(house: Drumbeat) -> None:
    """As if every process had been killed before it kept its answer, a while ago."""
    from sqlalchemy import update

    from drumbeat.storage.kept_requests import kept_request

    with house.database.begin() as connection:
        connection.execute(update(kept_request).values(answer=None, until=0.0))


def test_whoever_was_too_slow_may_not_commit_any_more(
    house: Drumbeat, owner: Actor, people: tuple[str, ...]
) -> None:
    asked = RequestKey("1", KEY, b"x" * 32)
    slow = begun(house, owner, asked, now=time.time() - 120)
    quick = begun(house, owner, asked, now=time.time())
    assert slow.id == quick.id
    with pytest.raises(Conflict), CallingHouse(house, owner, slow).begin() as department:
        department.audience.find_contact("ada@example.com")
    late = CallingHouse(house, owner, slow)
    with pytest.raises(Conflict, match="taken over"):
        create_and_plan(house, BRIEFED, late.begin, late.campaign_id())
    with CallingHouse(house, owner, quick).begin() as department:
        assert department.campaigns.list_() == []
        still = department.requests.claim(asked, at=house.office.clock(), now=time.time())
    assert still == Running()


def test_an_answer_is_kept_for_a_day_and_swept_then(
    house: Drumbeat, rest: Rest, people: tuple[str, ...], clock: HandClock
) -> None:
    keyed(rest, "/campaigns", BRIEF)
    clock.now += timedelta(hours=24)
    sweep(house)
    assert replayed(keyed(rest, "/campaigns", BRIEF))
    clock.advance(seconds=1)
    sweep(house)
    assert not replayed(keyed(rest, "/campaigns", BRIEF))
    assert campaigns(rest) == 2


def test_an_import_under_a_key_is_answered_its_report_again(rest: Rest) -> None:
    file = b"email,name\nada@example.com,Ada\nnobody,No\n"
    asked = {"Idempotency-Key": KEY, "Content-Type": "text/csv"}
    first = rest.ask("POST", "/contacts/import", content=file, headers=asked)
    again = rest.ask("POST", "/contacts/import", content=file, headers=asked)
    report = json.loads(first.text.splitlines()[-1])
    assert (report["added"], report["rejected"]) == (1, 1)
    assert replayed(again)
    assert json.loads(again.text) == report
    other = rest.ask("POST", "/contacts/import", content=file + b"x", headers=asked)
    refused(other, 422, "idempotency-key-reused", "Idempotency-Key")


def test_an_import_that_failed_is_not_its_answer_for_a_day(house: Drumbeat, rest: Rest) -> None:
    """Its stream began with 200, and its last line says 500."""
    asked = {"Idempotency-Key": KEY, "Content-Type": "text/csv"}
    file = b"email\nada@example.com\n"
    with house.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE contact RENAME TO elsewhere")
    failed = rest.ask("POST", "/contacts/import", content=file, headers=asked)
    assert json.loads(failed.text.splitlines()[-1])["problem"]["status"] == 500
    with house.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contact")
    again = rest.ask("POST", "/contacts/import", content=file, headers=asked)
    assert not replayed(again)
    assert json.loads(again.text.splitlines()[-1])["added"] == 1


def test_an_import_that_was_refused_is_answered_so_again(rest: Rest) -> None:
    asked = {"Idempotency-Key": KEY, "Content-Type": "text/csv"}
    told = [
        rest.ask("POST", "/contacts/import", content=b"name\nAda\n", headers=asked)
        for _ in range(2)
    ]
    assert [replayed(answer) for answer in told] == [False, True]
    assert told[0].text == told[1].text
    assert json.loads(told[1].text)["problem"]["status"] == 422


def test_who_read_again_after_a_412_acts_under_the_same_key(
    rest: Rest, people: tuple[str, ...]
) -> None:
    path = f"/campaigns/{rest.campaign()}"

    def change(tag: str) -> httpx2.Response:
        asked = {"Idempotency-Key": KEY, "If-Match": tag}
        return rest.ask("PUT", path, {**BRIEF, "name": "Mine"}, headers=asked)

    refused(change('"0-00"'), 412, "stale")
    done = change(rest.ask("GET", path).headers["etag"])
    assert (done.status_code, replayed(done)) == (200, False), done.text
    assert replayed(change('"0-00"'))


def test_who_may_import_nothing_is_refused_before_the_file_is_taken(
    house: Drumbeat, owner: Actor, rest: Rest
) -> None:
    reader = Rest(rest.base, key_of(house, owner, Scope.CAMPAIGNS_READ))
    asked = {"Idempotency-Key": KEY}
    file = b"email\n" * 1_000_000
    refused(
        reader.ask("POST", "/contacts/import", content=file, headers=asked), 403, "not-permitted"
    )


def test_nothing_of_a_kept_answer_can_be_read_without_the_clients_key(
    house: Drumbeat, rest: Rest, people: tuple[str, ...]
) -> None:
    """Not even by whoever has the database and its key file: an API key is shown this once."""
    secret = keyed(rest, "/accounts/keys", {"label": "new"}).json()["key"]
    from sqlalchemy import select

    from drumbeat.storage.kept_requests import kept_request

    with house.database.look() as connection:
        row = connection.execute(select(kept_request)).one()
    kept = b"".join(each for each in row if isinstance(each, bytes))
    assert secret.encode() not in kept
    assert KEY.encode() not in kept


def test_a_body_that_is_too_large_is_refused_under_a_key(rest: Rest) -> None:
    body = b'{"name": "' + b"x" * (17 << 20) + b'"}'
    answer = rest.ask("POST", "/campaigns", content=body, headers={"Idempotency-Key": KEY})
    refused(answer, 413, "too-large")

"""Who acted: a person or a machine, and why we think so.

A verdict never deletes anything: it is a column, and its reason stands beside it. Judged by one
request when it is recorded; by its neighbours when facts are folded, archived or compacted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from drumbeat.marketing.events.model import Fact, FoldedFact, Hit, Kind, Reason, Verdict

PERSON_SECONDS = 2
MANY_LINKS = 3

# Apple's privacy proxy fetches every image of every mail and calls itself just this.
_APPLE_PROXY = "mozilla/5.0"
# These two fetch when a person opens, but hide who and where: a person, not surely.
_IMAGE_PROXY = re.compile(r"googleimageproxy|ggpht\.com|yahoomailproxy", re.I)
# A Cubot is a telephone.
_SCANNER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|barracuda|mimecast|proofpoint|urldefense|fireeye"
    r"|trendmicro|sophos|symantec|forcepoint|messagelabs|cisco-?esa|ironport|safelinks|zscaler"
    r"|urlscan|virustotal|facebookexternalhit|bingpreview|skypeuripreview|existence discovery"
    r"|linkpreview|whatsapp/|headlesschrome|phantomjs|curl/|wget/|python-|aiohttp/|httpx/"
    r"|okhttp/|java/|apache-httpclient|go-http-client|libwww-perl|node-fetch|axios/|postmanruntime",
    re.I,
)


def judge(kind: Kind, user_agent: str, method: str = "GET") -> tuple[Verdict, Reason]:
    """Judge one request by itself."""
    agent = user_agent.strip()
    if method == "HEAD":
        return Verdict.machine, Reason.head_request
    if not agent:
        return Verdict.machine, Reason.no_user_agent
    if _SCANNER.search(agent):
        return Verdict.machine, Reason.known_scanner
    if agent.lower() == _APPLE_PROXY:
        verdict = Verdict.machine if kind == Kind.opened else Verdict.unsure
        return verdict, Reason.apple_privacy_proxy
    if _IMAGE_PROXY.search(agent):
        return Verdict.unsure, Reason.mail_image_proxy
    return Verdict.human, Reason.none


def fact_of_hit(hit: Hit) -> Fact:
    verdict, reason = judge(hit.kind, hit.user_agent, hit.method)
    return Fact(
        hit.kind,
        hit.occurred_at,
        hit.contact_no,
        hit.mailing_no,
        link_no=hit.link_no,
        verdict=verdict,
        reason=reason,
        source="tracking",
        ip=hit.ip,
        user_agent=hit.user_agent,
    )


def judged(fact: Fact) -> Fact:
    """An imported open or click that brought its user agent is judged by it, as a hit would be."""
    if fact.verdict != Verdict.human or fact.reason or not fact.user_agent:
        return fact
    if fact.kind not in (Kind.opened, Kind.clicked):
        return fact
    verdict, reason = judge(fact.kind, fact.user_agent)
    return fact if verdict == Verdict.human else replace(fact, verdict=verdict, reason=reason)


def judge_neighbours(
    facts: Sequence[FoldedFact], context: Iterable[FoldedFact] = ()
) -> tuple[FoldedFact, ...]:
    """Turn clicks that no person makes into machine clicks; nothing else changes.

    A click in under `PERSON_SECONDS` after its send, or `MANY_LINKS` different links of one mail
    within one second. `context` holds neighbours that are looked at but not judged.
    """
    around = [*context, *facts]
    sends = _latest_sends(around)
    crowded = _crowded_seconds(around)
    return tuple(
        fact if (reason := _too_fast(fact, sends, crowded)) is None else _machine(fact, reason)
        for fact in facts
    )


def _machine(fact: FoldedFact, reason: Reason) -> FoldedFact:
    return fact._replace(verdict=int(Verdict.machine), reason=int(reason))


def _too_fast(
    fact: FoldedFact,
    sends: Mapping[tuple[int, int], list[int]],
    crowded: set[tuple[int, int, int]],
) -> Reason | None:
    if fact.kind != Kind.clicked or fact.verdict == Verdict.machine or not fact.mailing_no:
        return None
    recipient = (fact.mailing_no, fact.contact_no)
    after = [fact.occurred_at - at for at in sends.get(recipient, ())]
    # A scanner clicks while the server is still answering us: before the send's own stamp.
    if any(-PERSON_SECONDS <= seconds < PERSON_SECONDS for seconds in after):
        return Reason.sooner_than_a_person
    if (*recipient, fact.occurred_at) in crowded:
        return Reason.many_links_at_once
    return None


def _latest_sends(facts: Iterable[FoldedFact]) -> dict[tuple[int, int], list[int]]:
    sends: dict[tuple[int, int], list[int]] = {}
    for fact in facts:
        if fact.kind == Kind.sent:
            sends.setdefault((fact.mailing_no, fact.contact_no), []).append(fact.occurred_at)
    return sends


def _crowded_seconds(facts: Iterable[FoldedFact]) -> set[tuple[int, int, int]]:
    """(mailing, contact, second) of clicks within one second of `MANY_LINKS` different links."""
    links: dict[tuple[int, int, int], set[int]] = {}
    for fact in facts:
        if fact.kind == Kind.clicked and fact.link_no >= 0:
            key = (fact.mailing_no, fact.contact_no, fact.occurred_at)
            links.setdefault(key, set()).add(fact.link_no)
    crowded: set[tuple[int, int, int]] = set()
    for (mailing_no, contact_no, second), here in links.items():
        following = (mailing_no, contact_no, second + 1)
        if len(here) >= MANY_LINKS:
            crowded.add((mailing_no, contact_no, second))
        if len(here | links.get(following, set())) >= MANY_LINKS and following in links:
            crowded |= {(mailing_no, contact_no, second), following}
    return crowded

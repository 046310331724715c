"""A segment is built on a page by saying what people did and did not do, with its count."""

import re

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web.rule_form import form_of, rule_of
from drumbeat.marketing.audience.rule_tree import parse_rule, sentence
from tests.interfaces.serving import Answer
from tests.interfaces.web.browser import Browser

FORM = "/audience/segments/new"
QUIET = {
    "match": "all",
    "what-0": "not_did",
    "event-0": "clicked",
    "days-0": "30",
    "what-1": "consent",
    "name-1": "mailable",
}


def send(browser: Browser, fields: dict[str, str], **more: str) -> Answer:
    return browser.send(FORM, FORM, **{**fields, **more})


def test_a_segment_is_counted_kept_explained_and_changed(peopled: Drumbeat, owner: Browser) -> None:
    counted = send(owner, QUIET, do="see").body.decode()
    assert "Not once clicked in the last 30 days and may be mailed." in counted
    assert "Among them" in counted
    kept = send(owner, QUIET, do="save", name="Quiet ones")
    assert kept.status == 303
    place = kept.headers["location"].partition("?")[0]
    shown = owner.get(f"{place}?why=ada@example.com").body.decode()
    assert "ada@example.com is in it." in shown
    assert "0 times" in shown
    assert "Nobody has the address" in owner.get(f"{place}?why=who@example.com").body.decode()
    assert "Quiet ones" in owner.get("/audience/segments").body.decode()
    again = owner.get(f"{FORM}?segment=Quiet%20ones").body.decode()
    assert re.search(r'<option value="not_did" selected>', again)
    assert 'name="days-0" value="30"' in again


def test_the_overlap_says_which_part_of_a_segment_is_in_another(
    peopled: Drumbeat, owner: Browser
) -> None:
    for name, words in (("Mailable", "mailable"), ("Ada alone", "first_name = Ada")):
        sent = send(owner, {"do": "save", "name": name, "words": words})
        assert sent.status == 303, sent.body
    body = owner.get("/audience/segments/compare").body.decode()
    shares = re.findall(r'>1<span class="soft block">(\d+)\u202f%', body)
    assert sorted(shares) == ["100", "33"]  # one of three who may be mailed; all of one


def test_what_is_wrong_stands_beside_its_question(peopled: Drumbeat, owner: Browser) -> None:
    body = {**QUIET, "what-1": "attribute", "attribute-1": "frist_name", "op-1": "is"}
    shown = send(owner, body, **{"value-1": "Ada"}, do="see").body.decode()
    assert "Did you mean &#39;first_name&#39;" in shown.partition('id="seen"')[0]
    refused = send(owner, body, **{"value-1": "Ada"}, do="save", name="x")
    assert refused.status == 422
    assert send(owner, QUIET, **{"days-0": "soon"}, do="see").status == 200
    nameless = send(owner, QUIET, do="save")
    assert nameless.status == 422
    assert "needs a name" in nameless.body.decode()


def test_questions_are_added_and_taken_away_without_a_script(
    peopled: Drumbeat, owner: Browser
) -> None:
    assert send(owner, QUIET, do="add").body.decode().count('<li class="line') == 3
    assert send(owner, QUIET, do="drop-0").body.decode().count('<li class="line') == 1
    words = send(owner, {"do": "see", "words": "mailable and not (bought or replied)"})
    assert "may be mailed and not (bought or replied)" in words.body.decode().lower()
    wrong = send(owner, {"do": "see", "words": "mailable and"}).body.decode()
    assert "not understood at its end" in wrong


def test_a_rule_of_one_level_comes_back_as_the_same_lines() -> None:
    for line in (
        "clicked >= 3 in 30d and never bought with category = shoes",
        "opened 2 of last 5 or country != DE or plan in (pro, team)",
        "phone known and not vip known and age >= 18 and segment Fans and not segment Old",
        "score engagement >= 0.7 and rfm Champions and mailable",
    ):
        rule = parse_rule(line)
        assert sentence(rule_of(form_of("x", rule, ""))) == sentence(rule)
    deep = form_of("x", parse_rule("a = 1 and (b = 2 or c = 3)"), "")
    assert not deep.lines[0].fields


def test_its_page_renames_and_removes_a_segment(peopled: Drumbeat, owner: Browser) -> None:
    kept = send(owner, QUIET, do="save", name="Quiet ones")
    place = kept.headers["location"].partition("?")[0]
    send(owner, {"do": "save", "words": 'segment "Quiet ones"'}, name="Built on it")
    refused = owner.send(place, f"{place}/remove")
    assert refused.status == 409
    assert "the segment &#39;Built on it&#39; asks for it" in refused.body.decode()
    built = owner.get("/audience/segments").body.decode()
    other = re.search(r'<a href="(/audience/segments/[^"]+)">Built on it', built)
    assert other is not None
    assert owner.send(other[1], f"{other[1]}/rename", name="quiet ones").status == 422
    assert owner.send(other[1], f"{other[1]}/rename", name="Also quiet").status == 303
    assert "Also quiet" in owner.get(other[1]).body.decode()
    assert owner.send(other[1], f"{other[1]}/remove").status == 303
    assert owner.send(place, f"{place}/remove").status == 303
    assert "Quiet ones" not in owner.get("/audience/segments").body.decode()

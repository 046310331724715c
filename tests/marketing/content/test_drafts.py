"""How unsaved words look to one contact: the bytes that would leave, and what the contact lacks."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from drumbeat.kit.errors import Conflict, InvalidInput
from drumbeat.marketing.content import Addressee, Missing, compile_emails, content_hash, see_draft
from drumbeat.marketing.content.compile import trial
from drumbeat.marketing.content.rules import body_of
from tests.marketing.content.examples import CONTEXT, template

ADA = Addressee(
    to="ada@example.com",
    fields={"first_name": "Ada", "city": ""},
    token="t" * 30,
    message_id="<one@example.com>",
    date=datetime(2026, 3, 2, 9, tzinfo=UTC),
)


def test_a_look_at_a_draft_is_byte_for_byte_what_would_leave() -> None:
    arms = [template(subject="Hi {{ first_name }}", html="<p>Hello {{ first_name }}</p>")]
    seen = see_draft(arms, CONTEXT, ADA)
    compiled = compile_emails(arms, CONTEXT).arms[0]
    assert seen.message == compiled.build(
        to=ADA.to,
        fields=ADA.fields,
        token=ADA.token,
        message_id=ADA.message_id,
        date=ADA.date,
    )


def test_only_so_many_are_tried_at_once_and_the_next_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "TURN_SECONDS", 0.0)
    with ExitStack() as tried:
        for _ in range(trial.AT_ONCE):
            tried.enter_context(trial.TURNS)
        with pytest.raises(Conflict, match="try again in a moment"):
            see_draft([template("<p>Hello</p>")], CONTEXT, ADA)
    for _ in range(trial.AT_ONCE + 1):
        with pytest.raises(InvalidInput):  # a refusal gives its turn back too
            see_draft([template("{{ first_name")], CONTEXT, ADA)


def test_what_the_contact_lacks_is_named_with_the_line_that_says_it() -> None:
    html = "<p>{{ first_name }}</p>\n<p>{{ city | default: 'here' }}</p>\n{{ shoe }}{{ city }}"
    seen = see_draft([template(subject="{{ shoe }}", html=html)], CONTEXT, ADA)
    assert set(seen.missing) == {
        Missing("shoe", "subject_line", 1),
        Missing("city", "content_html", 2),
        Missing("shoe", "content_html", 3),
    }


def test_each_variant_is_looked_at_by_its_number_and_no_other_exists() -> None:
    arms = [template("<p>Hello</p>", subject="One"), template("<p>Hello</p>", subject="Two")]
    assert b"Subject: Two" in see_draft(arms, CONTEXT, ADA, arm=1).message
    with pytest.raises(InvalidInput, match="2 variants") as refused:
        see_draft(arms, CONTEXT, ADA, arm=2)
    assert refused.value.field == "variant"


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>\n{{ first_name </p>", "line 2"),
        ("{% for a in (1..9000) %}{% for b in (1..9000) %}x{% endfor %}{% endfor %}", "loops"),
        ("{{ first_name | shout }}", "unknown filter 'shout'"),
    ],
)
def test_a_hostile_or_broken_draft_is_refused_as_at_save(html: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        see_draft([template(html=html)], CONTEXT, ADA)
    assert refused.value.field == "content_html"


def test_what_fails_on_this_contact_alone_is_said_and_not_shown() -> None:
    """The trial tries texts and nothing; only this contact's value makes the range too long."""
    html = "{% for a in (1..count) %}{% for b in (1..count) %}x{% endfor %}{% endfor %}"
    rich = replace(ADA, fields={"count": 9_000})
    with pytest.raises(InvalidInput, match="loops") as refused:
        see_draft([template(html=html)], CONTEXT, rich)
    assert refused.value.field == "content_html"


def parts(message: bytes) -> tuple[str, str]:
    parsed = message_from_bytes(message, _class=EmailMessage, policy=default)
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert html is not None
    assert text is not None
    return str(html.get_content()).replace("\r\n", "\n"), str(text.get_content())


def test_a_preheader_comes_first_in_the_body_escaped_and_hidden() -> None:
    arm = replace(
        template(html="<!doctype html>\n<html><body>\n<p>Hello</p></body></html>"),
        preheader="Fish & chips <for> {{ first_name }}",
    )
    html, text = parts(see_draft([arm], CONTEXT, ADA).message)
    before, _, after = html.partition("Fish &amp; chips &lt;for&gt; Ada")
    assert before.endswith('line-height:1px">')
    assert before.startswith("<!doctype html>\n<html><body><div ")
    assert after.index("</div>") < after.index("Hello")
    assert "Fish" not in text


def test_what_is_wrong_with_a_preheader_is_said_of_the_preheader() -> None:
    with pytest.raises(InvalidInput, match="preheader, line 1") as refused:
        see_draft([replace(template("<p>Hello</p>"), preheader="{{ first_name")], CONTEXT, ADA)
    assert refused.value.field == "preheader"


def test_content_without_a_preheader_keeps_the_hash_it_had_before_there_were_any() -> None:
    plain = template("<p>Hello</p>")
    assert "preheader" not in body_of([plain])
    assert content_hash([plain]) != content_hash([replace(plain, preheader="Soon")])

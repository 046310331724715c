"""What an author is told before anybody gets the mail."""

from dataclasses import replace

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content import Check, EmailTemplate, Level, check_templates
from tests.marketing.content.examples import CONTEXT, template

WHOLE = "<p>{{ unsubscribe_url }} {{ postal_address }}</p>"


def found(*arms: EmailTemplate, known: set[str] | None = None) -> list[Check]:
    return list(check_templates(arms, CONTEXT, known_fields=known).checks)


def test_a_clean_email_has_no_findings() -> None:
    assert found(template(WHOLE + "{{ first_name | default: 'you' }}"), known={"first_name"}) == []


def test_an_empty_subject_is_an_error_and_a_long_one_a_warning() -> None:
    empty, long = found(template(WHOLE, subject="{{ x }}"), template(WHOLE, subject="x" * 61))
    assert (empty.level, empty.field) == (Level.ERROR, "subject_line")
    assert (long.level, long.field) == (Level.WARNING, "subject_line")
    assert "61 characters" in long.message


def test_html_that_gmail_would_cut_is_told() -> None:
    assert "102 KB" in found(template(WHOLE + "x" * 105_000))[0].message


def test_fields_that_the_audience_lacks_are_named_once() -> None:
    arms = [template(WHOLE + "{{ plan }}{{ email }}"), template(WHOLE + "{{ plan }}")]
    checks = found(*arms, known={"first_name"})
    assert [check.message for check in checks if "'plan'" in check.message] == [
        "No contact has the field 'plan'; its default is shown, or nothing."
    ]
    assert len(checks) == 1


def test_what_the_arm_brings_is_no_missing_field() -> None:
    arm = replace(template(WHOLE + "{{ cta_button }}"), fields={"cta_button": "Buy"})
    assert found(arm, known=set()) == []


def test_images_footer_scripts_and_untracked_links_are_told() -> None:
    html = "<img src='x.png'><script>x()</script><a href='{{ url }}'>x</a>"
    messages = " ".join(check.message for check in found(template(html)))
    for part in ("no alt text", "remove scripts", "{{ unsubscribe_url }}", "{{ postal_address }}"):
        assert part in messages
    assert "is not tracked" in messages


def test_template_code_in_a_sender_name_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        found(replace(template(WHOLE), sender_name="{{ x }}"))
    assert refused.value.field == "sender_name"


def test_no_arm_is_refused() -> None:
    with pytest.raises(InvalidInput):
        found()


def test_a_template_that_needs_a_field_is_told_and_not_refused() -> None:
    check = found(template(WHOLE + "\n{{ 10 | divided_by: people }}"))[0]
    assert (check.level, check.field) == (Level.WARNING, "content_html")
    assert "without fields would get no mail. content_html, line 2" in check.message

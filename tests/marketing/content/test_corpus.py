"""What people write is compiled for the most part, and says what Liquid says in every case."""

from collections import Counter

import pytest

from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.content.compile.language import parse, render
from drumbeat.marketing.content.compile.program import Program
from tests.marketing.content.corpus import READERS, TEMPLATES
from tests.marketing.content.examples import DATE, TOKEN, compiled, part
from tests.marketing.content.test_oracle import unix


def test_seven_tenths_of_a_hundred_templates_need_no_interpreter() -> None:
    """Whole: whatever writes something is a literal, a remembered slot or a branch on one."""
    programs = [Program(parse(each, field="h", html=True), str, "\0") for each in TEMPLATES]
    left = Counter(tag for each in programs for tag in each.interpreted())
    whole = sum(not each.interpreted() for each in programs)
    assert len(TEMPLATES) >= 100
    assert whole >= 0.7 * len(TEMPLATES), f"{whole} whole; python-liquid renders {left}"


@pytest.mark.parametrize("source", TEMPLATES)
def test_every_template_says_to_each_reader_what_liquid_says(source: str) -> None:
    arm = compiled(source, text=source)
    for fields in [*READERS, *READERS]:
        try:
            wanted = arm.rendered(to="jo@example.org", fields=fields, token=TOKEN, date=DATE)
        except InvalidInput:
            with pytest.raises(InvalidInput):
                arm.build(
                    to="jo@example.org", fields=fields, token=TOKEN, message_id="1@e.com", date=DATE
                )
            continue
        message = arm.build(
            to="jo@example.org", fields=fields, token=TOKEN, message_id="1@e.com", date=DATE
        )
        assert part(message, "html").rstrip("\n") == unix(wanted.html).rstrip("\n")
        assert part(message, "plain").rstrip("\n") == unix(wanted.text).rstrip("\n")


def test_nothing_in_the_corpus_is_refused_when_it_is_written() -> None:
    for source in TEMPLATES:
        render(parse(source, field="h", html=True), READERS[1], field="h")

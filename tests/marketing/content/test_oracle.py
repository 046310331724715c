"""What a mail program decodes is what plain guarded Liquid renders, whatever goes in."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.marketing.content.compile.language import parse, render
from tests.marketing.content.examples import CONTEXT, DATE, TOKEN, built, compiled, parsed, part

words = st.text(st.characters(exclude_characters="{}<>&\ue000\ue001"), max_size=80)
names = st.sampled_from(["first_name", "plan", "city"])
outputs = st.builds(
    "{{{{ {} {} }}}}".format,
    names,
    st.sampled_from(
        ["", "| default: 'there'", "| upcase", "| append: ' =.\n.'", "| escape", "| url_encode"]
    ),
)
marks = st.sampled_from(["<p>", "</p>", "<br>", "\n.\n", "\r\n", "=", " \n", "From x\n", "é" * 90])
simple = st.one_of(words, outputs, marks)
blocks = st.builds(
    lambda kind, name, inside: kind.format(name, "".join(inside)),
    st.sampled_from(
        [
            "{{% if {0} %}}{1}{{% else %}}-{{% endif %}}",
            "{{% for i in (1..2) %}}{1}{{% endfor %}}",
            "{{% unless {0} == 'gold' %}}{1}{{% endunless %}}",
            "{{% capture x %}}{1}{{% endcapture %}}{{{{ x }}}}",
        ]
    ),
    names,
    st.lists(simple, max_size=4),
)
sources = st.lists(st.one_of(simple, blocks), max_size=8).map("".join)
contacts = st.dictionaries(
    names, st.one_of(st.text(max_size=60), st.integers(-5, 5), st.none()), max_size=3
)
FILTERS = (
    "upcase downcase capitalize escape escape_once url_encode url_decode strip_html squish strip"
    " newline_to_br strip_newlines|append:'<b>' prepend:'<i>' replace:'b','<u>' split:''|join"
    " truncate:30 slice:0,30 default:'x' remove:'&' split:','|first"
)
HIDDEN = re.compile(r'<a href="[^"]*/c/32767/[^"]*" style="display:none"[^>]*></a>$')
ENDING = " {{ unsubscribe_url }} {{ postal_address }}"


def unix(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


@settings(max_examples=60, deadline=None)
@given(subject=sources, html=sources, text=sources, fields=contacts)
def test_a_parser_reads_what_liquid_renders(
    subject: str, html: str, text: str, fields: dict[str, object]
) -> None:
    arm = compiled(html + ENDING, subject=subject, text=text + ENDING)
    message = built(arm, fields)
    values = {
        **fields,
        "contact": fields,
        "unsubscribe_url": f"{CONTEXT.public_url}/u/{TOKEN}",
        "postal_address": CONTEXT.postal_address,
        "now": DATE,
    }
    html_rendered = render(parse(html + ENDING, field="h", html=True), values, field="h")
    text_rendered = render(parse(text + ENDING, field="t"), values, field="t")
    seen_html, seen_text = part(message, "html"), part(message, "plain")
    written = HIDDEN.sub("", seen_html.rpartition("<img ")[0])
    assert written == unix(html_rendered)
    assert seen_text.rstrip("\n") == unix(text_rendered).rstrip("\n")
    subject_rendered = render(parse(subject, field="s"), values, field="s")
    assert squeezed(str(parsed(message)["subject"])) == squeezed(subject_rendered)


@settings(max_examples=60, deadline=None)
@given(html=sources, text=sources, fields=contacts, subject=sources)
def test_the_bytes_are_lines_that_every_server_takes(
    html: str, text: str, fields: dict[str, object], subject: str
) -> None:
    message = built(compiled(html, subject=subject, text=text), fields)
    lines = message.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith(b".") for line in lines)  # `clean`: nothing is left to stuff
    assert message.isascii()
    assert message.endswith(b"--\r\n")


@settings(max_examples=60, deadline=None)
@given(html=sources, fields=contacts)
def test_every_message_shows_the_way_out_and_the_address(
    html: str, fields: dict[str, object]
) -> None:
    message = built(compiled(html), fields)
    for kind in ("html", "plain"):
        assert f"{CONTEXT.public_url}/u/{TOKEN}" in part(message, kind)
        assert "1 Example Street" in part(message, kind)


@settings(max_examples=200, deadline=None)
@given(
    value=st.sampled_from(["<script>", "&lt;script&gt;", '"><script>', "%3Cscript%3E", "<b>&lt;"]),
    filters=st.lists(
        st.sampled_from(FILTERS.split()),
        max_size=5,
    ),
)
def test_no_chain_of_filters_sets_a_contacts_markup_free(value: str, filters: list[str]) -> None:
    chain = "".join(f" | {name}" for name in filters)
    source = "{% capture held %}<b>{{ x" + chain + " }}</b>{% endcapture %}{{ held }}{{ x" + chain
    shown = render(parse(source + " }}", field="h", html=True), {"x": value}, field="h")
    assert "<script" not in shown.lower()


def squeezed(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()

"""A text part that nobody wrote still reads well and holds the same conditions."""

from tests.marketing.content.examples import TOKEN, built, compiled, part, text_of

ENDING = "<p>{{ postal_address }} <a href='{{ unsubscribe_url }}'>Out</a></p>"
OUT = f"1 Example Street\nTown Out (https://mail.example.com/u/{TOKEN})\n"


def said(html: str, **fields: object) -> str:
    whole = text_of(html + ENDING, fields)
    assert whole.endswith(OUT)
    return whole.removesuffix(OUT).strip()


def test_blocks_become_lines_and_items_get_a_dash() -> None:
    shown = said("<h1>Title</h1><p>One\n two</p><ul><li>a</li><li>b</li></ul><div>x</div>y")
    assert shown == "Title\n\nOne two\n\n- a\n- b\n\nx\ny"


def test_links_show_their_address_and_are_tracked() -> None:
    assert said('<a href="https://a.example/">Shop</a>!') == (
        f"Shop (https://mail.example.com/c/0/{TOKEN})!"
    )


def test_images_show_their_alternative_text() -> None:
    assert said('<img src="x.png" alt="A cat &amp; a dog"><img src="y.png">') == "A cat & a dog"


def test_an_alternative_text_keeps_its_liquid() -> None:
    assert said('<img alt="For {{ x }} &amp; co" src="x.png">', x="Jo") == "For Jo & co"


def test_head_scripts_and_styles_are_silent() -> None:
    html = "<head><title>T</title><style>p{}</style></head><body><script>x()</script>Hi</body>"
    assert said(html) == "Hi"


def test_conditions_and_loops_hold_in_tables() -> None:
    html = "<table>{% for i in list %}<tr><td>{{ i }}</td><td>x</td></tr>{% endfor %}</table>"
    assert said(html, list=[1, 2]) == "1 x\n2 x"
    assert said("{% if gold %}<p>Gold</p>{% else %}<p>Other</p>{% endif %}") == "Other"


def test_nothing_is_escaped_in_text() -> None:
    assert said("<p>{{ x }} {{ x | escape }} &lt;tag&gt;</p>", x="a<b") == "a<b a<b <tag>"


def test_braces_that_were_text_do_not_become_liquid() -> None:
    assert said("&#123;&#123; secret }}", secret="no") == "{ { secret }}"


def test_a_text_part_of_the_author_is_kept_and_gets_its_footer() -> None:
    message = built(compiled("<p>x</p>", text="Hello {{ first_name | default: 'there' }}"))
    assert part(message, "plain") == (
        f"Hello there\n\n--\n1 Example Street\nTown\n"
        f"Unsubscribe: https://mail.example.com/u/{TOKEN}\n"
        f"Your choices: https://mail.example.com/p/{TOKEN}\n"
    )

"""Styles are inlined and no Liquid is lost."""

from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marketing.content.compile.markup import cut, liquid_parts
from drumbeat.marketing.content.compile.model import LinkTable
from drumbeat.marketing.content.compile.styles import with_inline_styles


def inlined(source: str) -> str:
    return with_inline_styles(source, LinkTable())


def test_a_rule_becomes_an_attribute_and_its_sheet_goes() -> None:
    assert inlined("<style>p{color:red}</style><p>x</p>") == '<p style="color: red;">x</p>'


def test_an_attribute_of_the_author_wins_and_keeps_its_liquid() -> None:
    source = '<style>p{color:red;margin:0}</style><p style="color:{{ c | default: "x" }}">x</p>'
    shown = inlined(source)
    assert '{{ c | default: "x" }}' in shown
    assert "margin: 0" in shown
    assert "red" not in shown


def test_what_cannot_be_inlined_stays() -> None:
    shown = inlined("<style>p{color:red}a:hover{color:blue}@media print{p{color:#000}}</style><p>")
    assert "a:hover" in shown
    assert "@media print" in shown
    assert shown.endswith('<p style="color: red;">')


def test_conditions_in_tables_tags_and_attributes_stay_where_they_are() -> None:
    source = (
        "<style>td{padding:1px}.x{color:red}</style><table>{% for i in list %}{% if i %}<tr>"
        '<td {% if i == 1 %}class="x"{% else %}class="y"{% endif %} width="{{ i }}">{{ i }}</td>'
        "</tr>{% else %}</table>{% endif %}{% endfor %}"
    )
    shown = inlined(source)
    assert liquid_parts(shown) == liquid_parts(source)
    assert '<td style="padding: 1px;" {% if i == 1 %}class="x"' in shown
    assert ".x{color:red}" in shown  # the reader's program must decide


def test_a_sheet_with_liquid_in_it_is_left_alone() -> None:
    source = "<style>p{color:{{ c }}}</style><style>b{color:red}</style><p><b>x</b></p>"
    shown = inlined(source)
    assert "<style>p{color:{{ c }}}</style>" in shown
    assert '<b style="color: red;">' in shown


def test_no_style_sheet_is_loaded_from_a_file_or_the_network() -> None:
    table = LinkTable()
    source = '<link rel="stylesheet" href="/etc/passwd"><style>p{color:red}</style><p>'
    shown = with_inline_styles(source, table)
    assert '<link rel="stylesheet" href="/etc/passwd">' in shown
    assert "linked style sheet" in table.problems[0]


def test_a_broken_sheet_is_told_and_harmless() -> None:
    assert inlined("<style>p{{{</style><p>x</p>").endswith("x</p>")


marks = st.sampled_from(
    ["<p>", "</p>", "<table>", "<tr>", "<td class='a'>", "</table>", "{{ x }}", "{% if a %}", "<b",
     "{% endif %}", "text &", '<a href="{{ u }}">', "</a>", "<!-- c -->", "<", ">", '"', "<br/>",
     "<style>.a{color:red}</style>", "<style>", "</body>", "{% raw %}{{{% endraw %}"]
)  # fmt: skip


@given(st.lists(marks, max_size=25).map("".join))
def test_pieces_joined_are_the_source(source: str) -> None:
    assert "".join(piece.source for piece in cut(source)) == source


@given(st.lists(marks, max_size=25).map("".join))
def test_inlining_changes_nothing_but_styles(source: str) -> None:
    shown = inlined("<style>.a{color:red}</style>" + source)
    # Joined, because two texts become one when the sheet between them has nothing left.
    assert without_tags(shown) == without_tags(source)


def without_tags(source: str) -> str:
    kept = ("text", "liquid", "comment", "close")
    return "".join(piece.source for piece in cut(source) if piece.kind in kept)

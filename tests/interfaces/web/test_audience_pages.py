"""The audience's pages: who is there, what happened to one, segments, and imports."""

import re
from datetime import timedelta

from drumbeat.bootstrap import Drumbeat
from drumbeat.marketing.audience import ContactRow, contact_id_of
from drumbeat.marketing.events import Fact, Kind
from tests.interfaces.serving import Answer
from tests.interfaces.web.browser import Browser

CSV = """email,first_name,Status
zoe@example.com,Zoe,subscribed
no-address,X,yes
ada@example.com,Ada,yes
"""
BOUNDARY = "drumbeat-test-boundary"


def upload(
    browser: Browser, content: str, *, at: str = "/audience/import", **fields: str
) -> Answer:
    parts = {"csrf": browser.token(at), **fields}
    body = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    body += (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    )
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"Cookie": jar, "Origin": browser.base, "Content-Type": kind}
    return browser.served.ask("POST", at, body.encode(), headers)


def settled(browser: Browser, path: str) -> str:
    """The page once nothing moves on it any more."""
    while b"data-live" in (body := browser.get(path).body):
        pass
    return body.decode()


def page_of(owner: Browser, address: str) -> str:
    body = owner.get(f"/audience?address={address}").body.decode()
    found = re.search(r'href="(/audience/contacts/con_\w+)"', body)
    assert found is not None
    return found[1]


def test_everybody_is_listed_with_whether_they_may_be_mailed(
    peopled: Drumbeat, owner: Browser
) -> None:
    body = owner.get("/audience").body.decode()
    assert body.count("@example.com</a>") == 5
    assert "no: have not confirmed that they want mail" in body
    assert b"Nobody has that address" in owner.get("/audience?address=who@example.com").body
    assert owner.get("/audience?after=con_aaaa").status == 404


def test_an_empty_audience_teaches_how_to_fill_it(house: Drumbeat, owner: Browser) -> None:
    assert b"Nobody is here yet" in owner.get("/audience").body
    assert b"No segments yet" in owner.get("/audience/segments").body


def test_one_persons_page_tells_what_happened(peopled: Drumbeat, owner: Browser) -> None:
    with peopled.begin(peopled.owner()) as department:
        number = department.audience.contact_numbers(["ada@example.com"])["ada@example.com"]
        now = department.office.clock()
        facts = [
            Fact(Kind.purchased, now, number, value_minor=1999, currency="EUR", source="shop"),
            Fact(Kind.viewed, now - timedelta(hours=2), number, source="shop"),
        ]
        department.events.record(facts)
    page = page_of(owner, "ada@example.com")
    body = owner.get(page).body.decode()
    assert "Subscribed" in body
    assert "No campaign has named them yet." in body
    assert "Viewed a page" not in body  # it follows, since it is read from all facts
    for told in (owner.get(f"{page}/deeds"), owner.get(f"{page}?whole=1")):
        body = told.body.decode()
        assert body.index("Bought") < body.index("Viewed a page")
        assert "€19.99" in body


def test_what_happened_long_ago_is_reached_page_by_page(peopled: Drumbeat, owner: Browser) -> None:
    with peopled.begin(peopled.owner()) as department:
        number = department.audience.contact_numbers(["ada@example.com"])["ada@example.com"]
        now = department.office.clock()
        facts = [
            Fact(Kind.viewed, now - timedelta(days=day), number, source="shop")
            for day in range(1, 451)
        ]
        department.events.record(facts)
    page = page_of(owner, "ada@example.com")
    path, shown, seen = f"{page}/deeds", [], ""
    for _ in range(3):
        seen = owner.get(path).body.decode()
        shown.append(seen.count("Viewed a page"))
        found = re.search(r"[?&;]before=([0-9.-]+)#", seen)
        path = f"{page}/deeds?before={found[1]}" if found else ""
    assert (shown, path) == ([200, 200, 50], "")
    assert "Newest" in seen
    assert owner.get(f"{page}/deeds?before=x").status == 400


def test_who_asks_by_phone_is_unsubscribed_from_the_page(peopled: Drumbeat, owner: Browser) -> None:
    page = page_of(owner, "bob@example.com")
    assert owner.send(page, f"{page}/unsubscribe").status == 303
    assert b"Unsubscribe them" not in owner.get(page).body
    with peopled.look(peopled.owner()) as department:
        number = department.audience.contact_numbers(["bob@example.com"])["bob@example.com"]
        assert not department.audience.permissions([number])[number].may_mail


def test_segments_are_made_by_a_criterion_and_rfm_is_a_grid(
    peopled: Drumbeat, owner: Browser
) -> None:
    at = "/audience/segments"
    assert owner.send(at, at, by="rfm").headers["location"] == f"{at}?said=segmented"
    body = owner.get(at).body.decode()
    assert "No Purchase Yet" in body
    assert body.count('<td class="level-') == 25
    assert "Champions" in body
    assert owner.send(at, at, by="horoscope").status == 422


def test_an_import_shows_what_would_change_before_it_does(
    peopled: Drumbeat, owner: Browser
) -> None:
    taken = upload(owner, CSV, consent="column", column="Status")
    assert taken.status == 303
    page = taken.headers["location"]
    checked = settled(owner, page)
    assert "Nothing has changed yet" in checked
    assert "<dt>would be added</dt><dd>1</dd>" in checked
    assert "Row 3" in checked
    assert b"Nobody has that address" in owner.get("/audience?address=zoe@example.com").body
    assert owner.send(page, page).status == 303
    done = settled(owner, page)
    assert "Imported" in done
    assert b"zoe@example.com" in owner.get("/audience?address=zoe@example.com").body
    rejected = owner.get(f"{page}/rejected")
    assert rejected.headers["content-type"].startswith("text/csv")
    assert b"no-address" in rejected.body


def test_a_file_that_is_no_list_says_why(house: Drumbeat, owner: Browser) -> None:
    page = upload(owner, "colour\r\nred\r\n", consent="subscribed").headers["location"]
    assert "No column of the file is called “email”" in settled(owner, page)
    assert upload(owner, CSV, consent="column", column="").status == 422
    assert owner.get("/audience/import/ffff").status == 404


def test_a_column_can_be_given_another_meaning_before_the_import(
    house: Drumbeat, owner: Browser
) -> None:
    """A changed meaning is checked first, whichever button was pressed; then it is imported."""
    content = "Mail,Work email,Nick,Noise\nold@example.com,new@example.com,Zo,x\n"
    path = upload(owner, content, consent="unconfirmed").headers["location"]
    body = settled(owner, path)
    assert body.count("<select name=") == 4
    chosen = {"column-0": "-", "column-1": "email", "column-2": "first_name", "column-3": "-"}
    assert "said=mapped" in owner.send(path, path, **chosen).headers["location"]
    assert "would be added" in settled(owner, path)
    with house.look(house.owner()) as department:
        assert department.audience.count_audience().contacts == 0
    assert owner.send(path, path, **chosen).headers["location"] == path
    assert "Imported" in settled(owner, path)
    with house.look(house.owner()) as department:
        [contact] = department.audience.list_contacts()
    assert contact.address == "new@example.com"
    assert dict(contact.attributes) == {"first_name": "Zo"}


def test_a_mapping_that_makes_no_sense_keeps_the_one_before(
    house: Drumbeat, owner: Browser
) -> None:
    content = "email,Nick\nzoe@example.com,Zo\n"
    path = upload(owner, content, consent="unconfirmed").headers["location"]
    settled(owner, path)
    for wrong, said in (
        ({"column-0": "-"}, "No column holds addresses"),
        ({"column-0": "city", "column-1": "city"}, "cannot both be the city"),
    ):
        owner.send(path, path, **wrong)
        body = settled(owner, path)
        assert said in body
        assert "Nothing has changed yet" in body
    owner.send(path, path)
    assert "Imported" in settled(owner, path)


def test_a_file_whose_address_column_nobody_knows_is_mapped_by_hand(
    house: Drumbeat, owner: Browser
) -> None:
    content = 'Kontakt,Vorname,Punkte\nada@example.com,Ada,"3,5"\nbob@example.com,Bob,4\n'
    path = upload(owner, content, consent="subscribed").headers["location"]
    body = settled(owner, path)
    assert "Which column holds the addresses?" in body
    assert "<bdi>Kontakt</bdi>” looks like it, and is chosen below" in body
    assert 'role="alert"' not in body, "nothing went wrong yet"
    assert body.index("</table>") < body.index("Check with this mapping")
    assert "ada@example.com · bob@example.com" in body
    assert '<option value="email" selected>' in body
    wrong = {"column-0": "phone", "column-1": "first_name", "column-2": "Punkte"}
    owner.send(path, path, **wrong)
    body = settled(owner, path)
    assert "Which column holds the addresses?" in body
    assert body.count("No column is the email yet") == 1
    twice = {"column-0": "email", "column-1": "email", "column-2": "Punkte"}
    owner.send(path, path, **twice)
    assert "cannot both be the email" in settled(owner, path)
    owner.send(path, path, **wrong | {"column-0": "email"})
    body = settled(owner, path)
    assert "Nothing has changed yet" in body
    assert "Its numbers are read like 1.234,50." in body
    assert body.index("</table>") < body.index("Import 2 people"), "below what it will import"
    owner.send(path, path)
    assert "Imported" in settled(owner, path)
    with house.look(house.owner()) as department:
        contact = department.audience.find_contact("ada@example.com")
    assert contact is not None
    assert dict(contact.attributes) == {"first_name": "Ada", "punkte": 3.5}


def test_topics_are_added_offered_or_not_and_asked_for_by_a_campaign(
    peopled: Drumbeat, owner: Browser
) -> None:
    at = "/audience/topics"
    assert b"News and offers" in owner.get(at).body
    assert b'id="topic"' not in owner.get("/campaigns/new").body  # there is nothing to choose
    assert owner.send(at, at, name="<Garden> tips").status == 303
    assert b"&lt;Garden&gt; tips" in owner.get(at).body
    twice = owner.send(at, at, name="garden tips")
    assert (twice.status, b"There is a topic" in twice.body) == (409, True)
    assert owner.send(at, at, name=" ").status == 422
    form = owner.get("/campaigns/new").body.decode()
    assert '<option value="garden-tips">' in form
    assert owner.send(at, f"{at}/garden-tips", offered="0").status == 303
    assert b"not offered" in owner.get(at).body


def test_a_person_opts_out_of_sale_on_their_page(peopled: Drumbeat, owner: Browser) -> None:
    page = page_of(owner, "ada@example.com")
    assert owner.send(page, f"{page}/sale", opted_out="1").status == 303
    assert b"neither sold nor shared" in owner.get(page).body
    owner.send(page, f"{page}/sale", opted_out="0")
    assert b"neither sold nor shared" not in owner.get(page).body


def test_a_sign_up_form_is_added_shown_as_html_and_closed(
    peopled: Drumbeat, owner: Browser
) -> None:
    at = "/audience/forms"
    assert b"None yet" in owner.get(at).body
    told = {"name": "The <garden> letter", "topics": "marketing", "wording": "Yes.", "double": "1"}
    assert owner.send(at, at, **told).status == 303
    body = owner.get(at).body.decode()
    assert "The &lt;garden&gt; letter" in body
    assert "&lt;form method=&#34;post&#34; action=" in body
    found = re.search(r'action="(/audience/forms/frm_\w+)"', body)
    assert found is not None
    assert owner.send(at, found[1], open="0").status == 303
    assert b"closed" in owner.get(at).body
    for wrong in ({"name": ""}, {"topics": "none"}, {"wording": ""}):
        assert owner.send(at, at, **(told | wrong)).status == 422


def test_a_person_is_given_out_and_erased_from_their_page(
    peopled: Drumbeat, owner: Browser
) -> None:
    page = page_of(owner, "ada@example.com")
    held = owner.get(f"{page}/everything")
    assert (held.status, b'"email": "ada@example.com"' in held.body) == (200, True)
    assert "attachment" in held.headers["content-disposition"]
    assert owner.send(page, f"{page}/erase").headers["location"] == "/audience?said=erased"
    assert owner.get(page).status == 404


def test_where_nobody_is_known_twice_the_page_says_so(peopled: Drumbeat, owner: Browser) -> None:
    assert "Nobody seems to be known twice" in settled(owner, "/audience/duplicates")


def test_duplicates_are_merged_on_their_page(house: Drumbeat, owner: Browser) -> None:
    page = "/audience/duplicates"
    with house.begin(house.owner()) as d:
        rows = [ContactRow("ada.l@gmail.com"), ContactRow("adal@gmail.com")]
        d.audience.merge_contacts(rows)
        [pair] = d.duplicates.list_pairs()
        keys = d.office.keys
        keep, other = (contact_id_of(e.contact_no, keys) for e in (pair.keep, pair.other))
    assert "one mailbox: adal@gmail.com" in settled(owner, page)
    asked = owner.send(page, page, keep=keep, other=other, do="look").body.decode()
    assert "adal@gmail.com would become ada.l@gmail.com" in asked
    done = owner.send(page, page, keep=keep, other=other, do="merge")
    assert done.status == 303
    assert "Also adal@gmail.com, merged" in owner.get(done.headers["location"]).body.decode()
    assert owner.send(page, page, keep=keep, other=other, do="merge").status == 422

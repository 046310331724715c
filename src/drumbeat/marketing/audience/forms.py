"""Use cases of sign-up forms: who made one, what it offers, and in which words it asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.errors import InvalidInput, NotFound
from drumbeat.kit.ids import PersonNo, new_id
from drumbeat.marketing.accounts import Record
from drumbeat.marketing.audience.model_asks import SignupForm
from drumbeat.marketing.audience.store_asks import AskStore
from drumbeat.marketing.audience.topics import LONGEST_WORDING, TopicsService

WORDING = "Yes, send me mail about what is named here. I can stop it at any time."
_ID = re.compile(r"frm_[0-9a-f]{32}")


@dataclass(frozen=True)
class FormsService:
    actor: Actor
    store: AskStore
    topics: TopicsService
    clock: Clock
    record: Record

    def add_form(
        self, name: str, topics: Sequence[str], *, wording: str = WORDING, double: bool = True
    ) -> SignupForm:
        """A public form for these topics. With `double`, confirmation mail is sent in your name.

        Raises InvalidInput for a topic that there is not.
        """
        self._require()
        if self.actor.person_no is None:
            raise InvalidInput("A form needs a person who answers for its mail.", field="name")
        now = self.clock()
        form = SignupForm(
            form_no=0,
            id=new_id("frm", now),
            name=_words(name, "name", 120),
            topics=self._known(topics),
            wording=_words(wording, "wording", LONGEST_WORDING),
            double=double,
            open=True,
            owner_no=PersonNo(self.actor.person_no),
            created_at=now,
        )
        added = self.store.add_form(form)
        self.record("form.added", added.id, {"topics": list(added.topics), "double": double})
        return added

    def change_form(
        self,
        form_id: str,
        *,
        name: str | None = None,
        topics: Sequence[str] | None = None,
        wording: str | None = None,
        double: bool | None = None,
        open_: bool | None = None,
    ) -> SignupForm:
        """Other words or topics, or closed: a closed form takes nobody in. Raises NotFound."""
        self._require()
        was = self.get_form(form_id)
        now = replace(
            was,
            name=was.name if name is None else _words(name, "name", 120),
            topics=was.topics if topics is None else self._known(topics),
            wording=was.wording if wording is None else _words(wording, "wording", LONGEST_WORDING),
            double=was.double if double is None else double,
            open=was.open if open_ is None else open_,
        )
        if now != was:
            self.store.save_form(now)
            told = {"topics": list(now.topics), "double": now.double, "open": now.open}
            self.record("form.changed", now.id, told)
        return now

    def list_forms(self) -> list[SignupForm]:
        """Every form, the oldest first."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.list_forms()

    def get_form(self, form_id: str) -> SignupForm:
        """Raises NotFound."""
        if Scope.CONSENT_CHOOSE not in self.actor.scopes:
            self.actor.require(Scope.CAMPAIGNS_READ)
        found = self.store.find_form(form_id) if _ID.fullmatch(form_id) else None
        if found is None:
            raise NotFound("There is no such form.")
        return found

    def get_form_by_no(self, form_no: int) -> SignupForm:
        """Raises NotFound."""
        self.actor.require(Scope.CAMPAIGNS_READ)
        return self.store.get_form_by_no(form_no)

    def _require(self) -> None:
        """It takes people in, and it sends mail."""
        self.actor.require(Scope.AUDIENCE_WRITE)
        self.actor.require(Scope.CAMPAIGNS_SEND)

    def _known(self, keys: Sequence[str]) -> tuple[str, ...]:
        if not keys:
            raise InvalidInput("A form needs at least one topic.", field="topics")
        return tuple(dict.fromkeys(self.topics.get_topic(key).key for key in keys))


def _words(text: str, field: str, longest: int) -> str:
    text = " ".join(text.split())
    if not text:
        raise InvalidInput(f"{field}: a form needs words that people can read.", field=field)
    if len(text) > longest or not text.isprintable():
        message = f"{field}: at most {longest:,} printable characters."
        raise InvalidInput(message, field=field)
    return text

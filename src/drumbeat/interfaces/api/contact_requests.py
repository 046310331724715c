"""What a program may tell about contacts: one, or a batch whose rows stand for themselves."""

from typing import Self

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SkipValidation,
    ValidationError,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from drumbeat.interfaces.api.strict import Strict
from drumbeat.marketing.audience import PutProblem, ToldContact

MOST_CONTACTS = 10_000
MOST_ATTRIBUTES = 200
_EXAMPLE: JsonDict = {
    "email": "ada@example.com",
    "external_id": "A-17",
    "first_name": "Ada",
    "country": "Portugal",
    "timezone": "Europe/Lisbon",
    "consent": "subscribed",
    "consented_at": "2026-05-04T09:30:00Z",
    "attributes": {"shoe_size": 42, "plan": "yearly"},
}


class ContactRequest(Strict):
    """One person. What is left out, null or empty stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    email: str | None = Field(None, description="Needed for who is not known yet.")
    external_id: str | int | None = Field(
        None, description="Your own id, at most 200 characters; alone, it names a known contact."
    )
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = Field(None, description="The full name, where its parts are not known.")
    phone: str | None = None
    company: str | None = None
    country: str | None = Field(None, description="Name or ISO code; gives a time zone too.")
    city: str | None = None
    timezone: str | None = Field(None, description="IANA name, such as Europe/Lisbon.")
    consent: str | bool | None = Field(
        None,
        description="subscribed, unsubscribed or unconfirmed, or a word that an import takes for "
        "one of them. Left out, somebody new is unconfirmed and never mailed.",
    )
    consented_at: AwareDatetime | None = Field(None, description="When they said yes.")
    known_since: AwareDatetime | None = Field(None, description="For who is not known yet.")
    attributes: dict[str, str | int | float | bool | None] = Field(
        {},
        max_length=MOST_ATTRIBUTES,
        description="What templates and segments may use, named in snake_case. A text that is a "
        "number is kept as one; an attribute that says no to mail, such as `unsubscribed`, counts.",
    )

    def told(self, index: int) -> ToldContact:
        fields = self.model_dump(mode="json", exclude_none=True, exclude={"attributes"})
        return ToldContact(index, fields, self.attributes)


class ContactsRequest(Strict):
    """One contact, or up to 10,000 as `contacts`."""

    contacts: list[SkipValidation[ContactRequest]] = Field(
        max_length=MOST_CONTACTS, description="Each is merged or rejected for itself."
    )
    _alone: bool = PrivateAttr(False)

    @model_validator(mode="wrap")
    @classmethod
    def _one_or_many(cls, given: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """A contact by itself is a batch of one whose problem is the request's."""
        alone = isinstance(given, dict) and "contacts" not in given
        request = handler({"contacts": [given]} if alone else given)
        request._alone = alone
        return request

    @property
    def alone(self) -> bool:
        return self._alone

    def read(self) -> tuple[list[ToldContact], list[PutProblem]]:
        """The rows that are contacts in form, and why the others are not."""
        told, problems = [], []
        for index, row in enumerate(self.contacts):
            try:
                told.append(ContactRequest.model_validate(row).told(index))
            except ValidationError as mistake:
                problems.append(_problem(index, mistake))
        return told, problems

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        batch = handler.resolve_ref_schema(handler(core_schema))
        one = handler(ContactRequest.__pydantic_core_schema__)
        examples = [{"contacts": [_EXAMPLE, {"external_id": "A-18", "consent": "unsubscribed"}]}]
        return {"anyOf": [one, batch], "description": cls.__doc__, "examples": examples}


def _problem(index: int, mistake: ValidationError) -> PutProblem:
    first = mistake.errors(include_url=False)[0]
    where, reason = [str(part) for part in first["loc"]], str(first["msg"])
    if first["type"] == "unknown_field":
        where = [str(first["ctx"]["name"])]
    elif not where:
        where, reason = ["contact"], "is no object with the fields of a contact"
    elif where[0] == "attributes" and len(where) > 2:  # behind the name stands a type that failed
        where, reason = where[:2], "is neither a text, a number, true nor false"
    elif where[0] != "attributes":
        where = where[:1]
    field = ".".join(where)[:100].encode("utf-8", "backslashreplace").decode()
    return PutProblem(index, field, reason[:1].lower() + reason[1:])

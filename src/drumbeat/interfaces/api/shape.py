"""What every described answer has in common: it may say more than its description, never less."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Rate = Annotated[float | None, Field(description="A fraction; null while nothing was counted.")]
Count = Annotated[int | None, Field(description="Null while nothing was counted.")]
NextCursor = Annotated[
    str | None, Field(description="Send it as `cursor` for the next page; null on the last page.")
]


class Shape(BaseModel):
    """An answer: what is described of it is checked, and what is not goes along."""

    model_config = ConfigDict(extra="allow")


class Problem(Shape):
    """Why a request was refused (RFC 9457). `type` is stable and safe to switch on."""

    type: str = Field(pattern=r"^urn:drumbeat:problem:[a-z-]+$")
    title: str
    status: int
    detail: str = Field(description="For people; it names the row, the field or the server.")
    field: str | None = Field(None, description="Which part of the request is meant, if one is.")

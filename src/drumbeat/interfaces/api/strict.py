"""A request with an unknown field is refused, naming the known field that was probably meant."""

from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: object) -> object:
        """Raises for the first unknown field; its name travels to `render_invalid` beside."""
        if not isinstance(given, dict):
            return given
        for name in given:
            if name not in cls.model_fields:
                raise PydanticCustomError("unknown_field", "{said}", _about(cls, str(name)))
        return given


def _about(model: type[BaseModel], name: str) -> dict[str, str]:
    name = name[:100].encode("utf-8", "backslashreplace").decode()
    near = get_close_matches(name.lower(), model.model_fields, n=1)
    known = ", ".join(model.model_fields)
    said = f"did you mean {near[0]!r}?" if near else f"the known fields are {known}"
    return {"name": name, "said": f"unknown field; {said}".rstrip("?")}

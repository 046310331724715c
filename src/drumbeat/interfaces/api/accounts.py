"""REST: /accounts, the keys that programs call with."""

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from drumbeat.interfaces.api.identity import Caller
from drumbeat.kit.actor import Scope

router = APIRouter(prefix="/accounts", tags=["accounts"])

JsonObject = dict[str, object]


class KeyRequest(BaseModel):
    """`scopes` left out means everything its person may do; `expires` left out means never."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] | None = None
    expires: AwareDatetime | None = None


@router.post("/keys", status_code=201)
def issue_key(request: KeyRequest, caller: Caller) -> JsonObject:
    """Make an API key of the caller; it is shown this once."""
    scopes = None if request.scopes is None else frozenset(request.scopes)
    with caller.begin() as department:
        secret = department.accounts.issue_key(request.label, scopes, request.expires)
    return {"label": request.label, "key": secret}


@router.delete("/keys/{label}")
def revoke_key(label: str, caller: Caller) -> JsonObject:
    """End every key of the caller with this label, at once."""
    with caller.begin() as department:
        department.accounts.revoke_key(label)
    return {"label": label, "revoked": True}

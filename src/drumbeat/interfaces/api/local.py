"""REST that only the private way in has: what owning the folder allows, and no key ever does."""

from fastapi import APIRouter

from drumbeat.interfaces.api.identity import Caller

router = APIRouter(prefix="/accounts", include_in_schema=False)


@router.post("/sign-in-links", status_code=201)
def issue_sign_in_link(caller: Caller) -> dict[str, str]:
    """A link that signs the owner in once, within ten minutes."""
    with caller.begin() as department:
        secret = department.accounts.issue_sign_in_link()
    return {"link": f"{caller.drumbeat.office.public_url.rstrip('/')}/sign-in?link={secret}"}

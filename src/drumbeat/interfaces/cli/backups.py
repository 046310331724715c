"""drumbeat backup and restore: the whole data folder as one file, while the house works."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.watching import watched


def backup(file: Path, *, json: Json = False) -> int:
    """Write the data folder to one encrypted file and check it; servers and workers may go on."""
    from drumbeat.bootstrap import read_settings
    from drumbeat.bootstrap.backups import back_up

    settings = read_settings()
    with watched() as told:
        contents = back_up(settings, file, told=told)
    answer = {
        "file": str(file.absolute()),
        "made_at": contents.made_at,
        "files": len(contents.members),
        "bytes": file.stat().st_size,
        "key_file": str(settings.key_file),
    }
    if json:
        print_json(answer)
    else:
        say(f"Backed up to {file}: {contents.bytes >> 10:,} KB, read back and checked.")
        say(f"The key is not in it: without a copy of {settings.key_file} nobody can restore it.")
        say("Settings (drumbeat.toml, .env) and logs are not in it either.")
    return 0


def restore(
    file: Path,
    *,
    replace: Annotated[
        bool, Parameter(negative="", help="Move a folder that is not empty aside first.")
    ] = False,
    json: Json = False,
) -> int:
    """Make the data folder from a backup; every campaign that could send waits for a person."""
    from drumbeat.bootstrap import read_settings
    from drumbeat.bootstrap.backups import restore as bring_back
    from drumbeat.interfaces.cli.standing import refuse_while_running

    settings = read_settings()
    refuse_while_running(settings, "restore")
    with watched() as told:
        done = bring_back(settings, file, replace_folder=replace, told=told)
    held = [{"campaign_id": c.id, "name": c.brief.name, "status": c.state} for c in done.held]
    answer = {
        "home": str(settings.home),
        "made_at": done.contents.made_at,
        "aside": None if done.aside is None else str(done.aside),
        "held": held,
        "sign_ins_ended": done.ended,
    }
    if json:
        print_json(answer)
        return 0
    say(f"Restored {settings.home} as it was at {done.contents.made_at}; every file was checked.")
    if done.aside is not None:
        say(f"The folder that was there is {done.aside} now.")
    for campaign in done.held:
        say(f"  {campaign.id} {campaign.brief.name!r} is {campaign.state.value}")
    if done.held:
        say(
            "Whom these mailed after that moment, and who unsubscribed, is not in a backup: look "
            "at your mail server's log before you resume or launch one; cancelling mails nobody."
        )
    say(f"Everybody signs in anew: {done.ended:,} sessions, sign-in links and invitations ended.")
    say(
        f"What came after {done.contents.made_at} must be done again: import who unsubscribed, "
        "revoke the API keys that were revoked, invite whom you invited."
    )
    return 0

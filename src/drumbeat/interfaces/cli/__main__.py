"""The `drumbeat` command: areas, the words at the top, and what an exit code means.

0 done, 1 failed, 2 wrong usage, 3 a launch lacks approval. Every area is imported when it is used,
so that `--help` stays quick.
"""

import signal
import sys

from cyclopts import App, CycloptsError

FAILED, WRONG_USAGE, TERMINATED = 1, 2, 143

_HERE = "drumbeat.interfaces.cli"

# Where each word leads and what `--help` says of it: the text is here because reading it from
# the module would import the module.
COMMANDS = (
    ("demo", "demo:demo", "Run a whole campaign on a simulated market and show its page."),
    ("init", "folder:init", "Make the data folder, its key and its tables."),
    ("doctor", "doctor:doctor", "Check what a campaign needs."),
    ("status", "folder:status", "Show totals over every campaign."),
    ("audience", "audience:app", "Import and look after the people you may write to."),
    ("events", "events:app", "Import what people did: opens, clicks, purchases."),
    ("segments", "segments:app", "See the audience's segments and their rules."),
    ("senders", "senders:app", "Be believed: keys that sign mail, and DNS records."),
    ("campaigns", "campaigns:app", "Create, approve, launch and follow campaigns."),
    ("delivery", "delivery:app", "See what came back of the mail that was sent."),
    ("approvals", "approvals:app", "Say yes or no to what waits for a person."),
    ("experiments", "experiments:app", "See what tests say, and judge counts of your own."),
    ("content", "content:app", "See what will be sent."),
    ("workflow", "workflow:app", "Run a whole campaign from one request."),
    ("accounts", "accounts:app", "People and their roles, keys of programs, who changed what."),
    ("backup", "backups:backup", "Write the data folder to one encrypted file and check it."),
    ("restore", "backups:restore", "Make the data folder from a backup."),
    ("db", "databases:app", "Check, upgrade and move the tables."),
    ("sandbox", "sandbox:app", "Read the mail that arrived in the sandbox."),
    ("serve", "running:serve", "Answer on a port and run the engine beside it."),
    ("worker", "running:worker", "Run the engine."),
)

app = App(name="drumbeat", help="The marketing department you run yourself.")
for _word, _place, _help in COMMANDS:
    app.command(f"{_HERE}.{_place}", name=_word, help=_help)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    from drumbeat.interfaces.cli.answers import report_failure

    # Asked to end is not killed: what a command started, it ends on its way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = app(arguments, exit_on_error=False)
    except CycloptsError:
        sys.exit(WRONG_USAGE)  # cyclopts has printed what was wrong
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader left (`drumbeat … | head`): nobody to tell
        sys.exit(FAILED)
    except Exception as error:
        sys.exit(report_failure(error))
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()

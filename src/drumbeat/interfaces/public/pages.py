"""The pages a reader of our mail may see; whole, without script, cookie or other request."""

import base64
import hashlib
from html import escape

_STYLE = """
:root{color-scheme:light dark;--ground:#f6f4ef;--sheet:#fff;--ink:#1c2321;--soft:#56605c;
--accent:#0b6b58;--on-accent:#fff;--line:#dcd8cd}
@media(prefers-color-scheme:dark){:root{--ground:#131816;--sheet:#1c2320;--ink:#eef1ee;
--soft:#a9b4af;--accent:#5fd0b3;--on-accent:#0b1f1a;--line:#333d39}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;
background:var(--ground);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:30rem;padding:32px;background:var(--sheet);
border:1px solid var(--line);border-radius:12px}
h1{margin:0 0 12px;font-size:1.5rem;line-height:1.25}
p{margin:0 0 16px;color:var(--soft)}
p:last-child{margin:0}
button{font:inherit;font-weight:600;min-height:44px;padding:8px 20px;border:0;border-radius:8px;
background:var(--accent);color:var(--on-accent);cursor:pointer}
button.second{background:none;color:var(--accent);border:1px solid var(--accent)}
a{color:var(--accent)}
form{margin:0 0 16px}
form:last-child{margin:0}
label{display:block;font-weight:600}
label.choice{display:flex;gap:10px;align-items:flex-start;font-weight:400;
padding:6px 0;min-height:32px}
label.choice input{width:20px;height:20px;flex:none;margin:2px 0 0;accent-color:var(--accent)}
label small{display:block;color:var(--soft);font-size:.875rem}
input[type=email]{font:inherit;width:100%;min-height:44px;margin:4px 0 16px;padding:8px 12px;
color:var(--ink);background:var(--ground);border:1px solid var(--soft);border-radius:8px}
fieldset{margin:0 0 16px;padding:0;border:0}
legend{padding:0;font-weight:600}
h2{margin:24px 0 8px;padding-top:20px;border-top:1px solid var(--line);font-size:1.125rem}
.said{padding:10px 14px;border-left:4px solid var(--accent);background:var(--ground);
color:var(--ink)}
.row{display:flex;flex-wrap:wrap;gap:12px}
.row form{margin:0}
:is(button,input,a):focus-visible{outline:3px solid var(--ink);outline-offset:3px}
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def policy_with(script: str) -> str:
    """The same, for a page with exactly this script in it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{POLICY}; script-src 'sha256-{digest}'"


def unsubscribe_form(sender: str) -> bytes:
    """Asks before it acts: link scanners and previews fetch addresses, people press buttons."""
    return whole_page(
        "Unsubscribe",
        f"<p>Press the button to stop all mail from {escape(sender)}.</p>"
        '<form method="post"><button>Unsubscribe</button></form>',
    )


def unsubscribed(sender: str) -> bytes:
    return whole_page(
        "You are unsubscribed",
        f"<p>{escape(sender)} will send you no more mail. You can close this page.</p>",
    )


def only_a_test() -> bytes:
    return whole_page(
        "The link works",
        "<p>This was a test mail, so nobody was unsubscribed. In the mail itself, this page would "
        "confirm that no more mail will come.</p>",
    )


def try_again() -> bytes:
    return whole_page(
        "Please try again",
        "<p>Your request could not be stored just now, so it has not taken effect yet. "
        "Please try again in a minute.</p>"
        '<form method="post"><button>Try again</button></form>',
    )


def hidden_link() -> bytes:
    """A harmless answer for who checks links: a broken one would count against the mail."""
    return whole_page(
        "Nothing is here",
        "<p>This link is not shown in the message. It helps to tell programs that check links "
        "from people who read.</p>",
    )


def not_found() -> bytes:
    return whole_page(
        "This link does not work",
        "<p>It may have been cut off. Please open it again from the original message.</p>",
    )


def whole_page(title: str, body: str, script: str = "") -> bytes:
    """`title` and `body` are HTML already."""
    running = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main>{running}</body></html>"
    ).encode()

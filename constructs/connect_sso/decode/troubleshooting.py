"""docs/troubleshooting.md, from the failure catalogue: by the message that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connect_sso.decode.failures import CATALOGUE

if TYPE_CHECKING:
    from connect_sso.decode.failures import KnownFailure

_OPENING = """\
# Why can't she sign in?

<!-- Generated from the failure catalogue (constructs/connect_sso/decode/failures.py); a test holds it to that. -->

Find the message below, or let the tool find it:

    connect-sso decode --message "the words on the page"

That lists the causes the words can have. Which of them it is shows a captured response:

    connect-sso decode sign-in.har --state state.json

and where there is none yet, the walk through everything that is deployed:

    connect-sso trace ENV --state state.json --user NAME

[A case, from the phone call to the fix](why-cant-ada-sign-in.md) shows both.

**The state** is what `terraform -chdir=cdktf.out/stacks/ENV show -json > state.json` writes. People of a `users_file`
are in a state of their own, `ENV-users`: give it with another `--state`. A state may hold the access key's secret, so
delete the file afterwards.

**The capture**, best as a HAR: open the browser's developer tools, *Network*, tick *Preserve log*, open the tile in
Okta, then export with content ("Save all as HAR with content"). Only a HAR tells when the response was sent and what
came back. SAML-tracer's export, a saved page, the form body, the XML, and events of CloudTrail and of Okta's System Log
are read as well: [an example of each](why-cant-ada-sign-in.md#what-people-have-at-hand). A response is a credential
until it expires, five minutes as a rule: do not mail it before. `decode` stores nothing, and `--redact` masks the names
of people in what it prints.
"""


def page() -> str:
    """The page as Markdown."""
    by_message: dict[str, list[KnownFailure]] = {}
    for entry in CATALOGUE:
        by_message.setdefault(entry.messages[0], []).append(entry)
    parts = [_OPENING, "## The messages", ""]
    parts += [f"- [{_escaped(message)}](#{_anchor(entries)})" for message, entries in by_message.items()]
    for message, entries in by_message.items():
        parts += ["", f'<a id="{_anchor(entries)}"></a>', "", f"## “{_escaped(message)}”"]
        if len(entries) > 1:
            parts += ["", f"{len(entries)} causes."]
        for entry in entries:
            parts += ["", *_section(entry)]
    return "\n".join(parts) + "\n"


def _section(entry: KnownFailure) -> list[str]:
    also = [f"“{_escaped(message)}”" for message in entry.messages[1:]]
    source = f"<{entry.source}>" + (" (a report, not a vendor's documentation)" if entry.reported else "")
    return [
        f"### {entry.title}",
        "",
        f"`{entry.code}`. {entry.cause}" + (f" Also seen as {', '.join(also)}." if also else ""),
        "",
        f"- **Confirm:** {entry.confirm}",
        f"- **Fix:** {entry.fix}",
        f"- **`decode` sees it from** {', or '.join(entry.needs)}.",
        f"- **Source:** {source}",
    ]


def _anchor(entries: list[KnownFailure]) -> str:
    return f"message-{entries[0].code}"


def _escaped(text: str) -> str:
    """Without characters that Markdown would take for its own."""
    for character in "\\`*_[]<>{}":
        text = text.replace(character, f"\\{character}")
    return text

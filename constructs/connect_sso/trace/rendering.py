"""The walks as text for a terminal, as JSON for programs, and as a Mermaid diagram for documents."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from connect_sso.sign_in.hops import ASSERTION, PERMISSION, TRUST, Found, Hop, Walk
from connect_sso.sign_in.telling import MARKS, hops_for_json, walk_in_full, wrapped
from connect_sso.text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connect_sso.sign_in.model import OktaApp, SignIn

_FULL = 20
"""So many failing people are walked in full; of the rest, those who fail as one of these did are one line each."""
_SINGLY = 15
"""Up to so many people have a box each in a diagram; more are gathered by their profiles."""


def tiles(walks: Sequence[Walk], real: SignIn, promised: SignIn) -> dict[str, str]:
    """The label of each walked app, by its key: people know the tile on their dashboard, not the key in a file."""
    keys = dict.fromkeys(key for walk in walks for key in walk.apps if key)
    apps = {**promised.apps, **real.apps}
    return {key: apps[key].label for key in keys if key in apps and apps[key].label}


def as_json(walks: Sequence[Walk], strangers: Mapping[str, str], labels: Mapping[str, str], source: str) -> str:
    """The published form; its schema is `trace.schema.json`. A line per person, so that it can be searched and compared."""
    head = {
        "version": 1,
        "source": source,
        "apps": dict(sorted(labels.items())),
        "not_in_connect": [{"username": name, "group": group} for name, group in sorted(strangers.items())],
    }
    people = ",\n".join(
        json.dumps(
            {
                "username": walk.username,
                "ok": walk.ok,
                "hops": hops_for_json(walk),
            },
            ensure_ascii=False,
        )
        for walk in walks
    )
    return json.dumps(head, ensure_ascii=False)[:-1] + f', "people": [\n{people}\n]}}\n'


# --- text ------------------------------------------------------------------------------------------------------------


def as_text(
    walks: Sequence[Walk], strangers: Mapping[str, str], labels: Mapping[str, str], source: str, *, in_full: bool
) -> str:
    """One line per person where nothing fails, the full walk for those who cannot sign in; in full for everybody if asked."""
    lines: list[str] = []
    shown: dict[tuple[object, ...], str] = {}
    widest = max((len(walk.username) for walk in walks if walk.ok is not False), default=0)
    for walk in walks:
        if walk.ok is not False and not in_full:
            lines += _line(walk, min(widest, 40))
            continue
        failure = tuple((hop.app, hop.name, hop.where) for hop in walk.hops if hop.ok is False)
        if len(shown) >= _FULL and failure in shown:
            lines.append(f"✗ {walk.username}  as {shown[failure]} above: {_failing(walk)}")
            continue
        shown.setdefault(failure, walk.username)
        lines += walk_in_full(walk, labels)
    if lines:
        lines.append("")
    lines += _summary(walks, strangers, source)
    if not in_full:
        lines += [line for key, label in labels.items() for line in wrapped(f"{key} is the tile “{label}”.")]
    return visible_lines("\n".join(lines) + "\n")


def _line(walk: Walk, width: int) -> list[str]:
    told = []
    for app in walk.apps:
        hops = walk.through(app)
        unknown = [hop for hop in hops if hop.ok is None]
        if not unknown:
            told.append(f"{app}: {hops[-1].values['page']}")
        elif unknown[0].found is Found.GROUP_NOT_KNOWN:
            told.append(f"{app}: if in the group {_groups(unknown[0])}")
        else:
            told.append(f"{app}: not known: {', '.join(hop.name for hop in unknown)}")
    first = f"{MARKS[walk.ok]} {walk.username:<{width}}  "
    head, *rest = _wrapped_beside("; ".join(told), len(first))
    return [f"{first}{head}".rstrip(), *rest]


@lru_cache(maxsize=1024)
def _wrapped_beside(text: str, indent: int) -> tuple[str, ...]:
    """Lines to stand beside a name; a crowd shares them, and wrapping is the slow part."""
    head, *rest = wrapped(text, "x" * indent, " " * min(indent, 30))
    return head[indent:], *rest


def _groups(hop: Hop) -> str:
    return " or ".join(hop.values["groups"])


def _failing(walk: Walk) -> str:
    return ", ".join(dict.fromkeys(hop.name for hop in walk.hops if hop.ok is False))


def _summary(walks: Sequence[Walk], strangers: Mapping[str, str], source: str) -> list[str]:
    count = Counter(walk.ok for walk in walks)
    parts = [f"{count[True]:,} can sign in"]
    if count[None]:
        parts.append(f"{count[None]:,} depend{'s' if count[None] == 1 else ''} on what is not known from here")
    if count[False]:
        parts.append(f"{count[False]:,} cannot sign in")
    lines = wrapped(f"{len(walks):,} {'person' if len(walks) == 1 else 'people'} in {source}: {', '.join(parts)}.")
    if strangers:
        names = [f"{name} ({group})" for name, group in sorted(strangers.items())]
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        lines += wrapped(
            f"In a group that gives an app, but not a Connect user, so refused: {', '.join(names[:10])}{more}."
        )
    return lines


# --- Mermaid -----------------------------------------------------------------------------------------------------------


def as_mermaid(walks: Sequence[Walk], real: SignIn) -> str:
    """Who reaches what: people, apps, roles, the instance. Solid where all is well, dotted where not known, crossed where it fails."""
    lines = ["flowchart LR"]
    apps = {key: app for key, app in real.apps.items() if any(key in walk.apps for walk in walks)}
    roles = dict.fromkeys(app.role_arn for app in apps.values() if app.role_arn)
    people = _people(walks)
    lines += [f'  p{number}["{_label(name)}"]' for number, (name, _) in enumerate(people)]
    lines += [f'  a{number}(["{_label(app.label or key)}"])' for number, (key, app) in enumerate(apps.items())]
    role_names = [_label(arn.partition("/")[2]) for arn in roles]
    lines += [f'  r{number}[/"{name}"/]' for number, name in enumerate(role_names)]
    lines += [f'  l{number}("{_label(page)}")' for number, page in enumerate(_pages(apps, walks))]
    app_numbers = {key: number for number, key in enumerate(apps)}
    role_numbers = {arn: number for number, arn in enumerate(roles)}
    page_numbers = {page: number for number, page in enumerate(_pages(apps, walks))}
    for number, (_, walk) in enumerate(people):
        for key in walk.apps:
            if key in app_numbers:
                lines.append(_arrow(f"p{number}", f"a{app_numbers[key]}", walk.through(key)))
    for key, app in apps.items():
        hops = next(walk.through(key) for walk in walks if key in walk.apps)
        static = [hop for hop in hops if hop.name in {ASSERTION, TRUST, PERMISSION}]
        page = _page(key, walks)
        if app.role_arn:
            lines.append(_arrow(f"a{app_numbers[key]}", f"r{role_numbers[app.role_arn]}", static[:2]))
            lines.append(_arrow(f"r{role_numbers[app.role_arn]}", f"l{page_numbers[page]}", static[2:]))
    return visible_lines("\n".join(dict.fromkeys(lines)) + "\n")


def _people(walks: Sequence[Walk]) -> list[tuple[str, Walk]]:
    if len(walks) <= _SINGLY:
        return [(walk.username, walk) for walk in walks]
    gathered: dict[tuple[object, ...], list[Walk]] = {}
    for walk in walks:
        kind = (walk.profiles, walk.ok, tuple((hop.app, hop.name, hop.ok) for hop in walk.hops))
        gathered.setdefault(kind, []).append(walk)
    return [
        (
            f"{len(alike):,} people with {', '.join(alike[0].profiles) or 'no profile'}"
            if len(alike) > 1
            else alike[0].username,
            alike[0],
        )
        for alike in gathered.values()
    ]


def _pages(apps: Mapping[str, OktaApp], walks: Sequence[Walk]) -> list[str]:
    return list(dict.fromkeys(_page(key, walks) for key in apps))


def _page(key: str, walks: Sequence[Walk]) -> str:
    hops = next(walk.through(key) for walk in walks if key in walk.apps)
    return str(hops[-1].values.get("page", "no page known"))


def _arrow(start: str, end: str, hops: Sequence[Hop]) -> str:
    states = {hop.ok for hop in hops}
    if False in states:
        failing = next(hop for hop in hops if hop.ok is False)
        return f'  {start} --x|"{_label(failing.name)}"| {end}'
    if None in states:
        unknown = next(hop for hop in hops if hop.ok is None)
        told = f"group {_groups(unknown)}" if unknown.found is Found.GROUP_NOT_KNOWN else unknown.name
        return f'  {start} -.->|"{_label(told)}?"| {end}'
    return f"  {start} --> {end}"


def _label(text: str) -> str:
    """Safe inside a quoted Mermaid label: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters."""
    return re.sub(r"[^\w .,:@/()+-]", lambda match: f"#{ord(match[0])};", text)

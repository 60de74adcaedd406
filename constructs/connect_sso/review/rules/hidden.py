"""Findings about what a plan does not show: what is marked as sensitive, and what is known only after the apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connect_sso.review.findings import Finding
from connect_sso.review.names import resource_address, type_of
from connect_sso.review.rules.closed_world import KNOWN
from connect_sso.review.words import words
from connect_sso.review.world import World
from connect_sso.terraform.plan import SECRET_ATTRIBUTES, SENSITIVE, UNKNOWN, Change, contains_mark


def findings(world: World, found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about hidden changes; `found` is what the other rules found."""
    said = {finding.address for finding in found}
    for change in world.plan.changes:
        if not change.changes_something or change.after is None or change.type not in KNOWN or change.deposed:
            continue
        for name in sorted(_marked(change)):
            if name in SECRET_ATTRIBUTES:
                continue
            if _is_hidden(change, name):
                says = words(
                    f"{{}} {'changes' if change.before is not None else 'is set'}, and is {{}}.", name, SENSITIVE
                )
                yield Finding("hidden-change", change.address, says)
            elif change.type == "aws_connect_user" and world.makes_instance:
                continue  # nothing of a new instance has an id yet, and that it is new is a finding
            elif change.address not in said and _becomes_unknown(world, change, name):
                says = words("{} becomes another value, {}.", name, UNKNOWN)
                yield Finding("hidden-change", change.address, says)


def _marked(change: Change) -> set[str]:
    """The attributes that are marked in some way: of ten thousand users hardly any."""
    found: set[str] = set()
    for side in (change.old(), change.new()):
        # What is made has many values that are known later, and nothing they could be compared with.
        for mark in (side.unknown, *side.sensitive) if change.before is not None else side.sensitive:
            if isinstance(mark, dict):
                found.update(name for name, inner in mark.items() if inner and contains_mark(inner))
            elif mark is True:
                found.update(change.old().values, change.new().values)
    return found


def _is_hidden(change: Change, name: str) -> bool:
    """Whether a reader cannot see an attribute, and its real values differ: the plan holds them, whatever the marks say."""
    old, new = change.old(), change.new()
    if old.values.get(name) == new.values.get(name):
        return False
    marks = [mark.get(name) if isinstance(mark, dict) else mark for side in (old, new) for mark in side.sensitive]
    return any(contains_mark(mark) for mark in marks)


def _becomes_unknown(world: World, change: Change, name: str) -> bool:
    """Whether nothing of this plan tells what an attribute that the configuration sets will be."""
    if change.before is None or not change.new().is_unknown(name):
        return False
    if not world.plan.is_configured(change, name):
        return False  # what the provider will read back
    sources = [resource_address(reference, change.module) for reference in world.plan.references(change, name)]
    # What refers to an object that is made now gets that object's id or name: the rules follow it by its address.
    return not sources or not all(_is_made(world, source) for source in sources if source)


def _is_made(world: World, source: str) -> bool:
    change = world.changes.get(source)
    if change is None:
        made = [each for each in world.plan.of(type_of(source)) if each.block == source]
        return bool(made) and all(each.creates and each.type in KNOWN for each in made)
    return change.creates and change.type in KNOWN

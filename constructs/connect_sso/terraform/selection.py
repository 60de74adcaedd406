"""Which stacks a command means: names and patterns as cdktf takes them, `dev`, `dev-users`, `'prod*'`."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from connect_sso.environment.derived_names import crowd_stack
from connect_sso.environment.tree import text_at
from connect_sso.errors import UsageFailure
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connect_sso.environment.loading import LoadedEnvironment


@dataclass(frozen=True)
class Selection:
    """The stacks of one environment that are meant."""

    environment: str
    stacks: tuple[str, ...]
    """Its own, that of its crowd, or both in this order."""


def select_stacks(patterns: Sequence[str], loaded: Iterable[LoadedEnvironment], *, only: bool) -> list[Selection]:
    """The stacks that are meant, by environment.

    Args:
        patterns: names of stacks, with `*`, `?` and `[…]` for several; none where there is one environment.
        loaded: all environments, right or wrong.
        only: leave out the crowd of an environment unless it is named itself.

    Raises:
        UsageFailure: nothing is named and there are several, or a pattern fits none.
    """
    stacks = {each.name: _stacks(each) for each in loaded}
    known = [name for names in stacks.values() for name in names]
    if not patterns and len(stacks) > 1:
        raise UsageFailure(f"name a stack; the stacks are: {', '.join(known)}")
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UsageFailure(
                f"no stack is called {pattern!r}{nearest(pattern, known)}; the stacks are: {', '.join(known)}"
            )
    chosen = [name for name in known if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)]
    return [
        Selection(environment, meant)
        for environment, names in stacks.items()
        if (meant := tuple(name for name in names if name in chosen or (environment in chosen and not only)))
    ]


def environments_of(names: Sequence[str], loaded: Iterable[LoadedEnvironment]) -> list[str]:
    """The environments whose stacks are among the names; those that name no stack are left alone."""
    return [each.name for each in loaded if any(fnmatchcase(stack, name) for stack in _stacks(each) for name in names)]


def _stacks(loaded: LoadedEnvironment) -> tuple[str, ...]:
    has_crowd = loaded.tree is not None and text_at(loaded.tree, "users_file") is not None
    return (loaded.name, crowd_stack(loaded.name)) if has_crowd else (loaded.name,)

"""Why something cannot be taken over: every reason at once, so that nobody mends one thing to hear of the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from connect_sso.adopt.model import CannotAdoptError

P = ParamSpec("P")
T = TypeVar("T")


class Reasons:
    """Collects the reasons of several steps."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def of(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What a step returns, or None where it gave reasons."""
        try:
            return step(*args, **kwargs)
        except CannotAdoptError as error:
            self.add(*error.reasons)
            return None

    def add(self, *reasons: str) -> None:
        """Note these, each once."""
        self.found += [reason for reason in reasons if reason not in self.found]

    def end(self) -> None:
        """Go on only where there are none.

        Raises:
            CannotAdoptError: with all of them.
        """
        if self.found:
            raise CannotAdoptError(*self.found)

    def given(self, result: T | None) -> T:
        """What a step returned, where no step gave a reason.

        Raises:
            CannotAdoptError: with all reasons.
        """
        self.end()
        assert result is not None, "a step without a reason has a result"
        return result

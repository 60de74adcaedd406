"""What both readers share: the refusals of a service, the parts that could not be read, progress, the pace of calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from connect_sso.errors import Failure
from connect_sso.live.model import Unread
from connect_sso.text import cut, visible

T = TypeVar("T")

Progress = Callable[[str, int], None]
"""Is told what is being read, such as `Connect users`, and how many there are so far."""


def silent(what: str, count: int) -> None:
    """Progress for nobody."""


class Denied(Failure):
    """The service does not let these credentials read a part."""

    def __init__(self, needs: str, why: str) -> None:
        self.needs = needs
        self.why = one_line(why)
        super().__init__(f"reading needs {needs}: {self.why}")


class Missing(Failure):
    """There is no such thing."""


def one_line(text: str) -> str:
    """What a service said, for a message: one line, cut, nothing invisible."""
    return cut(visible(" ".join(text.split())))


@dataclass
class Parts:
    """The parts that are read one by one; those that may not be read are listed."""

    unread: list[Unread] = field(default_factory=list)

    def read(self, part: str, reading: Callable[[], T], about: str = "") -> T | None:
        """What `reading` returns; None, and a note, where it is denied.

        Args:
            part: what is read, to go on with "could not be read".
            reading: does it.
            about: which thing that is, see `Unread.about`.
        """
        try:
            return reading()
        except Denied as denied:
            self.unread.append(Unread(part, denied.needs, denied.why, about))
            return None

    def read_of(self, part: str, reading: Callable[[], T], needs: str) -> T | None:
        """As `read`, of something that is known to be there: that the service finds nothing is no answer either.

        Args:
            part: what is read, to go on with "could not be read".
            reading: does it.
            needs: the permission for it.
        """
        try:
            return self.read(part, reading)
        except Missing as missing:
            self.unread.append(Unread(part, needs, one_line(str(missing))))
            return None


@dataclass
class Pacer:
    """Lets so many calls a second through, evenly.

    Args:
        per_second: how many.
        clock: the time, in seconds.
        sleep: waits so many seconds.
    """

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float | None = None

    def wait(self) -> None:
        """Return when the next call may begin."""
        now = self.clock()
        begins = now if self._next is None else max(now, self._next)
        if begins > now:
            self.sleep(begins - now)
        self._next = begins + 1 / self.per_second

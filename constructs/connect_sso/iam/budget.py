"""How much work a comparison may be: whoever writes a policy must not be able to hold its review up."""

from __future__ import annotations


class InDoubtError(Exception):
    """The question takes more work than it may; the answer is not known."""


class Budget:
    """Steps that are left."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Take steps away.

        Raises:
            InDoubtError: none are left.
        """
        self._left -= steps
        if self._left < 0:
            raise InDoubtError

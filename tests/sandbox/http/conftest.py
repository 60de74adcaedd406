"""Accounts that are running, for their own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.sandbox.http.serving import Accounts, accounts


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Accounts]]:
    """Start the accounts, with options."""
    with ExitStack() as stack:
        served: Callable[..., AbstractContextManager[Accounts]] = partial(accounts, tmp_path)
        yield lambda **options: stack.enter_context(served(**options))


@pytest.fixture
def running(start: Callable[..., Accounts]) -> Accounts:
    """The accounts of the company that comes with the sandbox."""
    return start()

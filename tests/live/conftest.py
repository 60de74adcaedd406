"""Accounts on loopback with a company in them, and the environment that leads there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connect_sso.live.aws import AwsClient, open_account
from connect_sso.live.reading import Pacer
from tests.sandbox.companies import COMPANIES, EMPTY, Company
from tests.sandbox.http.serving import Accounts, accounts

ACCOUNT = "111122223333"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Accounts]]:
    """Start accounts, and let the environment lead to them."""

    def begin(company: Mapping[str, Any] = EMPTY, **options: Any) -> Accounts:
        running = stack.enter_context(accounts(tmp_path, company=company, **options))
        for name, value in running.variables().items():
            monkeypatch.setenv(name, value)
        return running

    for name in ("AWS_PROFILE", "OKTA_ACCESS_TOKEN", "OKTA_API_CLIENT_ID", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:
        yield begin


@pytest.fixture(params=COMPANIES)
def company(request: pytest.FixtureRequest, start: Callable[..., Accounts]) -> tuple[Accounts, Company]:
    """Each of the three companies."""
    running = start()
    made = COMPANIES[request.param](running)
    running.aws.calls.clear()
    running.org.calls.clear()
    return running, made


def opened(region: str, **options: Any) -> AwsClient:
    """The account, read as fast as it answers."""
    return open_account(region, ACCOUNT, **{"pacer": Pacer(per_second=1e9), **options})

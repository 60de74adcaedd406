"""Companies by hand, read over HTTP: what is written for them, and that nothing is asked of the accounts but reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connect_sso.cli import cli
from connect_sso.environment.loading import load
from tests.conftest import Golden
from tests.sandbox.companies import COMPANIES, EMPTY, Company
from tests.sandbox.http.serving import Accounts, accounts

GOLDENS = Path(__file__).parent / "goldens"
Run = Callable[..., Result]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Accounts]]:
    """Start empty accounts, and have the command use them."""
    with ExitStack() as stack:

        def start(**options: object) -> Accounts:
            served = stack.enter_context(accounts(tmp_path / "cloud", company=EMPTY, **options))  # type: ignore[arg-type]
            for name, value in served.variables().items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("OKTA_ORG_NAME", "acme")
            return served

        yield start


def adopt(company: Company, *arguments: str, apps: tuple[str, ...] = (), instance: str = "") -> Result:
    """Run the command on a company."""
    labels = apps or tuple(app.label for app in company.apps)
    named = [argument for label in labels for argument in ("--app", label)]
    where = ["--region", company.region, "--instance", instance or company.alias]
    return CliRunner().invoke(cli, ["adopt", "prod", *where, *named, *arguments])


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_by_hand(name: str, folder: Path, running: Callable[..., Accounts], golden: Golden) -> None:
    served = running()
    company = COMPANIES[name](served)
    before = len(served.aws.calls), len(served.org.calls)
    result = adopt(company)
    assert result.exit_code == 3, result.output
    for call in [*served.aws.calls[before[0] :], *served.org.calls[before[1] :]]:
        reading = ("GET ",) if call.service == "okta" else ("Get", "List", "Describe", "Search")
        assert call.operation.startswith(reading), call
    loaded = load(folder / "prod.yaml")
    assert not loaded.errors
    ids = (folder / "prod.imports.json").read_text("utf-8")
    for identifier in (company.instance_id, *(app.id for app in company.apps)):
        assert identifier in ids
    text = (folder / "prod.yaml").read_text("utf-8").replace(company.instance_id, "INSTANCE")
    golden.check(GOLDENS / "companies" / f"{name}.yaml", text)

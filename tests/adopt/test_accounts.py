"""Companies by hand, read over HTTP: what is written for them, and that nothing is asked of the accounts but reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connect_sso.cli import cli
from connect_sso.environment.loading import load
from tests.adopt.conftest import reason
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
            monkeypatch.setattr("connect_sso.live.aws.CONNECT_RATE", 1000)  # these accounts have no quota
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


def test_what_cannot_be_read_or_found_is_told(folder: Path, running: Callable[..., Accounts]) -> None:
    """One company, asked for wrongly in each way; nothing is written."""
    served = running()
    company = COMPANIES["walkthrough"](served)
    admin, ccp = company.apps
    for wrong, said in (
        (adopt(company, apps=("Amazon",)), "acme.okta.com has no app 'Amazon'"),
        (adopt(company, instance="nowhere"), "there is no such Amazon Connect instance in us-west-2"),
        (adopt(company, "--api-user", "nobody"), "there is no IAM user nobody"),
    ):
        assert wrong.exit_code == 1
        assert said in reason(wrong)
    iam = served.client("iam")
    for name in ("okta_one", "okta_two"):
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::{served.account_id}:policy/okta_cli_policy")
    iam.detach_user_policy(
        UserName="okta_cli_user", PolicyArn=f"arn:aws:iam::{served.account_id}:policy/okta_cli_policy"
    )
    assert "several IAM users may list roles (okta_one, okta_two)" in reason(adopt(company))
    assert not list(folder.iterdir())
    # By id, and one of two apps.
    result = adopt(company, "--api-user", "okta_two", apps=(ccp.id,), instance=company.instance_id)
    assert result.exit_code == 3, result.exception
    loaded = load(folder / "prod.yaml")
    assert loaded.environment is not None
    assert list(loaded.environment.apps) == ["ccp"]
    assert loaded.environment.api_integration.user == "okta_two"
    assert admin.id not in (folder / "prod.imports.json").read_text("utf-8")

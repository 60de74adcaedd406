"""The providers, installed once for all cases; accounts for each; and the table at the end."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.lab.terraform import Lab, NotInstalled, install
from tests.sandbox.http.aws import READS
from tests.sandbox.http.serving import Accounts, accounts
from tests.sandbox.mirror import BOUND, SOURCES

RUNNING = pytest.StashKey[Accounts]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A case that fails shows what the accounts were asked to change, and what they refused."""
    report: Any = yield
    if report.failed and (running := item.stash.get(RUNNING, None)):
        shown = [one for one in running.calls if one.status >= 400 or not READS.match(one.operation)]
        lines = [f"{one.status} {one.service} {one.operation}" for one in shown]
        report.sections.append(("what the accounts were asked", "\n".join(lines)))
    return report  # type: ignore[no-any-return]


def releases(config: pytest.Config) -> dict[str, str]:
    """What `--provider` says."""
    return dict(release.split("=", 1) for release in config.getoption("--provider"))


@pytest.fixture(scope="session")
def providers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of the real providers; without them a case is skipped, and `make lab` fails."""
    wanted = BOUND | releases(request.config)
    names = " and ".join(f"{SOURCES[name]} {version}" for name, version in wanted.items())
    must = request.config.getoption("--lab")
    if not must and not _configured():
        pytest.skip(
            f"{names}: Terraform's CLI configuration names no place for them; `make lab` asks the registry as well"
        )
    try:
        return install(tmp_path_factory.mktemp("providers"), releases(request.config))
    except NotInstalled as failed:
        lacking = [
            source
            for source in SOURCES.values()
            if re.search(rf"{source}\b(?s:.*)(?:not found|no available)", str(failed))
        ]
        reason = f"Terraform cannot install {' and '.join(lacking) or names}: {failed}"
        if must:
            pytest.fail(reason, pytrace=False)
        pytest.skip(" ".join(reason.split())[:400])


def _configured() -> bool:
    """Whether Terraform has been told where providers come from, so that the tests need not ask the registry."""
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    return Path(named or "~/.terraformrc").expanduser().is_file()


@pytest.fixture
def lab(request: pytest.FixtureRequest, providers: Path, tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Accounts that are running, and Terraform for them: `lab(account_id=…, org=…)`, and the other options of `accounts`."""
    with ExitStack() as stack:

        def start(**options: Any) -> Lab:
            running: Accounts = stack.enter_context(accounts(tmp_path / "accounts", **options))
            request.node.stash[RUNNING] = running
            return Lab(tmp_path / "lab", providers, running, releases(request.config))

        yield start


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What became of each case."""
    if not config.getoption("--lab"):
        return
    table = Table(title="The lab: " + ", ".join(f"{SOURCES[n]} {v}" for n, v in (BOUND | releases(config)).items()))
    for column in ("case", "result", "seconds"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for result in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(result, []):
            if report.nodeid.startswith("tests/lab/"):
                path, _, case = report.nodeid.removeprefix("tests/lab/test_").partition(".py::test_")
                case = f"{path}: {case.replace('_', ' ').replace('[', ' (').replace(']', ')')}"
                table.add_row(Text(case), result, f"{report.duration:.0f}")
    Console(file=terminalreporter._tw._file, width=150).print(table)

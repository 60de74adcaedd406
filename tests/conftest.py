"""Options and fixtures that all tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from connect_sso.infrastructure import bindings

bindings.load_lazily()  # before any test module imports cdktf

ROOT = Path(__file__).parents[1]

# No test reads a live account by the way: where one is to be, it says so.
os.environ["CONNECT_SSO_COMPARE"] = "off"

# Whoever started the tests may have had interrupts ignored (nohup, a script's `&`), and what the tests start would inherit that.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this suite."""
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite the golden files instead of comparing with them"
    )
    parser.addoption(
        "--real-providers",
        action="store_true",
        help="also validate the stacks with the real providers, installed from where Terraform's CLI configuration says",
    )
    parser.addoption(
        "--lab",
        action="store_true",
        help="run all cases of the lab, with providers from wherever Terraform's CLI configuration says, or the registry",
    )
    parser.addoption(
        "--provider",
        action="append",
        default=[],
        metavar="NAME=VERSION",
        help="with --real-providers or --lab: another release of aws or okta than the stacks require, such as okta=6.12.0",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--lab`, what takes long is left out."""
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--lab"):
            item.add_marker(pytest.mark.skip(reason="takes long: `make lab` runs it"))


class Golden:
    """Compares text with a file that was reviewed, or rewrites the file with --update-goldens."""

    def __init__(self, *, update: bool) -> None:
        self.update = update

    def check(self, path: Path, text: str) -> None:
        """Hold `text` against the golden file at `path`."""
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; `make goldens` writes it"
        assert text == path.read_text(encoding="utf-8"), (
            f"differs from {path}; `make goldens` rewrites it, look at the diff"
        )


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Golden:
    """The golden files, as `golden.check(path, text)`."""
    return Golden(update=request.config.getoption("--update-goldens"))

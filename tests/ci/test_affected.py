"""Which environments a change is planned for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.affected import Environments, in_order, read_order
from ci.reviewed import Review
from ci.runner import Stop

if TYPE_CHECKING:
    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

THREE = Environments({"dev": None, "prod": "agents.csv", "staging": "agents.csv"})


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        (["environments/dev.yaml"], {"dev"}),
        (["environments/agents.csv"], {"prod", "staging"}),
        (["environments/other.csv"], {"dev", "prod", "staging"}),
        (["environments/environment.schema.json"], {"dev", "prod", "staging"}),
        (["locks/prod.terraform.lock.hcl"], {"prod"}),
        (["locks/prod-users.terraform.lock.hcl"], {"prod"}),
        (["locks/gone.terraform.lock.hcl"], {"dev", "prod", "staging"}),
        (["constructs/connect_sso/infrastructure/federation.py"], {"dev", "prod", "staging"}),
        (["requirements/locked.txt"], {"dev", "prod", "staging"}),
        ([".github/workflows/plan.yml"], {"dev", "prod", "staging"}),
        (["something/new"], {"dev", "prod", "staging"}),
        (["README.md", "docs/pull-requests.md", "tests/test_review.py", "LICENSE"], set()),
        (["docs/a.md", "environments/prod.yaml"], {"prod"}),
        (["environments/gone.yaml"], set()),
        (["old/environments/prod.yaml"], {"dev", "prod", "staging"}),
        ([], set()),
    ],
)
def test_what_a_change_affects(changed: list[str], affected: set[str]) -> None:
    """An environment's files affect it, code affects all, documents none; what is not known counts as code."""
    assert THREE.affected_by(changed) == affected


@given(st.lists(st.text(min_size=1), max_size=5))
def test_no_path_is_too_strange(changed: list[str]) -> None:
    """Whatever a file is called, the answer is a set of environments, and a file more never affects fewer."""
    affected = THREE.affected_by(changed)
    assert affected <= set(THREE.users_files)
    assert affected <= THREE.affected_by([*changed, "environments/dev.yaml"])


@pytest.mark.parametrize(
    ("text", "csv"),
    [
        ("users_file: agents.csv\n", "agents.csv"),
        ("a: 1\nusers_file:   'agents.csv'   # the crowd\n", "agents.csv"),
        ('users_file: "contact agents.csv"\n', "contact agents.csv"),
        ("users_file: agents.csv\r\n", "agents.csv"),
        ("# users_file: agents.csv\n", None),
        ("okta:\n  users_file: agents.csv\n", None),
    ],
)
def test_finds_the_csv_of_an_environment(tmp_path: Path, text: str, csv: str | None) -> None:
    """The crowd's file belongs to the environment that names it, however the key is written."""
    (tmp_path / "prod.yaml").write_bytes(text.encode())
    assert Environments.read(tmp_path).users_files == {"prod": csv}


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("", True),
        ("state: local\n", True),
        ("state:   'local' # here\n", True),
        ("state:\n  s3: {bucket: b, region: eu-west-1}\n", False),
        ("state: {cloud: {organization: acme, workspace: w}}\n", False),
        ("okta:\n  state: local\nstate: {s3: {}}\n", False),
    ],
)
def test_finds_state_that_no_runner_has(tmp_path: Path, text: str, local: bool) -> None:
    """A local state lies on somebody's machine; a runner would plan to make everything a second time."""
    (tmp_path / "dev.yaml").write_text(text, encoding="utf-8")
    assert Environments.read(tmp_path).at_home == (frozenset({"dev"}) if local else frozenset())


def test_order_of_deployment(tmp_path: Path) -> None:
    """Environments come in the order of the file; one that it does not name is an error, in the pull request already."""
    order = tmp_path / "order.txt"
    order.write_text("# first to last\nstaging\nprod  # the last\n\n", encoding="utf-8")
    assert in_order({"prod", "staging"}, read_order(order)) == ["staging", "prod"]
    with pytest.raises(Stop, match="when to deploy qa"):
        in_order({"prod", "qa"}, read_order(order))


def test_order_without_doubles(tmp_path: Path) -> None:
    """An environment named twice has no place in the order."""
    order = tmp_path / "order.txt"
    order.write_text("prod\nprod\n", encoding="utf-8")
    with pytest.raises(Stop, match="twice"):
        read_order(order)
    with pytest.raises(Stop, match="missing"):
        read_order(tmp_path / "none.txt")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with three environments, one of them with local state."""
    root = tmp_path / "checkout"
    (root / "environments").mkdir(parents=True)
    (root / ".github").mkdir()
    (root / "ci").symlink_to(Path(__file__).parents[2] / "ci")
    (root / ".github" / "deploy-order.txt").write_text("dev\nstaging\nprod\n", encoding="utf-8")
    for name, state in (("dev", "local"), ("staging", "{s3: {}}"), ("prod", "{s3: {}}")):
        (root / "environments" / f"{name}.yaml").write_text(f"state: {state}\n", encoding="utf-8")
    return root


FIND = ("plan", "find", "Find the environments that this change can affect")


def test_step_for_a_pull_request(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """The step names what to plan; what only lies on somebody's machine is said, and left out."""
    github.files = [{"filename": "main.py"}]
    ran = run_step(*FIND, {"action": "opened", "pull_request": github.pull_request()}, root=checkout)
    assert ran.code == 0, ran.log
    assert ran.outputs == {"environments": ["staging", "prod"], "plan": ["staging", "prod"]}
    assert "::notice::dev is not planned here" in ran.log


def test_step_sees_more_than_one_page(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """GitHub lists a hundred files at a time; the change that matters may be the hundred and first."""
    github.files = [{"filename": f"docs/{number}.md"} for number in range(100)] + [
        {"filename": "environments/prod.yaml"}
    ]
    ran = run_step(*FIND, {"action": "opened", "pull_request": github.pull_request()}, root=checkout)
    assert ran.outputs["environments"] == ["prod"]


def test_step_sees_where_a_file_came_from(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """Moving code into the documents takes it out of use: the old name counts as well."""
    github.files = [{"filename": "docs/main.py", "previous_filename": "main.py"}]
    ran = run_step(*FIND, {"action": "opened", "pull_request": github.pull_request()}, root=checkout)
    assert ran.outputs["environments"] == ["staging", "prod"]


def test_step_says_that_an_environment_is_gone(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """Deleting a file destroys nothing; whoever thinks so is told."""
    github.files = [{"filename": "environments/qa.yaml"}]
    ran = run_step(*FIND, {"action": "opened", "pull_request": github.pull_request()}, root=checkout)
    assert ran.outputs["environments"] == []
    assert "::warning::qa is gone" in ran.log


@pytest.mark.parametrize(
    ("action", "attempt", "plan"),
    [("labeled", "1", ["staging"]), ("labeled", "2", ["staging", "prod"]), ("synchronize", "1", ["staging", "prod"])],
)
def test_step_does_not_plan_again_for_a_label(
    github: FakeGitHub, run_step: RunStep, checkout: Path, action: str, attempt: str, plan: list[str]
) -> None:
    """A label changes no plan, so only what has no review of this commit is planned; trying a run again plans anew."""
    github.files = [{"filename": "main.py"}]
    github.comment(review("prod", github.head).line() + "text")
    github.comment(review("staging", "b" * 40).line() + "text")
    payload = {"action": action, "pull_request": github.pull_request()}
    ran = run_step(*FIND, payload, root=checkout, attempt=attempt)
    assert ran.outputs == {"environments": ["staging", "prod"], "plan": plan}


def test_step_names_a_missing_line_in_the_order(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """An environment without a place in the order stops the pull request, with one line that says what to add."""
    (checkout / "environments" / "qa.yaml").write_text("state: {s3: {}}\n", encoding="utf-8")
    ran = run_step(*FIND, {"action": "opened", "pull_request": github.pull_request()}, root=checkout)
    assert ran.code == 1
    assert "::error::.github/deploy-order.txt does not say when to deploy qa" in ran.log
    assert "Traceback" not in ran.log


PUSHED = ("deploy", "find", "Find the environments that these commits can affect")


@pytest.mark.parametrize(
    ("payload", "environments"),
    [
        ({"before": "b" * 40, "after": "c" * 40}, ["prod"]),
        ({"before": "0" * 40, "after": "c" * 40}, ["staging", "prod"]),
        ({"inputs": {"environment": "staging"}}, ["staging"]),
        ({"inputs": {"environment": ""}}, ["staging", "prod"]),
        ({"inputs": None}, ["staging", "prod"]),
    ],
)
def test_step_for_a_deployment(
    github: FakeGitHub, run_step: RunStep, checkout: Path, payload: dict[str, Any], environments: list[str]
) -> None:
    """A push deploys what it changes (all where that is not known), a run by hand the environment it names, or all."""
    github.files = [{"filename": "environments/prod.yaml"}]
    ran = run_step(*PUSHED, payload, root=checkout)
    assert ran.outputs == {"environments": environments}


def test_step_for_an_environment_that_is_not_there(run_step: RunStep, checkout: Path) -> None:
    """A misspelt name deploys nothing."""
    ran = run_step(*PUSHED, {"inputs": {"environment": "prd"}}, root=checkout)
    assert (ran.code, ran.outputs) == (1, {})
    assert "there is no environment called 'prd'" in ran.log


def review(environment: str, head: str) -> Review:
    """A review with nothing to decide."""
    return Review(environment=environment, head=head, digest="d", decide=(), refused=False, waiting=False)

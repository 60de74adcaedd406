"""Which environments a change is planned for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.affected import Environments, in_order, read_order
from ci.environments import facts
from ci.runner import Stop
from tests.ci import workflow
from tests.environment_files import minimal, write

if TYPE_CHECKING:
    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\n"

THREE = Environments(
    {"dev": None, "prod": "agents.csv", "staging": "agents.csv"},
    files={"dev.yaml": "dev", "prod.yaml": "prod", "staging.yml": "staging"},
)


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        (["environments/dev.yaml"], {"dev"}),
        (["environments/staging.yml"], {"staging"}),
        (["environments/agents.csv"], {"prod", "staging"}),
        (["environments/other.csv"], {"dev", "prod", "staging"}),
        (["environments/prod.imports.json"], {"prod"}),
        (["environments/other.imports.json"], {"dev", "prod", "staging"}),
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
    ("text", "local"),
    [
        ("", True),
        ("state: local\n", True),
        ("'state': local\n", True),
        ("state: {s3: {bucket: acme-state, region: eu-west-1}}\n", False),
        ("'state': {s3: {bucket: acme-state, region: eu-west-1}}\n", False),
        ("state :\n  s3:\n    bucket: acme-state\n    region: eu-west-1\n", False),
        ("state: remote\n", False),  # an error: it is planned, and its plan says so
    ],
)
def test_finds_state_that_no_runner_has(tmp_path: Path, text: str, local: bool) -> None:
    """Read as the app reads it, however the key is written; in doubt an environment is planned."""
    (tmp_path / "environments").mkdir()
    path = write(tmp_path / "environments", "dev", minimal())
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert facts(tmp_path)["dev"]["local"] is local


def test_finds_where_a_state_lies(tmp_path: Path) -> None:
    """The whole place, key included; the crowd's beside it. Its own key or the default one is one place."""
    (tmp_path / "environments").mkdir()
    path = write(tmp_path / "environments", "dev", minimal())
    plain = path.read_text(encoding="utf-8")
    places = []
    for key in ("", ", key: connect-sso/dev.tfstate", ", key: other.tfstate"):
        path.write_text(f"{plain}state: {{s3: {{bucket: acme-state, region: eu-west-1{key}}}}}\n", encoding="utf-8")
        places.append(facts(tmp_path)["dev"]["states"])
    assert places[0] == ["s3://acme-state/connect-sso/dev.tfstate", "s3://acme-state/connect-sso/dev-users.tfstate"]
    assert places[1] == places[0] != places[2]


def test_finds_the_csv_of_an_environment(tmp_path: Path) -> None:
    """The crowd's file belongs to the environment that names it, and no file to one that cannot be read."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "agents.csv").write_text(CSV, encoding="utf-8")
    write(tmp_path / "environments", "prod", minimal(users_file="agents.csv"))
    (tmp_path / "environments" / "qa.yaml").write_text("aws: [", encoding="utf-8")
    assert {name: each["csv"] for name, each in facts(tmp_path).items()} == {"prod": "agents.csv", "qa": None}
    with pytest.raises(Stop, match="no such directory"):
        facts(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ("remote", "remote", []),
        ("local", "local", []),
        ("local", "remote", []),
        ("local", None, []),
        (None, "local", []),
        ("remote", "local", ["prod moves its state to a local file"]),
        ("remote", None, ["prod is gone"]),
        ("remote", "elsewhere", ["prod keeps its state elsewhere now, in elsewhere"]),
        ("local", "elsewhere", []),
    ],
)
def test_what_leaves_the_review_s_sight(before: str | None, now: str | None, says: list[str]) -> None:
    """An environment with a remote state that would not be planned any more is something to decide."""

    def checkout(state: str | None) -> Environments:
        local = state == "local"
        fact = {"file": "prod.yaml", "csv": None, "local": local, "states": [] if local else [state]}
        return Environments.of({"prod": fact} if state else {})

    found = checkout(now).unplanned_since(checkout(before))
    assert [sentence.partition(":")[0] for sentence in found] == says


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
    return root


def facts_of(**states: str) -> str:
    """What the job before found in the environment files."""
    return json.dumps(
        {
            name: {"file": f"{name}.yaml", "csv": None, "local": state == "local", "states": []}
            for name, state in states.items()
        }
    )


NOW = facts_of(dev="local", staging="remote", prod="remote")


def find(github: FakeGitHub, run_step: RunStep, checkout: Path, now: str = NOW, before: str = NOW) -> workflow.Ran:
    """Run the step for a pull request."""
    payload = {"action": "opened", "pull_request": github.pull_request()}
    step = ("plan", "find", "Find the environments that this change can affect")
    given = {"needs__read__outputs__now": now, "needs__read__outputs__before": before}
    return run_step(*step, payload, root=checkout, **given)


def test_step_for_a_pull_request(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """The step names what to plan; what only lies on somebody's machine is said, and left out."""
    github.files = [{"filename": "main.py"}]
    ran = find(github, run_step, checkout)
    assert ran.code == 0, ran.log
    assert ran.outputs == {"environments": ["staging", "prod"], "unplanned": []}
    assert "::notice::dev is not planned here" in ran.log


def test_step_sees_more_than_one_page(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """GitHub lists a hundred files at a time; the change that matters may be the hundred and first."""
    github.files = [{"filename": f"docs/{number}.md"} for number in range(100)] + [
        {"filename": "environments/prod.yaml"}
    ]
    ran = find(github, run_step, checkout)
    assert ran.outputs["environments"] == ["prod"]


def test_step_sees_where_a_file_came_from(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """Moving code into the documents takes it out of use: the old name counts as well."""
    github.files = [{"filename": "docs/main.py", "previous_filename": "main.py"}]
    ran = find(github, run_step, checkout)
    assert ran.outputs["environments"] == ["staging", "prod"]


def test_step_says_what_leaves_the_review_s_sight(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """Deleting a file destroys nothing, and moving a state home hides it: the gate is told of both."""
    github.files = [{"filename": "environments/qa.yaml"}, {"filename": "environments/dev.yaml"}]
    before = facts_of(dev="remote", staging="remote", prod="remote", qa="remote")
    ran = find(github, run_step, checkout, before=before)
    assert ran.outputs["environments"] == []
    assert [sentence.split()[0] for sentence in ran.outputs["unplanned"]] == ["qa", "dev"]


def test_step_names_a_missing_line_in_the_order(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """An environment without a place in the order stops the pull request, with one line that says what to add."""
    ran = find(github, run_step, checkout, facts_of(dev="local", staging="remote", prod="remote", qa="remote"))
    assert ran.code == 1
    assert "::error::.github/deploy-order.txt does not say when to deploy qa" in ran.log
    assert "Traceback" not in ran.log


DEPLOYED = "b" * 40
NEW = "c" * 40


def pushed(run_step: RunStep, checkout: Path, payload: dict[str, Any]) -> workflow.Ran:
    """Run the step for a deployment of `NEW`."""
    step = ("deploy", "find", "Find the environments that do not have these commits")
    return run_step(*step, payload, root=checkout, sha=NEW, needs__read__outputs__now=NOW)


def deployed(github: FakeGitHub, files: list[str], status: str = "ahead") -> None:
    """Both environments have been deployed; these files have changed since."""
    github.deployments = {"prod": [(DEPLOYED, ["success"])], "staging": [(DEPLOYED, ["inactive", "success"])]}
    changed = [{"filename": name} for name in files]
    github.compared[f"{DEPLOYED}...{NEW}"] = {"status": status, "files": changed, "commits": []}


PUSH = {"before": "d" * 40, "after": NEW}


def test_a_push_deploys_what_changed(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """The other environments have what these commits hold."""
    deployed(github, ["environments/prod.yaml", "docs/a.md"])
    assert pushed(run_step, checkout, PUSH).outputs == {"environments": ["prod"], "since": {"prod": DEPLOYED}}


def test_a_deployment_that_was_dropped_is_caught_up(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """Of runs that wait GitHub keeps the last; what the others had to deploy is still to be deployed.

    The push of this run changes documents alone. The one before it, which revoked somebody's access to prod, was dropped,
    and the one before that failed in staging.
    """
    deployed(github, ["environments/prod.yaml", "docs/a.md"])
    github.deployments["staging"].insert(0, ("e" * 40, ["failure"]))
    ran = pushed(run_step, checkout, PUSH)
    assert ran.outputs == {"environments": ["prod"], "since": {"prod": DEPLOYED}}


@pytest.mark.parametrize("status", ["diverged", "behind"])
def test_a_push_of_another_history_deploys_all(
    github: FakeGitHub, run_step: RunStep, checkout: Path, status: str
) -> None:
    """What has changed is not known then."""
    deployed(github, [], status)
    assert pushed(run_step, checkout, PUSH).outputs["environments"] == ["staging", "prod"]


def test_what_was_never_deployed_is(github: FakeGitHub, run_step: RunStep, checkout: Path) -> None:
    """A deployment that never succeeded is none."""
    deployed(github, [])
    github.deployments["prod"] = [(DEPLOYED, ["failure"]), (DEPLOYED, [])]
    assert pushed(run_step, checkout, PUSH).outputs == {"environments": ["prod"], "since": {"prod": None}}


@pytest.mark.parametrize(
    ("payload", "environments"),
    [
        ({"inputs": {"environment": "staging"}}, ["staging"]),
        ({"inputs": {"environment": ""}}, ["staging", "prod"]),
        ({"inputs": None}, ["staging", "prod"]),
    ],
)
def test_step_for_a_run_by_hand(
    github: FakeGitHub, run_step: RunStep, checkout: Path, payload: dict[str, Any], environments: list[str]
) -> None:
    """It deploys the environment that it names, or all, changed or not."""
    deployed(github, [])
    assert pushed(run_step, checkout, payload).outputs["environments"] == environments


def test_step_for_an_environment_that_is_not_there(run_step: RunStep, checkout: Path) -> None:
    """A misspelt name deploys nothing."""
    ran = pushed(run_step, checkout, {"inputs": {"environment": "prd"}})
    assert (ran.code, ran.outputs) == (1, {})
    assert "there is no environment called 'prd'" in ran.log

"""Ways in which an AWS account cannot be read: one line each, and what is denied alone is left out alone."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.model import AssumeRole
from connect_sso.errors import Failure
from connect_sso.live import aws, permissions
from connect_sso.live.account import read_account
from connect_sso.live.aws import AwsClient, open_account
from connect_sso.live.instance import read_users
from connect_sso.live.model import INSTANCE, USERS
from connect_sso.live.reading import Denied, Missing, Pacer, Parts, silent
from tests.live.conftest import ACCOUNT, opened
from tests.sandbox.companies import walkthrough
from tests.sandbox.http.connect import Quota
from tests.sandbox.http.serving import Accounts

REGION = "us-west-2"


def fails(*parts: str, **options: Any) -> str:
    """The one line that an account cannot be opened with."""
    with pytest.raises(Failure) as caught:
        open_account(options.pop("region", REGION), options.pop("account_id", ACCOUNT), **options)
    line = str(caught.value)
    assert "\n" not in line
    assert all(part in line for part in parts), line
    return line


class Clock:
    """A time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(st.lists(st.floats(0, 3), max_size=40))
def test_never_more_than_two_a_second(pauses: list[float]) -> None:
    """However the calls come, no two begin within half a second, and none waits longer than it has to."""
    clock = Clock()
    pacer = Pacer(2, clock.time, clock.sleep)
    began: list[float] = []
    for pause in pauses:
        clock.now += pause
        asked = clock.now
        pacer.wait()
        earliest = max(asked, began[-1] + 0.5) if began else asked
        assert clock.now == pytest.approx(earliest)
        began.append(clock.now)


def test_connect_alone_is_paced() -> None:
    clock = Clock()
    client = SimpleNamespace(list_approved_origins=lambda **_: {}, list_roles=lambda **_: {})
    account = AwsClient(lambda _: client, ACCOUNT, REGION, "aws", Pacer(2, clock.time, clock.sleep))
    for _ in range(5):
        account.call("iam", "ListRoles")
    assert clock.now == 100
    for _ in range(5):
        account.call("connect", "ListApprovedOrigins", InstanceId="1")
    assert clock.now == 102


def test_only_what_reads_can_be_asked() -> None:
    account = AwsClient(lambda _: SimpleNamespace(), ACCOUNT, REGION, "aws")
    with pytest.raises(KeyError):
        account.call("connect", "DeleteUser", InstanceId="1", UserId="1")


def test_a_list_without_an_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    always = SimpleNamespace(list_users=None, search_users=lambda **_: {"Users": [1], "NextToken": "again"})
    account = AwsClient(lambda _: always, ACCOUNT, REGION, "aws", Pacer(1e9))
    with pytest.raises(Failure, match="without an end"):
        list(account.pages("connect", "SearchUsers", "Users"))
    monkeypatch.setattr(aws, "MOST_PAGES", 3)
    tokens = iter("abcdefg")
    always.search_users = lambda **_: {"Users": [1], "NextToken": next(tokens)}
    with pytest.raises(Failure, match="without an end"):
        list(account.pages("connect", "SearchUsers", "Users"))


@pytest.mark.parametrize(("count", "names", "left_out"), [(2, "ab", ""), (9, "ab", ""), (3, "abc", "left out 1")])
def test_a_search_that_leaves_somebody_out(count: int, names: str, left_out: str) -> None:
    """An approximate count is no proof; the list of names is, and then nobody may count as gone."""
    listed = [{"Id": name, "Username": name, "SecurityProfileIds": []} for name in names]
    client = SimpleNamespace(
        search_users=lambda **_: {"Users": listed[:2], "ApproximateTotalCount": count},
        list_users=lambda **_: {"UserSummaryList": listed},
    )
    parts = Parts()
    account = AwsClient(lambda _: client, ACCOUNT, REGION, "aws", Pacer(1e9))
    found = read_users(account, "1", parts, silent, settings=False)
    assert (found is None) == bool(left_out)
    assert [one.about for one in parts.unread] == ([USERS] if left_out else [])
    assert all(left_out in one.why for one in parts.unread)


def test_no_credentials(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    fails("no AWS credentials", "AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    fails("incomplete")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    fails("AWS_PROFILE names 'nobody'")


def test_another_account(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", running.variables("444455556666")["AWS_ACCESS_KEY_ID"])
    fails("are of account 444455556666", f"the file is of {ACCOUNT}")
    assert open_account(REGION).account_id == "444455556666"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "have expired"),
        ("InvalidClientTokenId", "does not take the AWS credentials (InvalidClientTokenId)"),
        ("SignatureDoesNotMatch", "does not take the AWS credentials"),
        ("Throttling", "kept answering GetCallerIdentity with Throttling for"),
        ("SomethingNew", "answered GetCallerIdentity with SomethingNew: of the service"),
    ],
)
def test_answers_that_are_errors(code: str, says: str) -> None:
    """What a service says is quoted, except where it may quote the request back."""
    from botocore.exceptions import ClientError

    secret = "FwoGZXIvYXdzEBYaDsession"
    quoting = f"the canonical string should have been x-amz-security-token:{secret}"

    def refuse(**_: Any) -> None:
        message = "of the\nservice" if code == "SomethingNew" else quoting
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")

    client = SimpleNamespace(get_caller_identity=refuse)
    with pytest.raises(Failure) as caught:
        aws.ask(client, "sts", "GetCallerIdentity", REGION, "sts:GetCallerIdentity", {})
    assert says in str(caught.value)
    assert secret not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_listens(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, or a region where the service is not: the endpoint is named."""
    running = start()
    made = walkthrough(running)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", url)
        monkeypatch.setattr(aws, "ATTEMPTS", 1)
        with pytest.raises(Failure) as caught:
            read_account(opened(made.region), instance=made.alias)
    assert "Amazon Connect in us-west-2 could not be reached at" in str(caught.value)
    assert url in str(caught.value)


def test_throttling_is_waited_for(start: Callable[..., Accounts]) -> None:
    """Other programs use up the quota: the calls are tried again, and none is lost."""
    running = start()
    made = walkthrough(running)
    running.aws.connect.quota = Quota(rate=1, burst=1)
    kinds = ["CALL_RECORDINGS", "CHAT_TRANSCRIPTS", "SCHEDULED_REPORTS"]
    account = read_account(opened(made.region), instance=made.instance_id, storage_kinds=kinds)
    assert account.instance
    assert account.instance.storage
    assert {one.kind for one in account.instance.storage} == {"CALL_RECORDINGS", "CHAT_TRANSCRIPTS"}
    assert account.users
    assert len(account.users) == len(made.users)
    assert any(call.status == 429 for call in running.aws.calls)


def test_throttling_that_does_not_stop_ends(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    made = walkthrough(running)
    monkeypatch.setattr(aws, "ATTEMPTS", 2)
    running.aws.connect.quota = Quota(rate=0, burst=0)
    with pytest.raises(Failure, match=r"Amazon Connect kept answering DescribeInstance with TooManyRequests"):
        read_account(opened(made.region), instance=made.instance_id)


def test_a_role_is_taken_on(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    role = AssumeRole(role_arn=f"arn:aws:iam::{ACCOUNT}:role/Reader", external_id="invented-id", session_name="reader")
    given: list[dict[str, Any]] = []
    really = aws.ask

    def watched(client: Any, service: str, operation: str, region: str, needs: str, parameters: Any) -> Any:
        if operation == "AssumeRole":
            given.append(dict(parameters))
        return really(client, service, operation, region, needs, parameters)

    monkeypatch.setattr(aws, "ask", watched)
    account = open_account(REGION, ACCOUNT, role)
    assert account.account_id == ACCOUNT
    assert given == [{"RoleArn": role.role_arn, "ExternalId": "invented-id", "RoleSessionName": "reader"}]
    assert [call.operation for call in running.aws.calls] == ["AssumeRole", "GetCallerIdentity"]
    running.aws.denied.add("sts:AssumeRole")
    fails("does not let these credentials take on", role.role_arn, assume_role=role)


RARELY = {"connect:ListUsers", "sts:AssumeRole"}
"""What the companies of the sandbox do not need."""
DENIABLE = [action.name for action in permissions.AWS if action.service != "sts" and action.name not in RARELY]


def test_what_is_denied_is_left_out_alone(start: Callable[..., Accounts]) -> None:
    """Every action of the list denied alone: everything else is read, and the note says which it was."""
    running = start()
    made = walkthrough(running)
    client = running.client("iam", made.region)
    client.put_role_policy(RoleName="Okta_Role", PolicyName="own", PolicyDocument=DOCUMENT)
    client.put_user_policy(UserName="okta_cli_user", PolicyName="own", PolicyDocument=DOCUMENT)
    running.aws.calls.clear()
    account = opened(made.region)
    for action in DENIABLE:
        running.aws.denied.clear()
        running.aws.denied.add(action)
        named = made.instance_id if action == "connect:DescribeInstance" else made.alias
        found = read_account(account, instance=named, settings=True, api_user_may=lambda policy: True)
        assert {one.needs for one in found.unread} == {action}
        assert all(f"is not authorized to perform: {action}" in one.why for one in found.unread)
        no_instance = action in {"connect:ListInstances", "connect:DescribeInstance"}
        assert found.could_not_read(INSTANCE) == (found.instance is None) == no_instance
        assert found.could_not_read(USERS) == (action == "connect:SearchUsers")
        assert (found.users is None) == (no_instance or action == "connect:SearchUsers")
        assert bool(found.profiles) == (not no_instance and action != "connect:ListSecurityProfiles")
        assert bool(found.roles) == (
            action not in {"iam:GetRole", "iam:GetSAMLProvider", "iam:ListRoles", "iam:ListSAMLProviders"}
        )
    # What is in the list and never asked for would be a right too many.
    names = {action.name for action in permissions.AWS} - RARELY
    assert {f"{call.service}:{call.operation}" for call in running.aws.calls} == names


DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]}'


def test_an_instance_that_may_not_be_read_is_not_gone(start: Callable[..., Accounts]) -> None:
    running = start()
    made = walkthrough(running)
    running.aws.denied |= {"connect:ListInstances", "connect:DescribeInstance"}
    for named in (made.alias, made.instance_id):
        account = read_account(opened(made.region), instance=named)
        assert account.instance is None
        assert account.could_not_read(INSTANCE)
        assert account.roles


def test_denied_and_missing_end_a_command_like_any_failure() -> None:
    assert issubclass(Denied, Failure)
    assert issubclass(Missing, Failure)
    assert str(Denied("iam:GetRole", "no\nway")) == "reading needs iam:GetRole: no way"


def test_boto3_is_imported_late() -> None:
    """`connect-sso check` must answer at once."""
    code = (
        "import sys, connect_sso.live.account, connect_sso.environment.check;"
        "sys.exit(any(name.split('.')[0] in {'boto3', 'botocore', 'requests', 'jwt'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0

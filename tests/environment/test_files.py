"""What `connect-sso check` finds in an environment file, with its place and a sentence that says what would be right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect_sso.environment.loading import load, load_all, load_one, select
from connect_sso.errors import Failure, UsageFailure
from tests.environment_files import loaded, messages, minimal, write

SECOND_APP = {
    "label": "CCP",
    "destination": "ccp",
    "saml_provider": "Okta_Connect_CCP",
    "role": "Okta_Role",
    "groups": ["Agents"],
}

UUID = "2fb42df9-78a2-4e74-8572-c8af67ed289b"
STORE = {"bucket": "acme-recordings", "kms_key_arn": "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab"}

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"aws__account_id": 111122223333}, "aws.account_id", "put it in quotes"),
    ({"aws__account_id": "1111"}, "aws.account_id", "12 digits"),
    ({"aws__region": "eu-west-1"}, "aws.region", "did you mean eu-west-2"),
    ({"aws__region": "cn-north-1", "aws__allow_unlisted_region": True}, "aws.region", "not offered"),
    ({"aws__region": "ap-northeast-3", "aws__allow_unlisted_region": True}, "aws.region", "replicas .* ap-northeast-1"),
    ({"aws__region": "Oregon"}, "aws.region", "not an AWS region|not known to run"),
    ({"aws__sign_in": "reginal"}, "aws.sign_in", "did you mean regional"),
    ({"aws__tags": {"aws:x": "y"}}, "aws.tags.aws:x", "a tag's key"),
    ({"aws__tags": {"team": ""}}, "aws.tags.team", "1 to 256"),
    ({"aws__tags": {"AWS:x": "y"}}, "aws.tags.AWS:x", "not beginning with aws:"),
    ({"aws__tags": {"team": "x", "Team": "y"}}, "aws.tags.Team", "differs from team only in case"),
    ({"aws__tags": {f"t{index}": "x" for index in range(51)}}, "aws.tags", "at most 50; this has 51"),
    ({"aws__assume_role": {"role_arn": "terraform"}}, "aws.assume_role.role_arn", "the ARN of an IAM role"),
    ({"aws__assume_role": {"session_name": "x"}}, "aws.assume_role.role_arn", "missing; for example role_arn: arn:aws"),
    (
        {"aws__assume_role": {"role_arn": "arn:aws:iam::444455556666:role/t"}},
        "aws.assume_role.role_arn",
        "is in the account 444455556666; the plan refuses every account but 111122223333",
    ),
    (
        {"aws__assume_role": {"role_arn": "arn:aws:iam::111122223333:role/t", "session_name": "x"}},
        "aws.assume_role.session_name",
        "2 to 64",
    ),
    (
        {"state__s3": {"bucket": "abc", "region": "us-east-1", "role_arn": "x"}},
        "state.s3.role_arn",
        "the ARN of an IAM",
    ),
    ({"okta__org_name": "acme-admin"}, "okta.org_name", "the org is acme"),
    ({"okta__base_url": "acme.okta.com"}, "okta.base_url", "only the domain: okta.com"),
    ({"okta__base_url": "acme.okta.mil"}, "okta.base_url", "only the domain: okta.mil"),
    ({"okta__org_name": "acme.okta.com"}, "okta.org_name", "only the first part"),
    ({"okta__org_name": "https://acme.okta.com"}, "okta.org_name", "acme"),
    ({"okta__base_url": "https://okta.com/"}, "okta.base_url", "just the domain: okta.com"),
    ({"okta__role_assignment": "group_maping"}, "okta.role_assignment", "did you mean group_mapping"),
    ({"okta__username": "employeeNumber"}, "okta.username", "login or email, or .attribute: employeeNumber"),
    (
        {"okta__username": {"attribute": "employee number"}},
        "okta.username.attribute",
        "the variable name of an attribute",
    ),
    ({"okta__username": {"atribute": "x"}}, "okta.username.atribute", "did you mean attribute"),
    ({"okta__usernme": "login"}, "okta.usernme", "did you mean username"),
    ({"connect__alias": "d-acme"}, "connect.alias", "not beginning with d-"),
    ({"connect__alias": "acme-"}, "connect.alias", "no hyphen first or last"),
    ({"connect__alias": "a" * 46}, "connect.alias", "2 to 45"),
    ({"connect__alias": None}, "connect", "alias .* or instance_id"),
    ({"connect__instance_id": "2fb42df9-78a2-4e74-8572-c8af67ed289b"}, "connect.alias", "not both"),
    (
        {
            "connect": {
                "instance_id": "arn:aws:connect:us-east-1:111122223333:instance/2fb42df9-78a2-4e74-8572-c8af67ed289b"
            }
        },
        "connect.instance_id",
        "bare UUID",
    ),
    (
        {"connect": {"instance_id": "2fb42df9-78a2-4e74-8572-c8af67ed289b", "flow_logs": True}},
        "connect.flow_logs",
        "only for a new instance",
    ),
    (
        {"connect": {"instance_id": "2fb42df9-78a2-4e74-8572-c8af67ed289b", "protect": False}},
        "connect.protect",
        "only for a new instance",
    ),
    (
        {"connect__recordings": {"bucket": "abc", "kms_key_arn": "alias/x"}},
        "connect.recordings.kms_key_arn",
        "of a KMS",
    ),
    ({"connect__recordings": STORE, "connect__storage": []}, "connect.recordings", "nothing is stored; remove it"),
    ({"connect": {"instance_id": UUID, "recordings": STORE}}, "connect.recordings", "storage must say what"),
    ({"connect__recordings": STORE, "connect__retention_days": 9}, "connect.retention_days", "not Terraform's"),
    (
        {"connect__recordings": STORE | {"kms_key_arn": STORE["kms_key_arn"].replace("aws:", "aws-us-gov:", 1)}},
        "connect.recordings.kms_key_arn",
        "begins with arn:aws:",
    ),
    ({"connect__retention_days": 0}, "connect.retention_days", "1 to 36500 days"),
    ({"connect__retention_days": "a year"}, "connect.retention_days", "a whole number"),
    ({"connect__retention_days": {"reports": 9}}, "connect.retention_days.reports", "must be one of call_recordings"),
    (
        {"connect__retention_days": {"screen_recordings": 9}},
        "connect.retention_days.screen_recordings",
        "is not stored .connect.storage: call_recordings",
    ),
    ({"connect__retention_days": {"call_recordings": 0}}, "connect.retention_days.call_recordings", "1 to 36500"),
    ({"connect__storage": ["recordings"]}, "connect.storage[0]", "call_recordings"),
    ({"federation__session_duration": 900}, "federation.session_duration", "3600 to 43200"),
    ({"federation__session_duration": 3600.0}, "federation.session_duration", "a whole number, not 3600.0"),
    ({"federation__policy": "a b"}, "federation.policy", "an IAM policy's name"),
    ({"federation__emergency": {"role": "E", "trusted": []}}, "federation.emergency.trusted", "at least 1"),
    (
        {"federation__emergency": {"role": "E", "trusted": ["arn:aws:iam::111122223333:root"]}},
        "federation.emergency.trusted[0]",
        "the ARN of an IAM role or user",
    ),
    (
        {"federation__emergency": {"role": "okta_ROLE", "trusted": ["arn:aws:iam::111122223333:role/x"]}},
        "federation.emergency.role",
        "the role of apps.admin; .* a role of its own",
    ),
    (
        {"federation__emergency": {"role": "okta_federation_policy", "trusted": ["arn:aws:iam::111122223333:role/x"]}},
        "federation.emergency.role",
        "name the same policy",
    ),
    ({"api_integration__user": "okta"}, "api_integration", "only with okta.role_assignment: api_integration"),
    ({"apps": {}}, "apps", "at least 1"),
    ({"apps__admin__label": None}, "apps.admin.label", "missing; for example label:"),
    ({"apps__admin__destination": "http://desk.example.com"}, "apps.admin.destination", "https URL"),
    ({"apps__admin__saml_provider": "Okta Connect"}, "apps.admin.saml_provider", "a SAML provider's name"),
    ({"apps__admin__role": "a,b"}, "apps.admin.role", "a role's name: 1 to 64"),
    ({"apps__admin__session_duration": 900}, "apps.admin.session_duration", "3600 to 43200"),
    ({"federation__path": "sso"}, "federation.path", "an IAM path: / or names"),
    ({"federation__path": "/sso"}, "federation.path", "an IAM path: / or names"),
    ({"federation__permissions_boundary": "boundary"}, "federation.permissions_boundary", "the ARN of an IAM policy"),
    (
        {"federation__permissions_boundary": "arn:aws:iam::444455556666:policy/b"},
        "federation.permissions_boundary",
        "only from the role's own account, here 111122223333",
    ),
    (
        {"federation__permissions_boundary": "arn:aws-us-gov:iam::111122223333:policy/b"},
        "federation.permissions_boundary",
        "begins with arn:aws:, not arn:aws-us-gov:",
    ),
    ({"apps__2nd": SECOND_APP}, "apps.2nd", "Terraform name"),
    ({"apps__ccp": SECOND_APP | {"saml_provider": "okta_connect_ADMIN"}}, "apps.ccp.saml_provider", "of its own"),
    ({"apps__ccp": SECOND_APP | {"role": "okta_role"}}, "apps.ccp.role", "only in case"),
    ({"apps__ccp": SECOND_APP | {"label": "Connect Administrator"}}, "apps.ccp.label", "the same as apps.admin.label"),
    (
        {"okta__role_assignment": "group_mapping", "apps__admin__session_tags": {"Team": "user.team"}},
        "apps.admin.session_tags",
        "only with .* saml_app",
    ),
    ({"apps__admin__session_tags": {"Team": "a", "team": "b"}}, "apps.admin.session_tags.team", "only in case"),
    ({"apps__admin__destination": "agent_workspce"}, "apps.admin.destination", "did you mean agent_workspace"),
    ({"users__0__username": "ada+test@example.com"}, "users[0].username", "'\\+' cannot be"),
    ({"users__0__username": "ada@example"}, "users[0].username", "a whole e-mail address"),
    ({"users__0__username": "a"}, "users[0].username", "2 to 64"),
    ({"users__0__security_profiles": []}, "users[0].security_profiles", "at least 1"),
    ({"users__0__security_profiles": [f"P{index}" for index in range(11)]}, "users[0].security_profiles", "at most 10"),
    ({"users__0__phone": "softfone"}, "users[0].phone", "softphone"),
    ({"users__0__phone": {"desk_phone": "0123456"}}, "users[0].phone.desk_phone", "E.164"),
    ({"users__0__apps": ["admn"]}, "users[0].apps[0]", "did you mean admin"),
    ({"users__0__first_name": " Ada"}, "users[0].first_name", "begin or end with a space"),
    ({"users__0__phone": {"desk": "+12065550100"}}, "users[0].phone.desk", "not a key here"),
    ({"users__0__phone": {"desk": "+12065550100"}}, "users[0].phone.desk_phone", "missing"),
    ({"users__0__after_contact_work_seconds": -1}, "users[0].after_contact_work_seconds", "0 .no limit. to 2000000"),
    ({"users__0__auto_accept": "yes"}, "users[0].auto_accept", "true or false"),
    ({"users__0__secondary_email": "ada"}, "users[0].secondary_email", "an e-mail address"),
    (
        {"users__0__okta_login": "ada@new.example"},
        "users[0].okta_login",
        "api_integration, and it is saml_app: the session",
    ),
    (
        {"users__0__okta_login": "ada@new.example", "okta__role_assignment": "group_mapping"},
        "users[0].okta_login",
        "is group_mapping: the app is assigned to a group",
    ),
    (
        {"users__0__okta_login": "a@b.example", "okta__role_assignment": "api_integration", "users__0__apps": None},
        "users[0].okta_login",
        "only for a person with apps",
    ),
    (
        {"users__0__okta_login": "a@b.example", "okta__role_assignment": "api_integration", "okta__username": "email"},
        "users[0].okta_login",
        "only with okta.username: login",
    ),
    (
        {"users__0__okta_login": "ada.admin@example.com", "okta__role_assignment": "api_integration"},
        "users[0].okta_login",
        "is the username of a person",
    ),
    ({"users__0__hierarchy_group": "Europe"}, "users[0].hierarchy_group", "must be a list"),
    ({"users__0__hierarchy_group": []}, "users[0].hierarchy_group", "by its path"),
    ({"users__0__hierarchy_group": list("abcdef")}, "users[0].hierarchy_group", "at most 5 levels; this has 6"),
    ({"users__0__tags": {"aws:x": "y"}}, "users[0].tags.aws:x", "a tag's key"),
    ({"users__0__password": "hunter22"}, "users[0].password", "credentials do not belong"),
    ({"users__0__first_name": "${Ada}"}, "users[0].first_name", "mean something to Terraform"),
    ({"users__0__last_name": "%{if}"}, "users[0].last_name", "mean something to Terraform"),
    ({"apps__admin__groups": ["${x}"]}, "apps.admin.groups[0]", "mean something to Terraform"),
    ({"apps__admin__label": "${TfToken[TOKEN.1]}"}, "apps.admin.label", "TfToken"),
    ({"okta__username": "email", "users__0__username": "ada"}, "users[0].username", "must be the person's e-mail"),
    (
        {
            "state": {
                "cloud": {"organization": "acme", "workspace": "w"},
                "s3": {"bucket": "abc", "region": "us-east-1"},
            }
        },
        "state",
        "one of cloud and s3",
    ),
    ({"state": {}}, "state", "one of cloud and s3"),
    ({"state": "remote"}, "state", "the word local"),
    ({"state__cloud": {"organization": "acme"}}, "state.cloud.workspace", "missing"),
    ({"state__s3": {"bucket": "Bucket", "region": "us-east-1"}}, "state.s3.bucket", "lower-case"),
    ({"state__s3": {"bucket": "192.168.0.1", "region": "us-east-1"}}, "state.s3.bucket", "a bucket's name"),
    ({"state__s3": {"bucket": "acme..state", "region": "us-east-1"}}, "state.s3.bucket", "a bucket's name"),
    ({"providers__okta": 6.12}, "providers.okta", "put it in quotes"),
    ({"providers__okta": ">= 6"}, "providers.okta", "exact release"),
    ({"users_file": "../agents.csv"}, "users_file", "beside this one|leaves the directory"),
    ({"users_file": "/etc/agents.csv"}, "users_file", "beside this one|leaves the directory"),
    ({"users_file": "nobody.csv"}, "users_file", "No such file"),
]


@pytest.mark.parametrize(
    ("changes", "key", "says"), WRONG, ids=[f"{key}-{index}" for index, (_, key, _) in enumerate(WRONG)]
)
def test_an_error_names_key_and_remedy(tmp_path: Path, changes: dict[str, Any], key: str, says: str) -> None:
    """Each mistake leads to a message at its own key that says what would be right."""
    found = messages(loaded(tmp_path, minimal(**changes)))
    assert any(re.match(rf"{re.escape(key)}: .*({says})", message) for message in found), found


def test_what_a_user_does_not_say_is_not_there_for_terraform(tmp_path: Path) -> None:
    """Settings of supervisors and agents: written ones are kept, others are left alone."""
    settings = {
        "after_contact_work_seconds": 30,
        "auto_accept": False,
        "secondary_email": "ada@example.org",
        "hierarchy_group": ["Europe", "Sales"],
        "tags": {},
    }
    (silent,) = loaded(tmp_path, minimal()).people
    (saying,) = loaded(tmp_path, minimal(**{f"users__0__{key}": value for key, value in settings.items()})).people
    assert saying.for_terraform() == silent.for_terraform() | settings
    assert not settings.keys() & silent.for_terraform().keys()


def test_the_minimal_environment_is_fine(tmp_path: Path) -> None:
    """The base of all these tests has no error and no warning of its own."""
    assert loaded(tmp_path, minimal()).problems == ()


def test_all_errors_are_found_at_once_and_in_order(tmp_path: Path) -> None:
    """A person fixes a file in one go, from top to bottom."""
    changes = minimal(
        aws__region="eu-west-1", okta__usernme="login", users__0__apps=["nope"], federation__session_duration=1
    )
    problems = loaded(tmp_path, changes).problems
    assert [problem.key for problem in problems] == [
        "aws.region",
        "okta.usernme",
        "users[0].apps[0]",
        "federation.session_duration",
    ]
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_a_problem_stands_at_its_line_and_column(tmp_path: Path) -> None:
    """Editors and CI jump to the place."""
    text = "aws:\n  account_id: '111122223333'\n  region:   nowhere\n"
    problem = next(problem for problem in loaded(tmp_path, text).problems if problem.key == "aws.region")
    assert (problem.line, problem.column) == (3, 13)
    assert str(problem).startswith(f"{tmp_path / 'test.yaml'}:3:13: aws.region: ")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"connect": {"alias": "\0"}}, "connect.alias"),
        ({"connect": {"instance_id": "\0"}}, "connect.instance_id"),
        ({"connect__storage": "\0"}, "connect.storage"),
        ({"state": {"cloud": "\0"}}, "state.cloud"),
        ({"state": {"s3": {"bucket": "acme-state", "region": "us-east-1", "key": "\0"}}}, "state.s3.key"),
        ({"apps__admin__authentication_policy": "\0"}, "apps.admin.authentication_policy"),
        ({"users_file": "\0"}, "users_file"),
        ({"providers": {"okta": "\0"}}, "providers.okta"),
    ],
)
def test_a_key_without_a_value_is_no_default(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    """`alias:` with nothing behind it passed, and became an instance without a name; it may also have been meant as []."""
    text = yaml.safe_dump(minimal(**changes), sort_keys=False).replace('"\\0"', "")
    assert messages(loaded(tmp_path, text)) == [f"{key}: has no value; write one, or leave the key out"]


def test_one_mistake_is_one_message(tmp_path: Path) -> None:
    """What no date or path can be is said once, not again as "nothing" or as a file that is not there."""
    for changes, key in (
        ({"users__0__first_name": "\0"}, "users[0].first_name"),
        ({"users_file": "x.txt"}, "users_file"),
    ):
        text = yaml.safe_dump(minimal(**changes), sort_keys=False).replace('"\\0"', "2026-13-45")
        (problem,) = loaded(tmp_path, text).problems
        assert problem.key == key


def test_a_problem_is_one_printable_line(tmp_path: Path) -> None:
    """A key can hold line breaks and terminal escapes; CI reads a line as a problem, and no terminal may obey one."""
    (problem,) = loaded(tmp_path, yaml.safe_dump(minimal(**{"a\nb\x1b[31m": 1}))).problems
    assert str(problem).isprintable()
    assert r"a\nb\u{001B}[31m: not a key here" in str(problem)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("aws:\n\tregion: us-east-1\n", "indent with spaces"),
        ("aws: @x\n", "begins with @ must be in quotes"),
        ("aws: x: y\n", "a colon and a space must be in quotes"),
        ("aws: {account_id: '1'}\naws: {}\n", "written twice; first on line 1"),
        ("aws: &a {}\n", "anchors"),
        ("aws: *a\n", "aliases|undefined alias"),
        ("aws: !!python/object:os.system {}\n", "tags"),
        ("aws: {}\n---\naws: {}\n", "second document"),
        ("", "empty"),
        ("- aws\n", "must be keys and values"),
        ("aws: [\n", "not valid YAML"),
        ("aws: \x01\n", "a character that YAML does not allow"),
        ("a: " + "[" * 10_000, "levels deep"),
        ("? [a]\n: b\n", "a key must be a plain word"),
    ],
)
def test_yaml_that_is_no_environment(tmp_path: Path, text: str, says: str) -> None:
    """Only plain data is let in; nothing is ever executed, expanded or recursed into without end."""
    assert any(re.search(says, message) for message in messages(loaded(tmp_path, text)))


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """An editor's Latin-1 file is named by its place, not by a traceback."""
    path = tmp_path / "test.yaml"
    path.write_bytes("aws:\n  x: caf\u00e9\n".encode("latin-1"))
    (problem,) = load(path).problems
    assert (problem.line, problem.column) == (2, 9)
    assert "UTF-8" in problem.message


SECRETS = [
    "AKIA" + "A1B2C3D4E5F6G7H8",
    "00" + "aB3_-" * 8,
    "wJalrXUtnFEMI0K7MDENG0bPxRfiCY" + "0123456789",
    "-----BEGIN PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "key", ["apps__admin__label", "okta__org_name", "users__0__first_name", "connect__alias", "nonsense"]
)
def test_a_secret_is_found_and_never_repeated(tmp_path: Path, secret: str, key: str) -> None:
    """A credential pasted anywhere is an error, and the message (which CI logs) does not hold it."""
    found = messages(loaded(tmp_path, minimal(**{key: secret})))
    assert any("this looks like" in message for message in found)
    assert not any(secret in message for message in found)


def test_a_secret_in_a_comment_is_found_and_never_repeated(tmp_path: Path) -> None:
    """It is committed with the rest of the file; a value that holds a # is not reported a second time."""
    text = yaml.safe_dump(minimal(), sort_keys=False) + f"  # was {SECRETS[0]}\n"
    (problem,) = loaded(tmp_path, text).errors
    assert (problem.line, problem.column) == (text.count("\n"), 3)
    assert "this looks like an AWS access key id" in problem.message
    assert SECRETS[0] not in str(problem)
    assert len(loaded(tmp_path, minimal(apps__admin__label=f"Admin #{SECRETS[0]}")).errors) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["aws", "okta", "apps", "users", "cloud", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    ),
    key=st.sampled_from(
        [
            "aws",
            "okta",
            "connect",
            "apps",
            "users",
            "state",
            "federation",
            "providers",
            "users_file",
            "apps__admin",
            "users__0",
            "connect__storage",
        ]
    ),
)
def test_any_value_anywhere_is_an_error_and_never_a_traceback(tmp_path: Path, data: Any, key: str) -> None:
    """Whatever stands where something else belongs, the answer is a list of problems with places."""
    environment = loaded(tmp_path, minimal(**{key: data}))
    for problem in environment.problems:
        assert problem.line >= 1
        assert problem.message


def test_warnings_do_not_stop_anything(tmp_path: Path) -> None:
    """What is legal but unwise is said, and the environment can be used."""
    changes = minimal(
        connect__protect=False,
        apps__ccp=SECOND_APP | {"role": "Other_Role", "groups": ["Contact Centre Admins"]},
        apps__desk=SECOND_APP | {"label": "Desk", "saml_provider": "Desk", "groups": []},
        users__0__apps=["admin", "ccp"],
    )
    environment = loaded(tmp_path, changes, name="prod")
    assert environment.environment is not None
    assert not environment.errors
    said = [problem.message for problem in environment.problems]
    for part in (
        "reach Connect through 2 roles",
        "reaches Connect through 2 roles",
        "nobody is assigned to this app",
        "not protected",
    ):
        assert any(part in message for message in said), (part, said)


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        (
            {"connect__retention_days": {"call_recordings": 1825, "chat_transcripts": 30}},
            "connect.retention_days",
            "deletes chat_transcripts after 30 days; call_recordings after 1,825 days",
        ),
        ({"apps__admin__groups": ["A", "Everyone"]}, "apps.admin.groups[1]", "may assume Okta_Role"),
        (
            {"okta__org_name": "login", "okta__base_url": "acme.example"},
            "okta.base_url",
            "not one of Okta's own domains",
        ),
    ],
)
def test_what_is_unwise_is_said_at_its_key(tmp_path: Path, changes: dict[str, Any], key: str, says: str) -> None:
    """With the reason."""
    (warning,) = loaded(tmp_path, minimal(**changes)).problems
    assert warning.is_warning
    assert warning.key == key
    assert says in warning.message


def test_profile_mappings_need_an_app_that_has_a_profile(tmp_path: Path) -> None:
    """A custom SAML app's holds the user name alone."""
    (problem,) = messages(loaded(tmp_path, minimal(okta__profile_mappings=True)))
    assert "okta.profile_mappings: a custom SAML app's profile has nothing to map" in problem
    assert not messages(loaded(tmp_path, minimal(okta__profile_mappings=False)))
    for mode in ("api_integration", "group_mapping"):
        assert not messages(loaded(tmp_path, minimal(okta__role_assignment=mode, okta__profile_mappings=True)))


def test_a_setting_of_some_people_is_kept_in_the_yaml_and_not_in_the_csv(tmp_path: Path) -> None:
    """Those of the YAML have a block each; a crowd shares one."""
    header = "username,first_name,last_name,security_profiles,auto_accept\n"
    data = minimal(users_file="agents.csv", users__0__auto_accept=True)
    (warning,) = loaded(tmp_path, data, csv=header + "bo,Bo,B,Agent,true\ncy,Cy,C,Agent,\n").problems
    assert (warning.is_warning, warning.key) == (True, "users_file")
    assert "auto_accept is filled in for 1 of 2 people" in warning.message
    assert loaded(tmp_path, data, csv=header + "bo,Bo,B,Agent,true\ncy,Cy,C,Agent,false\n").problems == ()


def test_a_user_without_any_way_in_is_warned_about(tmp_path: Path) -> None:
    """In no app, and no group that could help."""
    environment = loaded(tmp_path, minimal(apps__admin__groups=None, users__0__apps=None))
    assert any("this person cannot sign in" in problem.message for problem in environment.problems)


def test_more_people_than_a_new_instance_takes(tmp_path: Path) -> None:
    """The quota of 500 is met at apply time otherwise, half way."""
    rows = "".join(f"agent{index}@example.com,A,B,Agent\n" for index in range(500))
    csv = "username,first_name,last_name,security_profiles\n" + rows
    environment = loaded(tmp_path, minimal(users_file="agents.csv"), csv=csv)
    assert any("501 people" in problem.message and problem.is_warning for problem in environment.problems)


def test_clashes_between_environments(tmp_path: Path) -> None:
    """IAM names per account, labels per org, aliases everywhere, states: found before two applies fight over them."""
    shared_state = {"s3": {"bucket": "acme-state", "region": "us-east-1", "key": "connect.tfstate"}}
    write(tmp_path, "dev", minimal(state=shared_state))
    write(
        tmp_path,
        "prod",
        minimal(state=shared_state, apps__admin__role="okta_role", apps__admin__saml_provider="OKTA_connect_admin"),
    )
    dev, prod = load_all(tmp_path)
    assert not dev.problems
    said = "\n".join(messages(prod))
    for part in (
        "SAML provider",
        "role okta_role",
        "the label",
        "alias acme-test",
        "policy okta_federation_policy",
        "the state s3://acme-state/connect.tfstate",
    ):
        assert part in said, part
    assert "dev.yaml" in said


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_clash_is_an_error_of_the_environment_that_is_asked_for(tmp_path: Path, name: str) -> None:
    """Whichever file comes first: planning dev would take what is prod's as much as the other way round."""
    write(tmp_path, "dev", minimal())
    write(tmp_path, "prod", minimal())
    (chosen,) = select(load_all(tmp_path), [name])
    other = {"dev": "prod.yaml", "prod": "dev.yaml"}[name]
    assert any("alias acme-test" in message and other in message for message in messages(chosen))
    assert not any(f"of {chosen.file}" in message for message in messages(chosen))


def test_two_files_of_one_name_are_an_error_for_the_commands_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dev.yml beside dev.yaml."""
    write(tmp_path, "dev", minimal())
    (tmp_path / "dev.yml").write_text("", encoding="utf-8")
    monkeypatch.setenv("CONNECT_SSO_ENVIRONMENTS", str(tmp_path))
    with pytest.raises(Failure, match=r"dev\.yml"):
        load_one("dev")


def test_no_clash_in_different_accounts_and_orgs(tmp_path: Path) -> None:
    """The same names in another account and another org are another thing."""
    write(tmp_path, "dev", minimal())
    write(tmp_path, "prod", minimal(aws__account_id="444455556666", okta__org_name="other", connect__alias="acme-prod"))
    assert [each.problems for each in load_all(tmp_path)] == [(), ()]


def test_a_clash_is_found_although_the_file_has_another_mistake(tmp_path: Path) -> None:
    """All errors at once means: also between a file and one that is wrong elsewhere."""
    write(tmp_path, "dev", minimal(aws__sign_in="nowhere"))
    write(tmp_path, "prod", minimal(okta__usernme="x"))
    assert any("alias acme-test" in message for message in messages(load_all(tmp_path)[1]))


def test_the_name_of_a_crowds_stack_is_taken(tmp_path: Path) -> None:
    """`prod-users` is prod's second stack."""
    write(tmp_path, "prod", minimal())
    write(tmp_path, "prod-users", minimal(aws__account_id="444455556666", okta__org_name="o", connect__alias="other"))
    assert any("second stack" in message for message in messages(load_all(tmp_path)[1]))


@pytest.mark.parametrize("name", ["dev.yml", "dev.YAML", "dev.Yml"])
def test_files_with_another_ending_are_not_passed_over(tmp_path: Path, name: str) -> None:
    """An environment that nobody plans because of its file's name would go unnoticed."""
    write(tmp_path, "prod", minimal())
    (tmp_path / name).write_text("", encoding="utf-8")
    assert any("rename it to dev.yaml" in message for message in messages(load_all(tmp_path)[0]))


def test_a_directory_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback."""

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(Failure, match="cannot be read: Permission denied"):
        load_all(tmp_path)


def test_environments_that_do_not_exist(tmp_path: Path) -> None:
    """A wrong name is wrong usage, with the nearest right one; an empty directory cannot be worked with."""
    with pytest.raises(Failure, match="no environment files"):
        load_all(tmp_path)
    with pytest.raises(Failure, match="no such directory"):
        load_all(tmp_path / "nowhere")
    write(tmp_path, "dev", minimal())
    with pytest.raises(UsageFailure, match="did you mean dev"):
        select(load_all(tmp_path), ["deb"])


@pytest.mark.parametrize("name", ["a b", "ü", "-dev", "x" * 41])
def test_names_that_cannot_be_an_environments(tmp_path: Path, name: str) -> None:
    """The stem becomes a folder, a state, and part of Okta group names."""
    assert any("the file's name" in message for message in messages(loaded(tmp_path, minimal(), name=name)))


def test_a_users_file_may_not_leave_by_a_link(tmp_path: Path) -> None:
    """A symbolic link is a way out of the directory too."""
    outside = tmp_path / "outside.csv"
    outside.write_text("username\n", encoding="utf-8")
    inside = tmp_path / "environments"
    inside.mkdir()
    (inside / "agents.csv").symlink_to(outside)
    assert any(
        "leaves the directory" in message for message in messages(loaded(inside, minimal(users_file="agents.csv")))
    )


def test_names_of_people_are_composed(tmp_path: Path) -> None:
    """Connect stores NFC; another form would differ in every later plan."""
    environment = loaded(tmp_path, minimal(users__0__first_name="Zoe\u0308"))
    assert environment.people[0].first_name == "Zo\u00eb"

"""IAM: identity providers, roles, policies, the user of the API integration and its key."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from tests.sandbox.aws.account import NOW, Account, is_text, pattern, tags_all
from tests.sandbox.cloud import letters
from tests.sandbox.plugin import UNKNOWN, Values
from tests.sandbox.resources import ResourceType, Rule

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
API = "IAM API reference, "


def _iam_id(prefix: str, *parts: object) -> str:
    return prefix + letters(ALPHABET, 17, prefix, *parts)


def _name(account: Account, values: Values) -> str:
    """IAM tells the names of users, roles and policies apart without regard to case (IAM user guide, "IAM identifiers")."""
    return f"{account.account_id}/{str(values['name']).lower()}"


def _is_json(attribute: str) -> Rule[Account]:
    def broken(_: Account, values: Values) -> bool:
        try:
            return is_text(values[attribute]) and not isinstance(json.loads(values[attribute]), dict)
        except json.JSONDecodeError:
            return True

    return Rule(f'"{attribute}" contains an invalid JSON policy', "provider documentation, JSON policies", broken)


def _make_policy(account: Account, values: Values, count: int) -> Values:
    arn = account.arn("iam", f"policy{values['path']}{values['name']}", regional=False)
    return {
        "id": arn,
        "arn": arn,
        "policy_id": _iam_id("ANPA", arn, count),
        "attachment_count": 0,
        "name_prefix": "",
    }


def _make_role(account: Account, values: Values, count: int) -> Values:
    arn = account.arn("iam", f"role{values['path']}{values['name']}", regional=False)
    return {
        "id": values["name"],
        "arn": arn,
        "unique_id": _iam_id("AROA", arn, count),
        "create_date": NOW,
        "managed_policy_arns": [],
        "name_prefix": "",
    }


def _make_user_of_iam(account: Account, values: Values, count: int) -> Values:
    arn = account.arn("iam", f"user{values['path']}{values['name']}", regional=False)
    return {"id": values["name"], "arn": arn, "unique_id": _iam_id("AIDA", arn, count)}


def _make_saml_provider(account: Account, values: Values, count: int) -> Values:
    arn = account.arn("iam", f"saml-provider/{values['name']}", regional=False)
    return {"id": arn, "arn": arn, "valid_until": "2126-01-15T09:00:00Z"}


def _make_access_key(account: Account, values: Values, count: int) -> Values:
    return {
        "id": "AKIA" + letters(ALPHABET, 16, "access key", account.account_id, values["user"], count),
        "secret": letters(ALPHABET.lower() + ALPHABET, 40, "secret", account.account_id, values["user"], count),
        "ses_smtp_password_v4": letters(ALPHABET, 44, "ses", account.account_id, values["user"], count),
        "create_date": NOW,
    }


def _no_metadata(account: Account, values: Values) -> bool:
    """IAM reads the document: an entity descriptor with a signing certificate in an identity provider's descriptor."""
    try:
        document = ElementTree.fromstring(values["saml_metadata_document"])
    except ElementTree.ParseError:
        return True
    md, ds = "{urn:oasis:names:tc:SAML:2.0:metadata}", "{http://www.w3.org/2000/09/xmldsig#}"
    return (
        document.tag != f"{md}EntityDescriptor" or document.find(f"{md}IDPSSODescriptor//{ds}X509Certificate") is None
    )


def _no_policy(account: Account, values: Values) -> bool:
    managed_by_aws = values["policy_arn"].startswith(f"arn:{account.partition}:iam::aws:policy/")
    return not managed_by_aws and account.cloud.by_id("aws_iam_policy", values["policy_arn"]) is None


def _no_such(type_name: str, attribute: str) -> Rule[Account]:
    def broken(account: Account, values: Values) -> bool:
        return account.cloud.get(type_name, f"{account.account_id}/{values[attribute].lower()}") is None

    return Rule("NoSuchEntity: {" + attribute + "} cannot be found", API + "NoSuchEntity", broken)


ATTACHABLE = Rule[Account]("NoSuchEntity: policy {policy_arn} does not exist", API + "AttachRolePolicy", _no_policy)

TYPES: dict[str, ResourceType[Account]] = {
    "aws_iam_policy": ResourceType(
        key=_name,
        make=_make_policy,
        twice="creating IAM Policy ({name}): EntityAlreadyExists: A policy called {name} already exists.",
        derive=tags_all,
        replace=frozenset({"description", "name", "name_prefix", "path"}),
        defaults={"path": "/"},
        as_json=frozenset({"policy"}),
        checked=(_is_json("policy"),),
        refused=(
            Rule(
                "MalformedPolicyDocument: the policy has more than 6,144 characters",
                "IAM user guide, quotas",
                lambda account, values: len(re.sub(r"\s", "", values["policy"])) > 6144,
            ),
        ),
    ),
    "aws_iam_role": ResourceType(
        key=_name,
        make=_make_role,
        twice="creating IAM Role ({name}): EntityAlreadyExists: Role with name {name} already exists.",
        derive=tags_all,
        replace=frozenset({"name", "name_prefix", "path"}),
        defaults={"path": "/", "max_session_duration": 3600, "force_detach_policies": False},
        as_json=frozenset({"assume_role_policy"}),
        unread=frozenset({"force_detach_policies"}),
        checked=(
            _is_json("assume_role_policy"),
            pattern("name", r"[\w+=,.@-]{1,64}", "invalid value for name: {name}", API + "CreateRole"),
            Rule(
                "expected max_session_duration to be in the range (3600 - 43200), got {max_session_duration}",
                "provider documentation, aws_iam_role",
                lambda _, values: (
                    isinstance(values["max_session_duration"], int)
                    and not 3600 <= values["max_session_duration"] <= 43200
                ),
            ),
        ),
        refused=(
            Rule(
                "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048",
                "IAM user guide, quotas: role trust policy length",
                lambda account, values: len(re.sub(r"\s", "", values["assume_role_policy"])) > 2048,
            ),
        ),
    ),
    "aws_iam_saml_provider": ResourceType(
        key=lambda account, values: f"{account.account_id}/{values['name']}",
        make=_make_saml_provider,
        twice="creating IAM SAML Provider ({name}): EntityAlreadyExists: SAMLProvider already exists: {name}",
        derive=tags_all,
        replace=frozenset({"name"}),
        checked=(
            Rule(
                "expected length of saml_metadata_document to be in the range (1000 - 10000000)",
                "provider documentation, aws_iam_saml_provider, and IAM API reference, CreateSAMLProvider",
                lambda _, values: (
                    is_text(values["saml_metadata_document"])
                    and not 1000 <= len(values["saml_metadata_document"]) <= 10_000_000
                ),
            ),
        ),
        refused=(
            pattern("name", r"[\w._-]{1,128}", "ValidationError: name {name}", API + "CreateSAMLProvider"),
            Rule(
                "ValidationError: saml_metadata_document must have 1,000 to 10,000,000 characters",
                API + "CreateSAMLProvider",
                lambda account, values: not 1000 <= len(values["saml_metadata_document"]) <= 10_000_000,
            ),
            Rule(
                "InvalidInput: Could not parse metadata",
                "IAM user guide, create a SAML identity provider",
                _no_metadata,
            ),
        ),
    ),
    "aws_iam_role_policy_attachment": ResourceType(
        key=lambda account, values: f"{account.account_id}/{values['role']}/{values['policy_arn']}",
        make=lambda account, values, count: {"id": f"{values['role']}/{values['policy_arn']}"},
        replace=frozenset({"policy_arn", "role"}),
        refused=(_no_such("aws_iam_role", "role"), ATTACHABLE),
    ),
    "aws_iam_user": ResourceType(
        key=_name,
        make=_make_user_of_iam,
        twice="creating IAM User ({name}): EntityAlreadyExists: User with name {name} already exists.",
        derive=tags_all,
        defaults={"path": "/", "force_destroy": False},
        unread=frozenset({"force_destroy"}),
        checked=(pattern("name", r"[\w+=,.@-]{1,64}", "invalid value for name: {name}", API + "CreateUser"),),
    ),
    "aws_iam_user_policy_attachment": ResourceType(
        key=lambda account, values: f"{account.account_id}/{values['user']}/{values['policy_arn']}",
        make=lambda account, values, count: {"id": f"{values['user']}/{values['policy_arn']}"},
        replace=frozenset({"policy_arn", "user"}),
        refused=(_no_such("aws_iam_user", "user"), ATTACHABLE),
    ),
    "aws_iam_access_key": ResourceType(
        key=lambda account, values: f"{account.account_id}/{values['id']}",
        name=lambda account, values: f"{account.account_id}/{values['user']}",
        make=_make_access_key,
        replace=frozenset({"pgp_key", "user"}),
        defaults={"status": "Active"},
        unread=frozenset({"secret", "ses_smtp_password_v4"}),
        refused=(
            _no_such("aws_iam_user", "user"),
            Rule(
                "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
                "IAM user guide, quotas",
                lambda account, values: (
                    values["id"] is UNKNOWN
                    and sum(key["user"] == values["user"] for key in account.cloud.all("aws_iam_access_key")) >= 2
                ),
            ),
        ),
    ),
}


def _caller_identity(account: Account, config: Values) -> Values:
    arn = account.arn("iam", "user/deployer", regional=False)
    return {"id": account.account_id, "account_id": account.account_id, "arn": arn, "user_id": _iam_id("AIDA", arn)}


LOOKUPS = {"aws_caller_identity": _caller_identity}

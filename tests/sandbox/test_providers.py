"""The sandbox refuses what the real APIs refuse, and plans what the real providers plan: a defect of the stacks is found here.

The providers are called as Terraform calls them, without Terraform; that Terraform shows what they say is seen in tests/terraform.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connect_sso.facts.okta_apps import catalogue_settings
from connect_sso.facts.partitions import COMMERCIAL
from connect_sso.infrastructure.catalogue_app import app_settings_json
from tests.sandbox import aws, metadata, okta
from tests.sandbox.aws.connect import profile_id
from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import UNKNOWN, Provider, Refused, Values, conform
from tests.sandbox.provider import provider

CERTIFICATE = metadata.signing_pair("acme", "kid")[1]
METADATA = metadata.document("http://www.okta.com/exk1", "https://acme.okta.com/app/sso/saml", CERTIFICATE)


class Caller:
    """One of the two providers, called as Terraform calls it."""

    def __init__(self, name: str, cloud: Cloud, **config: Any) -> None:
        self.schemas: Mapping[str, Any]
        self.provider: Provider
        self.schemas, self.provider = provider(name, cloud)
        self.provider.configure(conform(self.schemas["provider"]["block"], config))

    def create(self, kind: str, config: Values) -> Values:
        """Validate, plan and apply a new resource."""
        whole = conform(self.block(kind), config)
        self.provider.validate(kind, whole)
        planned, _ = self.provider.plan(kind, None, whole, whole)
        return self.provider.create(kind, planned)

    def changes(self, kind: str, state: Values, config: Values) -> dict[str, tuple[Any, Any]]:
        """What a later plan of the same configuration would change: attributes, with the old and the new value."""
        whole = conform(self.block(kind), config)
        prior = conform(self.block(kind), self.provider.read(kind, state) or {})
        # Terraform proposes what was computed before wherever the configuration says nothing.
        computed = {name for name, attribute in self.block(kind)["attributes"].items() if attribute.get("computed")}
        proposed = {name: prior[name] if name in computed and value is None else value for name, value in whole.items()}
        planned, _ = self.provider.plan(kind, prior, proposed, whole)
        return {name: (prior[name], value) for name, value in planned.items() if value != prior[name]}

    def block(self, kind: str) -> Mapping[str, Any]:
        """The schema of a resource type."""
        block: Mapping[str, Any] = self.schemas["resource_schemas"][kind]["block"]
        return block


@pytest.fixture
def in_aws(tmp_path: Path) -> Caller:
    """hashicorp/aws in an empty account."""
    return Caller("aws", Cloud(tmp_path), region="us-west-2", allowed_account_ids=["111122223333"])


@pytest.fixture
def in_okta(tmp_path: Path) -> Caller:
    """okta/okta in the made-up company's org."""
    return Caller("okta", Cloud(tmp_path), org_name="acme", base_url="okta.com")


# Refusals, each with the source that the rule itself names.


def instance(**changes: Any) -> Values:
    """A SAML instance."""
    given = {"identity_management_type": "SAML", "inbound_calls_enabled": True, "outbound_calls_enabled": True}
    return {**given, "instance_alias": "acme-test", **changes}


def user(instance_id: str, /, **changes: Any) -> Values:
    """A Connect user."""
    return {
        "instance_id": instance_id,
        "name": "Ada.Admin@example.com",
        "identity_info": [{"first_name": "Ada", "last_name": "Admin"}],
        "phone_config": [{"phone_type": "SOFT_PHONE"}],
        "routing_profile_id": profile_id(instance_id, "routing_profiles", "Basic Routing Profile"),
        "security_profile_ids": [profile_id(instance_id, "security_profiles", "Agent")],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"identity_info": [{"first_name": "A", "last_name": "B", "email": "a@example.com"}]}, "Email is not required"),
        ({"password": "Invented-1"}, "password is not accepted"),
        ({"directory_user_id": "d-1"}, "directory user id is not accepted"),
        ({"identity_info": [{"first_name": "Ada"}]}, "first and last name are required"),
        ({"name": "ada+connect@example.com"}, "user name is not valid"),
        ({"name": "ada admin"}, "user name is not valid"),
        ({"name": "ada@example"}, "user name is not valid"),
        ({"name": "@example.com"}, "user name is not valid"),
        ({"name": "a" * 65}, "user name is not valid"),
        ({"name": "a" * 101}, "expected length of name"),
        ({"security_profile_ids": []}, "1 to 10 security profiles"),
        ({"security_profile_ids": ["0c4f1e2a-7b1d-4d0a-9a53-000000000000"]}, "security profile"),
        ({"routing_profile_id": "0c4f1e2a-7b1d-4d0a-9a53-000000000000"}, "routing profile"),
        ({"phone_config": [{"phone_type": "DESK_PHONE"}]}, "desk phone needs a number"),
        ({"instance_id": "0c4f1e2a-7b1d-4d0a-9a53-000000000000"}, "instance"),
    ],
)
def test_connect_refuses_a_user(in_aws: Caller, changes: Values, says: str) -> None:
    identifier = in_aws.create("aws_connect_instance", instance())["id"]
    with pytest.raises(Refused, match=says):
        in_aws.create("aws_connect_user", user(identifier, **changes))


@pytest.mark.parametrize("name", ["Ada.Admin@example.com", "ada_admin-1", "a" * 64])
def test_connect_takes_a_user(in_aws: Caller, name: str) -> None:
    """What comes close to a refusal and is none."""
    identifier = in_aws.create("aws_connect_instance", instance())["id"]
    assert in_aws.create("aws_connect_user", user(identifier, name=name))["name"] == name


@pytest.mark.parametrize("alias", ["a" * 46, "acme-", "-acme", "d-acme", "acme_test", "acme.test", "acmé", "a" * 65])
def test_connect_refuses_an_alias(in_aws: Caller, alias: str) -> None:
    """Some of these pass the provider's own check, and so the plan; the API refuses them all."""
    with pytest.raises(Refused, match="alias"):
        in_aws.create("aws_connect_instance", instance(instance_alias=alias))


@pytest.mark.parametrize("alias", ["a" * 45, "d1-acme", "Acme--Test"])
def test_connect_takes_an_alias(in_aws: Caller, alias: str) -> None:
    assert in_aws.create("aws_connect_instance", instance(instance_alias=alias))["instance_alias"] == alias


@pytest.mark.parametrize("document", ["x" * 999, "x" * 10_000_001], ids=["999 characters", "10,000,001 characters"])
@pytest.mark.parametrize("planned", [True, False], ids=["known at plan", "known at apply"])
def test_iam_refuses_metadata_by_its_length(in_aws: Caller, document: str, *, planned: bool) -> None:
    """Where the app is new the document is not known at plan, so the provider's own check never sees it."""
    kind, config = "aws_iam_saml_provider", {"name": "Okta", "saml_metadata_document": document if planned else UNKNOWN}
    with pytest.raises(Refused, match=r"1000|1,000"):
        if planned:
            in_aws.create(kind, config)
        whole = conform(in_aws.block(kind), config)
        result, _ = in_aws.provider.plan(kind, None, whole, whole)
        in_aws.provider.create(kind, result | {"saml_metadata_document": document})


def test_iam_reads_the_metadata(in_aws: Caller) -> None:
    """What is long enough and no metadata is refused; padding makes up for length."""
    with pytest.raises(Refused, match="Could not parse metadata"):
        in_aws.create("aws_iam_saml_provider", {"name": "Okta", "saml_metadata_document": "x" * 1000})
    padded = METADATA.replace("><md:NameIDFormat", ">" + " " * 1000 + "<md:NameIDFormat", 1)
    assert in_aws.create("aws_iam_saml_provider", {"name": "Okta", "saml_metadata_document": padded})["arn"]


TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("aws_connect_instance", instance(), instance(instance_alias="ACME-test")),
        (
            "aws_iam_role",
            {"name": "Okta_Role", "assume_role_policy": TRUST},
            {"name": "okta_role", "assume_role_policy": TRUST},
        ),
        ("aws_iam_policy", {"name": "p", "policy": TRUST}, {"name": "P", "policy": TRUST}),
        ("aws_iam_user", {"name": "okta_cli_user"}, {"name": "Okta_CLI_user"}),
        ("aws_iam_saml_provider", *[{"name": "Okta", "saml_metadata_document": METADATA.ljust(1000)}] * 2),
        ("aws_s3_bucket", {"bucket": "connect-dev"}, {"bucket": "connect-dev"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_aws_refuses_a_name_that_is_taken(in_aws: Caller, kind: str, first: Values, second: Values) -> None:
    """Also one that differs in case alone, where the service does not tell such names apart."""
    in_aws.create(kind, first)
    with pytest.raises(Refused, match=r"(?i)already|duplicate"):
        in_aws.create(kind, second)


def test_connect_tells_user_names_apart_by_case(in_aws: Caller) -> None:
    """User names are case-sensitive, which is why a login in another case is another person; the same one is a duplicate."""
    identifier = in_aws.create("aws_connect_instance", instance())["id"]
    in_aws.create("aws_connect_user", user(identifier))
    in_aws.create("aws_connect_user", user(identifier, name="ada.admin@example.com"))
    with pytest.raises(Refused, match="DuplicateResourceException"):
        in_aws.create("aws_connect_user", user(identifier))


def test_okta_refuses_names_that_are_taken(in_okta: Caller) -> None:
    """Groups and rules, the directory's own groups included."""
    group = in_okta.create("okta_group", {"name": "aws#dev-admin#Okta_Role#111122223333"})
    rule = {"name": "connect-sso dev-admin", "expression_value": "true", "group_assignments": [group["id"]]}
    in_okta.create("okta_group_rule", rule)
    for kind, config in (
        ("okta_group", {"name": group["name"]}),
        ("okta_group", {"name": "Everyone"}),
        ("okta_group_rule", rule),
    ):
        with pytest.raises(Refused, match="E0000001"):
            in_okta.create(kind, config)


def test_every_refusal_names_its_source() -> None:
    """A sandbox that refuses more than the real thing is as misleading as one that refuses less."""
    rules = [rule for kind in (aws.TYPES | okta.TYPES).values() for rule in (*kind.checked, *kind.refused)]
    assert all(rule.source for rule in rules)


# Traps of the Okta provider: configurations that are applied without a word, and differ in every plan thereafter.

SETTINGS: dict[str, Any] = json.loads(
    app_settings_json(
        catalogue_settings(
            partition=COMMERCIAL,
            saml_provider="Okta",
            saml_provider_arn="arn:aws:iam::111122223333:saml-provider/Okta",
            role_path="/",
            sign_in_endpoint=COMMERCIAL.global_endpoint,
            session_duration=43200,
            role_group=None,
        )
    )
)


def catalogue_app(settings: Mapping[str, Any]) -> Values:
    """The AWS app of Okta's catalogue with these settings."""
    return {"label": "Connect", "preconfigured_app": "amazon_aws", "app_settings_json": json.dumps(settings)}


def test_the_settings_of_the_stacks_converge(in_okta: Caller) -> None:
    app = in_okta.create("okta_app_saml", catalogue_app(SETTINGS))
    assert in_okta.changes("okta_app_saml", app, catalogue_app(SETTINGS)) == {}


@pytest.mark.parametrize("key", sorted(SETTINGS.keys() - {"identityProviderArn"}))
def test_settings_that_miss_a_key_never_converge(in_okta: Caller, key: str) -> None:
    """The API answers with the default of each key, and the provider compares all of them. Only the ARN has no default."""
    config = catalogue_app({name: value for name, value in SETTINGS.items() if name != key})
    app = in_okta.create("okta_app_saml", config)
    ((before, after),) = in_okta.changes("okta_app_saml", app, config).values()
    assert json.loads(before).keys() - json.loads(after).keys() == {key}


def test_settings_that_say_null_never_converge(in_okta: Caller) -> None:
    """The provider leaves out what the API answers with null, and keeps what the configuration says."""
    config = catalogue_app(SETTINGS | {"webSSOAllowedClient": None})
    app = in_okta.create("okta_app_saml", config)
    assert in_okta.changes("okta_app_saml", app, config).keys() == {"app_settings_json"}


def assigned(in_okta: Caller, profile: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What later plans would change about a person of the catalogue app who was assigned with this profile."""
    app = in_okta.create("okta_app_saml", catalogue_app(SETTINGS))
    block = in_okta.schemas["data_source_schemas"]["okta_user"]["block"]
    search = {"name": "profile.login", "value": "Ada.Admin@example.com", "comparison": "eq"}
    ada = in_okta.provider.look_up("okta_user", conform(block, {"search": [search]}))
    config = {"app_id": app["id"], "user_id": ada["id"], "username": ada["login"], "profile": json.dumps(profile)}
    return in_okta.changes("okta_app_user", in_okta.create("okta_app_user", config), config)


WHOLE_PROFILE = okta.AWS_APP_USER | {"email": "Ada.Admin@example.com", "role": "Okta_Role", "samlRoles": ["Okta_Role"]}


def test_a_whole_profile_converges(in_okta: Caller) -> None:
    assert assigned(in_okta, WHOLE_PROFILE) == {}


@pytest.mark.parametrize("attribute", ["mobilePhone", "idpRolePairs"])
def test_a_profile_that_misses_an_attribute_never_converges(in_okta: Caller, attribute: str) -> None:
    """The API answers with all eight, the provider compares all eight, and null is not the same as nothing."""
    partial = {name: value for name, value in WHOLE_PROFILE.items() if name != attribute}
    assert assigned(in_okta, partial).keys() == {"profile"}


def test_the_priority_of_a_group_never_converges(in_okta: Caller) -> None:
    """Okta numbers the groups of an app; the stacks ignore that, and this is why they have to."""
    app = in_okta.create("okta_app_saml", catalogue_app(SETTINGS))
    groups = [in_okta.create("okta_group", {"name": name})["id"] for name in ("one", "two")]
    configs = [{"app_id": app["id"], "group_id": group} for group in groups]
    states = [in_okta.create("okta_app_group_assignment", config) for config in configs]
    assert in_okta.changes("okta_app_group_assignment", states[1], configs[1]) == {"priority": (1, None)}


def test_a_custom_app_needs_all_that_the_catalogue_would_give(in_okta: Caller) -> None:
    """The provider's own check, which Terraform reaches only in the apply."""
    with pytest.raises(Refused, match="Custom SAML applications must contain these fields"):
        in_okta.create("okta_app_saml", {"label": "Connect", "sso_url": "https://signin.aws.amazon.com/saml"})

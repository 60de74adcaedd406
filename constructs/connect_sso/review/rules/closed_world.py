"""Findings about what this review cannot judge. The world is closed: what is not named here may do anything.

What may make, change or destroy something beside the resources that are known: other types, commands, actions,
providers of another source, and providers that talk to another account, region or organization.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connect_sso.facts.arns import read_arn
from connect_sso.facts.names import OKTA_DOMAINS
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.rules.amazon_connect import approves_origin
from connect_sso.review.words import listing, words
from connect_sso.review.world import World
from connect_sso.terraform.plan import Change, list_of, mapping_of
from connect_sso.terraform.stack_file import blocks, labelled

KNOWN = frozenset(
    {
        "aws_connect_instance",
        "aws_connect_instance_storage_config",
        "aws_connect_security_profile",
        "aws_connect_user",
        "aws_iam_access_key",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_saml_provider",
        "aws_iam_user",
        "aws_iam_user_policy",
        "aws_iam_user_policy_attachment",
        "aws_kms_alias",
        "aws_kms_key",
        "aws_kms_key_policy",
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "okta_app_access_policy_assignment",
        "okta_app_group_assignment",
        "okta_app_group_assignments",
        "okta_app_saml",
        "okta_app_saml_app_settings",
        "okta_app_signon_policy",
        "okta_app_signon_policy_rule",
        "okta_app_user",
        "okta_group",
        "okta_group_memberships",
        "okta_group_rule",
        "okta_profile_mapping",
    }
)
"""The types that our stacks make, and their close relatives: the rules and the access section understand them."""


KNOWN_DATA = frozenset(
    {
        *("aws_caller_identity", "aws_partition", "aws_region", "aws_iam_policy_document"),
        *("aws_connect_instance", "aws_connect_routing_profile", "aws_connect_security_profile"),
        *(
            "aws_connect_user_hierarchy_group",
            "aws_connect_user",
            "aws_connect_queue",
            "aws_iam_policy",
            "aws_iam_role",
        ),
        *("okta_group", "okta_user", "okta_users", "okta_policy", "okta_app_saml", "okta_everyone_group"),
        "okta_user_profile_mapping_source",
    }
)
"""Data sources that only look something up."""

_HARMLESS = re.compile(r"terraform_data|null_resource|(random|time)_\w+")
"""Types that make nothing outside of the state, unless they run commands."""

PROVIDERS = {
    "registry.terraform.io/hashicorp/aws": frozenset(
        {"region", "allowed_account_ids", "default_tags", "retry_mode", "max_retries", "assume_role"}
    ),
    "registry.terraform.io/okta/okta": frozenset(
        {"org_name", "base_url", "backoff", "max_retries", "max_wait_seconds", "min_wait_seconds", "parallelism"}
    ),
    "registry.terraform.io/hashicorp/null": frozenset(),
    "registry.terraform.io/hashicorp/random": frozenset(),
    "registry.terraform.io/hashicorp/time": frozenset(),
    "terraform.io/builtin/terraform": frozenset(),
}
"""The providers that are known, by source, with the arguments that do not lead them elsewhere."""


def findings(world: World) -> Iterator[Finding]:
    """Findings about what is not known, and about what is forgotten or deferred."""
    yield from _resources(world)
    yield from _commands(world)
    yield from _providers(world)
    yield from _elsewhere(world)
    yield from _stack_file(world)


def _resources(world: World) -> Iterator[Finding]:
    for change in world.plan.changes:
        if not change.changes_something or _HARMLESS.fullmatch(change.type):
            continue
        if change.forgets:
            # People who move to another stack's state are forgotten by the thousand; the access section counts them.
            if change.type != "aws_connect_user":
                says = words("Terraform forgets it ({}): it stays as it is and is no longer managed.", change.type)
                yield Finding("forgotten", change.address, says, reason_of(change))
        elif change.type not in KNOWN and not approves_origin(change):
            yield Finding(
                "unknown-resource", change.address, words(f"{{}} is {_verb(change)}.", change.type), reason_of(change)
            )
    for change in world.plan.deferred:
        if change.managed and not _HARMLESS.fullmatch(change.type):
            yield Finding(
                "deferred-change",
                change.address,
                words("Terraform puts off a change of this resource ({}).", change.type),
            )
    for path, block in world.plan.configured():
        kind = str(block.get("type"))
        if block.get("mode") == "data" and kind not in KNOWN_DATA:
            yield Finding("unknown-resource", _block(path, block), words("The data source {} is read.", kind))


def _verb(change: Change) -> str:
    if change.replaces:
        return "destroyed and recreated"
    if change.creates:
        return "made"
    return "destroyed" if change.deletes else "changed"


def _block(path: str, block: Mapping[str, Any]) -> str:
    address = str(block.get("address") or f"{block.get('type')}.{block.get('name')}")
    return f"{path}.{address}" if path else address


def _commands(world: World) -> Iterator[Finding]:
    """Provisioners and actions: whatever they run, they run with the credentials of the apply."""
    for path, block in world.plan.configured():
        kinds = [str(mapping_of(each).get("type")) for each in list_of(block.get("provisioners"))]
        if kinds:
            says = words("The resource has a provisioner ({}), which runs commands.", listing(kinds))
            yield Finding("runs-commands", _block(path, block), says)
    for action in world.plan.actions:
        yield Finding("runs-commands", action, words("The action {} is invoked.", action))


def _providers(world: World) -> Iterator[Finding]:
    sources = {_source(change.provider) for change in world.plan.changes if change.provider}
    for name, configured in mapping_of(world.plan.configuration.get("provider_config")).items():
        provider = mapping_of(configured)
        source = _source(str(provider.get("full_name") or provider.get("name") or name))
        sources.add(source)
        if source not in PROVIDERS:
            continue
        address = f"provider.{name}"
        if provider.get("alias"):
            yield Finding(
                "provider-changed", address, words("The provider {} has a second configuration, {}.", source, name)
            )
        others = sorted(set(mapping_of(provider.get("expressions"))) - PROVIDERS[source])
        if others:
            says = words(
                "The provider {} is given {}, by which it may talk to something else.", source, listing(others)
            )
            yield Finding("provider-changed", address, says)
    for source in sorted(sources - set(PROVIDERS)):
        yield Finding("provider-changed", f"provider.{source}", words("The provider {} is not one of ours.", source))


def _source(provider: str) -> str:
    """The provider's source; OpenTofu's registry serves the same ones."""
    return provider.replace("registry.opentofu.org/", "registry.terraform.io/", 1)


def _elsewhere(world: World) -> Iterator[Finding]:
    """Providers that talk to another account, region or organization than everything that stands is in."""
    arns = [
        arn
        for sides in world.before.values()
        for side in sides.values()
        if isinstance(text := side.values.get("arn"), str) and (arn := read_arn(text)) and arn.account.isdigit()
    ]
    accounts = {arn.account for arn in arns}
    regions = {arn.region for arn in arns if arn.service in ("connect", "kms") and arn.region}
    aws, okta = _arguments(world, "aws"), _arguments(world, "okta")
    if accounts and "allowed_account_ids" in aws:
        allowed = _constant(aws["allowed_account_ids"])
        if not isinstance(allowed, list) or not accounts & {str(each) for each in allowed}:
            says = words("AWS is asked in the account {}; what stands is in {}.", allowed, listing(sorted(accounts)))
            yield Finding("provider-changed", "provider.aws", says)
    for role in _role_arns(aws):
        if accounts and not ((arn := read_arn(role)) and arn.account in accounts):
            says = words("AWS is asked as {}, of another account than {}.", role, listing(sorted(accounts)))
            yield Finding("provider-changed", "provider.aws", says)
    if regions and "region" in aws and (region := _constant(aws["region"])) not in [*regions]:
        says = words("AWS is asked in the region {}; what stands is in {}.", region, listing(sorted(regions)))
        yield Finding("provider-changed", "provider.aws", says)
    hosts = {
        host
        for side in world.before["okta_app_saml"].values()
        if isinstance(url := side.values.get("metadata_url") or side.values.get("embed_url"), str)
        for host in re.findall(r"^https://([^/:]+)", url)
        if host.endswith(OKTA_DOMAINS)
    }
    if hosts and {"org_name", "base_url"} & okta.keys():
        host = f"{_constant(okta.get('org_name'))}.{_constant(okta.get('base_url')) or OKTA_DOMAINS[0]}"
        if host not in hosts:
            says = words("Okta is asked at {}; what stands is at {}.", host, listing(sorted(hosts)))
            yield Finding("provider-changed", "provider.okta", says)


def _arguments(world: World, name: str) -> Mapping[str, Any]:
    provider = mapping_of(mapping_of(world.plan.configuration.get("provider_config")).get(name))
    return mapping_of(provider.get("expressions"))


def _constant(expression: Any) -> Any:
    return mapping_of(expression).get("constant_value")


def _role_arns(aws: Mapping[str, Any]) -> list[str]:
    blocks = list_of(aws.get("assume_role"))
    return [str(_constant(mapping_of(block).get("role_arn")) or "(not readable)") for block in blocks]


_TOP_LEVEL = frozenset(
    {
        "//",
        "check",
        "data",
        "import",
        "locals",
        "moved",
        "output",
        "provider",
        "removed",
        "resource",
        "terraform",
        "variable",
    }
)
"""What our stacks have at the top of their configuration, and what can do nothing."""

_BACKENDS = frozenset({"local", "s3"})


def _stack_file(world: World) -> Iterator[Finding]:
    """What no plan holds: provisioners of `removed` blocks, triggers of actions, checks' own data sources, the backend."""
    for key in sorted(set(world.stack_file) - _TOP_LEVEL):
        yield Finding("unknown-resource", key, words("The configuration has {}.", key))
    for removed in blocks(world.stack_file.get("removed")):
        if removed.get("provisioner"):
            address = f"removed.{removed.get('from')}"
            yield Finding("runs-commands", address, words("What is removed has a provisioner, which runs commands."))
    for kind, name, block in labelled(world.stack_file.get("resource")):
        lifecycle = [each for each in blocks(block.get("lifecycle")) if each.get("action_trigger")]
        if lifecycle or block.get("provisioner"):
            what = "triggers actions" if lifecycle else "has a provisioner, which runs commands"
            yield Finding("runs-commands", f"{kind}.{name}", words(f"The resource {what}."))
    for checks in blocks(world.stack_file.get("check")):
        for name, check in checks.items():
            for kind, data, _ in labelled(mapping_of(check).get("data")):
                if kind not in KNOWN_DATA:
                    says = words("The check reads the data source {}.", kind)
                    yield Finding("unknown-resource", f"check.{name}.data.{kind}.{data}", says)
    for settings in blocks(world.stack_file.get("terraform")):
        for backend in blocks(settings.get("backend")):
            for kind in sorted(set(backend) - _BACKENDS):
                says = words("The state is kept in a backend that no environment file can ask for, {}.", kind)
                yield Finding("provider-changed", f"terraform.backend.{kind}", says)
        for required in blocks(settings.get("required_providers")):
            for name, provider in required.items():
                source = str(provider.get("source") if isinstance(provider, dict) else name)
                parts = source.split("/")
                # What a short source leaves out:
                # https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses
                if (
                    _source("/".join([*("registry.terraform.io", "hashicorp")[: max(0, 3 - len(parts))], *parts]))
                    not in PROVIDERS
                ):
                    says = words("The provider {} is not one of ours.", source)
                    yield Finding("provider-changed", f"terraform.required_providers.{name}", says)

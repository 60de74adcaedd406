"""What two environments cannot both have: names in an account or an Okta org, aliases, states."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from connect_sso.environment.derived_names import CROWD_SUFFIX, crowd_stack, group_rule, role_group, s3_keys
from connect_sso.environment.model import ApiIntegration, Federation
from connect_sso.environment.problems import Problem
from connect_sso.environment.tree import START, KeyPath, MappingNode, dotted, entries_at, place_of, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connect_sso.environment.loading import LoadedEnvironment


def clashes(loaded: Sequence[LoadedEnvironment]) -> dict[str, list[Problem]]:
    """What two environments cannot both have, by the file of the later one."""
    problems: dict[str, list[Problem]] = defaultdict(list)
    names = {each.name for each in loaded}
    same_name: dict[str, LoadedEnvironment] = {}
    owners: dict[str, LoadedEnvironment] = {}
    for each in loaded:
        stem = each.name.removesuffix(CROWD_SUFFIX)
        if stem != each.name and stem in names:
            message = f"{each.name} is the name of {stem}'s second stack, the crowd's; rename this environment"
            problems[each.file].append(Problem(each.file, 1, 1, "", message))
        other = same_name.setdefault(each.name.lower(), each)
        if other is not each:
            problems[each.file].append(
                Problem(each.file, 1, 1, "", f"{each.name} and {other.name} ({other.file}) are the same name")
            )
        for what, path in _claims(each.name, each.tree) if each.tree else ():
            # IAM, Okta's labels and DNS do not tell upper case from lower, so neither do we.
            owner = owners.setdefault(what.lower(), each)
            if owner is not each:
                place = place_of(each.tree, path) if each.tree else START
                message = f"{what} already belongs to {owner.file}; each environment needs its own"
                problems[each.file].append(Problem(each.file, place.line, place.column, dotted(path), message))
    return problems


def _claims(name: str, tree: MappingNode) -> Iterator[tuple[str, KeyPath]]:
    """What an environment claims for itself alone: in words that name it, and where it is written.

    Read from the tree, not the model: a file with a mistake elsewhere still clashes.
    """
    account = text_at(tree, "aws", "account_id")
    org_name, base_url = text_at(tree, "okta", "org_name"), text_at(tree, "okta", "base_url")
    mode = text_at(tree, "okta", "role_assignment")
    in_account, in_org = f"in the account {account}", f"in the Okta org {org_name}.{base_url}"
    if account:
        yield from ((f"{what} {in_account}", path) for what, path in _claims_in_account(tree, mode))
    if org_name and base_url:
        yield from ((f"{what} {in_org}", path) for what, path in _claims_in_org(name, tree, mode, account or ""))
    if alias := text_at(tree, "connect", "alias"):
        yield f"the instance alias {alias}", ("connect", "alias")
    yield from ((f"the state {location}", ("state",)) for location in state_locations(name, tree))


def _claims_in_account(tree: MappingNode, mode: str | None) -> Iterator[tuple[str, KeyPath]]:
    roles: dict[str, KeyPath] = {}
    for app in entries_at(tree, "apps"):
        if provider := text_at(tree, "apps", app, "saml_provider"):
            yield f"the SAML provider {provider}", ("apps", app, "saml_provider")
        if role := text_at(tree, "apps", app, "role"):
            roles.setdefault(role, ("apps", app, "role"))
    emergency: KeyPath = ("federation", "emergency", "role")
    if role := text_at(tree, "federation", "emergency", "role"):
        roles.setdefault(role, emergency)
        yield f"the policy {role}", emergency
    yield from ((f"the role {role}", path) for role, path in roles.items())
    for section, key, kind, default in _IAM_NAMES:
        if section == "federation" or mode == "api_integration":
            yield f"the {kind} {text_at(tree, section, key) or default}", (section, key)


def _claims_in_org(name: str, tree: MappingNode, mode: str | None, account: str) -> Iterator[tuple[str, KeyPath]]:
    for app in entries_at(tree, "apps"):
        if label := text_at(tree, "apps", app, "label"):
            yield f"the label {label!r}", ("apps", app, "label")
        if mode == "group_mapping":
            yield f"the group rule {group_rule(name, app)!r}", ("apps", app)
            if role := text_at(tree, "apps", app, "role"):
                yield f"the group {role_group(name, app, role, account)}", ("apps", app)


_IAM_NAMES = (
    ("federation", "policy", "policy", Federation().policy),
    ("api_integration", "policy", "policy", ApiIntegration().policy),
    ("api_integration", "user", "user", ApiIntegration().user),
)


def state_locations(name: str, tree: MappingNode) -> Iterator[str]:
    """Where the environment's remote states lie, the crowd's second; local ones have the environment's name in them."""
    if workspace := text_at(tree, "state", "cloud", "workspace"):
        host = text_at(tree, "state", "cloud", "hostname") or "app.terraform.io"
        organization = text_at(tree, "state", "cloud", "organization")
        yield from (f"{host}/{organization}/{each}" for each in (workspace, crowd_stack(workspace)))
    if bucket := text_at(tree, "state", "s3", "bucket"):
        yield from (f"s3://{bucket}/{key}" for key in s3_keys(name, text_at(tree, "state", "s3", "key")))

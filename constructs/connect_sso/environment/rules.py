"""Rules between several values of an environment file.

They are read from the file's tree rather than from the model, so that one wrong value does not hide the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from connect_sso.environment.model import WIZARD_STORAGE, ApiIntegration, Federation
from connect_sso.environment.people_rules import PEOPLE, Breach
from connect_sso.environment.problems import Problem
from connect_sso.environment.secrets import is_secret_key, secret_in
from connect_sso.environment.tree import (
    KeyPath,
    MappingNode,
    Node,
    ScalarNode,
    dotted,
    entries_at,
    items_of,
    keys,
    place_of,
    scalars,
    text_at,
)
from connect_sso.environment.values import StorageKind
from connect_sso.facts.arns import read_arn
from connect_sso.facts.escaping import template_problem
from connect_sso.facts.partitions import CONNECT_REGIONS, REPLICA_REGIONS, partition_of
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


TELEPHONY_KEYS = ("inbound_calls", "outbound_calls", "early_media", "contact_lens", "flow_logs")


def errors(tree: MappingNode, file: str) -> list[Problem]:
    """Everything that is wrong between the values of a file."""
    return [
        Problem(file, place.line, place.column, dotted(path), message)
        for rule in _RULES
        for path, place, message in rule(tree)
    ]


def secret_paths(tree: MappingNode) -> set[KeyPath]:
    """The paths whose value or key seems to be a credential: nothing else may be said about them, since it would show."""
    return {path for path, _place, _message in _secrets(tree)}


def _secrets(tree: MappingNode) -> Iterator[Breach]:
    for path, place in keys(tree):
        if what := secret_in(str(path[-1])):
            yield (*path[:-1], "..."), place, f"this looks like {what}; remove it and revoke it"
    for path, scalar in scalars(tree):
        if what := secret_in(str(scalar.value)):
            yield path, scalar.place, f"this looks like {what}; remove it and revoke it"
        elif path and is_secret_key(str(path[-1])) and scalar.value is not None:
            message = (
                "credentials do not belong in a file; the providers read them from their own environment variables"
            )
            yield path, scalar.place, message


def _templates(tree: MappingNode) -> Iterator[Breach]:
    for path, place in keys(tree):
        if problem := template_problem(str(path[-1])):
            yield path, place, problem
    for path, scalar in scalars(tree):
        value = scalar.value
        if not isinstance(value, str):
            continue
        if "TfToken[" in value:
            yield path, scalar.place, "TfToken[ is how cdktf marks its own values and is not allowed here"
        elif (problem := template_problem(value)) and not _may_hold_templates(path):
            yield path, scalar.place, problem


def _may_hold_templates(path: KeyPath) -> bool:
    """Labels and Okta expressions, which are escaped on their way."""
    match path:
        case ("apps", _, "label") | ("apps", _, "session_tags", _):
            return True
    return False


def _region(tree: MappingNode) -> Iterator[Breach]:
    region = text_at(tree, "aws", "region")
    if region is None:
        return
    path = ("aws", "region")
    place, known = place_of(tree, path), ", ".join(CONNECT_REGIONS)
    try:
        partition_of(region)
    except ValueError as error:
        yield path, place, f"{error}; it runs in {known}"
        return
    if origin := REPLICA_REGIONS.get(region):
        message = f"Amazon Connect runs only replicas of other regions' instances in {region}; did you mean {origin}?"
        yield path, place, message
        return
    allowed = tree.get("aws", "allow_unlisted_region")
    if region not in CONNECT_REGIONS and not (isinstance(allowed, ScalarNode) and allowed.value is True):
        yield (
            path,
            place,
            f"Amazon Connect is not known to run in {region}; it runs in {known}{nearest(region, CONNECT_REGIONS)}"
            " (allow_unlisted_region: true accepts a newer one)",
        )


def _instance(tree: MappingNode) -> Iterator[Breach]:
    connect = tree.get("connect")
    if not isinstance(connect, MappingNode):
        return
    has_id, has_alias = "instance_id" in connect.entries, "alias" in connect.entries
    if not has_id and not has_alias:
        place = place_of(tree, ("connect",), of_key=True)
        yield ("connect",), place, "needs alias (a new instance) or instance_id (an existing one)"
    if has_id and has_alias:
        message = "use alias (a new instance) or instance_id (an existing one), not both"
        yield ("connect", "alias"), connect.key_places["alias"], message
    if not has_id:
        return
    for key in (*TELEPHONY_KEYS, "protect"):
        if key in connect.entries:
            reason = (
                "nothing of an existing instance is changed"
                if key in TELEPHONY_KEYS
                else "an existing instance is not Terraform's to destroy"
            )
            yield ("connect", key), connect.key_places[key], f"only for a new instance: {reason}; remove it"


def _stored(tree: MappingNode) -> Iterator[Breach]:
    """What is said about the storage of kinds that are not stored, or in a bucket that is not ours."""
    connect = tree.get("connect")
    if not isinstance(connect, MappingNode):
        return
    kinds = _storage_kinds(connect)
    nothing = (
        "storage must say what an existing instance is to store there"
        if "storage" not in connect.entries
        else "nothing is stored; remove it"
    )
    for key in ("recordings", "retention_days"):
        if key in connect.entries and not kinds:
            yield ("connect", key), connect.key_places[key], nothing
    if "recordings" in connect.entries and "retention_days" in connect.entries:
        message = "the bucket of connect.recordings is not Terraform's; set a lifecycle rule there, and remove this"
        yield ("connect", "retention_days"), connect.key_places["retention_days"], message
    for kind in entries_at(connect, "retention_days"):
        if kinds and kind not in kinds and kind in get_args(StorageKind):
            path = ("connect", "retention_days", kind)
            yield (
                path,
                place_of(tree, path, of_key=True),
                f"is not stored (connect.storage: {', '.join(sorted(kinds))})",
            )


def _storage_kinds(connect: MappingNode) -> set[str]:
    if "storage" in connect.entries:
        items = items_of(connect.entries["storage"])
        return {item.value for item in items if isinstance(item, ScalarNode) and isinstance(item.value, str)}
    return set() if "instance_id" in connect.entries else set(WIZARD_STORAGE)


def _state(tree: MappingNode) -> Iterator[Breach]:
    state = tree.get("state")
    if isinstance(state, MappingNode) and len({"cloud", "s3"} & state.entries.keys()) != 1:
        message = "must be the word local, or hold exactly one of cloud and s3"
        yield ("state",), place_of(tree, ("state",), of_key=True), message


def _mode(tree: MappingNode) -> Iterator[Breach]:
    mode = text_at(tree, "okta", "role_assignment")
    if mode is None:
        return

    def only_with(wanted: str) -> str:
        return f"works only with okta.role_assignment: {wanted}, and it is {mode}; remove it"

    if mode != "api_integration" and "api_integration" in tree.entries:
        yield ("api_integration",), tree.key_places["api_integration"], only_with("api_integration")
    mappings = tree.get("okta", "profile_mappings")
    if mode == "saml_app" and isinstance(mappings, ScalarNode) and mappings.value is True:
        message = (
            "a custom SAML app's profile has nothing to map but the user name, which the app sets itself; remove it"
        )
        yield ("okta", "profile_mappings"), mappings.place, message
    for name, app in entries_at(tree, "apps").items():
        if mode != "saml_app" and isinstance(app, MappingNode) and "session_tags" in app.entries:
            yield ("apps", name, "session_tags"), app.key_places["session_tags"], only_with("saml_app")


def _apps(tree: MappingNode) -> Iterator[Breach]:
    apps = entries_at(tree, "apps")
    reason = "IAM's names are unique without regard to case; each app needs a SAML provider of its own"
    yield from _shared(apps, "saml_provider", reason)
    yield from _shared(apps, "label", "people tell the tiles apart by the label")
    for name in apps:
        yield from _only_in_case(
            tree, ("apps", name, "session_tags"), ", and AWS compares session tags without regard to it"
        )
    yield from _only_in_case(tree, ("apps",), "")
    roles: dict[str, str] = {}
    for name in apps:
        role = text_at(tree, "apps", name, "role")
        if role is not None and roles.setdefault(role.lower(), role) != role:
            path = ("apps", name, "role")
            message = (
                f"differs from {roles[role.lower()]} only in case, and IAM's names are unique without regard to it"
            )
            yield path, place_of(tree, path), message


def _tags(tree: MappingNode) -> Iterator[Breach]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    yield from _only_in_case(tree, ("aws", "tags"), ", and IAM compares tags without regard to it")


def _only_in_case(tree: MappingNode, path: tuple[str, ...], reason: str) -> Iterator[Breach]:
    """Keys below a path that differ only in case."""
    first: dict[str, str] = {}
    for name in entries_at(tree, *path):
        if (other := first.setdefault(name.lower(), name)) != name:
            here = (*path, name)
            yield here, place_of(tree, here, of_key=True), f"differs from {other} only in case{reason}"


def _shared(apps: dict[str, Node], key: str, reason: str) -> Iterator[Breach]:
    """A key that two apps have the same value for, whatever the case."""
    first: dict[str, str] = {}
    for name, app in apps.items():
        node = app.entries.get(key) if isinstance(app, MappingNode) else None
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            continue
        other = first.setdefault(node.value.lower(), name)
        if other != name:
            yield ("apps", name, key), node.place, f"the same as apps.{other}.{key}: {reason}"


def _policies(tree: MappingNode) -> Iterator[Breach]:
    policies: dict[KeyPath, str] = {("federation", "policy"): Federation().policy}
    if text_at(tree, "okta", "role_assignment") == "api_integration":
        policies["api_integration", "policy"] = ApiIntegration().policy
    if emergency := text_at(tree, "federation", "emergency", "role"):
        policies["federation", "emergency", "role"] = emergency
    first: dict[str, KeyPath] = {}
    for path, default in policies.items():
        name = text_at(tree, *map(str, path)) or default
        other = first.setdefault(name.lower(), path)
        if other != path:
            message = f"{dotted(other)} and {dotted(path)} name the same policy, {name}; IAM's names are unique without regard to case"
            written = path if tree.get(*map(str, path)) else other
            yield written, place_of(tree, written), message


def _emergency(tree: MappingNode) -> Iterator[Breach]:
    path = ("federation", "emergency", "role")
    emergency = text_at(tree, *path)
    for app in entries_at(tree, "apps"):
        role = text_at(tree, "apps", app, "role")
        if emergency and role and role.lower() == emergency.lower():
            message = f"is the role of apps.{app}; emergency access needs a role of its own"
            yield path, place_of(tree, path), message
            return


def _arns(tree: MappingNode) -> Iterator[Breach]:
    """ARNs that name another partition than the region's, or another account where it must be this one."""
    account, region = text_at(tree, "aws", "account_id"), text_at(tree, "aws", "region")
    for path, of_account in _ARNS.items():
        arn = read_arn(text_at(tree, *map(str, path)) or "")
        if arn is None:
            continue
        place = place_of(tree, path)
        if region and arn.partition != (wanted := _partition_name(region)) and wanted:
            yield path, place, f"an ARN in {region} begins with arn:{wanted}:, not arn:{arn.partition}:"
        elif of_account is not None and account and arn.account not in {account, "aws"}:
            yield path, place, f"is in the account {arn.account}; {of_account} {account} (aws.account_id)"


_ARNS: dict[KeyPath, str | None] = {
    ("aws", "assume_role", "role_arn"): "the plan refuses every account but",
    ("connect", "recordings", "kms_key_arn"): None,
    ("federation", "permissions_boundary"): "IAM takes a boundary only from the role's own account, here",
}
"""Where an ARN stands, and why it must be of `aws.account_id`; None where it need not be."""


def _partition_name(region: str) -> str | None:
    try:
        return partition_of(region).name
    except ValueError:
        return None


_RULES: tuple[Callable[[MappingNode], Iterator[Breach]], ...] = (
    _secrets,
    _templates,
    _region,
    _instance,
    _stored,
    _state,
    _mode,
    _tags,
    _apps,
    _policies,
    _emergency,
    _arns,
    *PEOPLE,
)

"""What okta/okta 4.20.0 and the Okta API behind it do, for the types that the stacks use.

Replacement, defaults and comparison are those of the provider's documentation and source at that release; what the API answers
is what the provider's own recorded traffic shows.
"""

from __future__ import annotations

import json
import re
import string
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.sandbox.cloud import Cloud, letters
from tests.sandbox.plugin import UNKNOWN, Refused, Values
from tests.sandbox.resources import SECRET, ResourceType, Rule

DELETED = "DELETED"
"""Kept of someone of the directory who was deleted, for otherwise they would come back; the API never says it."""

ALPHABET = string.ascii_lowercase + string.ascii_uppercase + string.digits

AWS_DEFAULTS = {
    "appFilter": "okta",
    "awsEnvironmentType": "aws.amazon",
    "groupFilter": r"aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)",
    "identityProviderArn": None,
    "joinAllRoles": False,
    "loginURL": "https://console.aws.amazon.com/ec2/home",
    "overrideAcsURL": None,
    "roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/OKTA,arn:aws:iam::${accountid}:role/${role}",
    "sessionDuration": 3600,
    "useGroupMapping": False,
    "webSSOAllowedClient": None,
}
"""What the API answers for an `amazon_aws` app that was created with no settings at all."""

AWS_APP_USER: Values = {
    "email": None,
    "firstName": None,
    "lastName": None,
    "mobilePhone": None,
    "secondEmail": None,
    "role": None,
    "samlRoles": [],
    "idpRolePairs": [],
}
"""The profile of a user of an `amazon_aws` app: the API always answers with all eight attributes."""

CUSTOM_APP_NEEDS = (
    "sso_url",
    "recipient",
    "destination",
    "audience",
    "subject_name_id_template",
    "subject_name_id_format",
    "signature_algorithm",
    "digest_algorithm",
    "authn_context_class_ref",
)


@dataclass(frozen=True)
class Org:
    """The Okta org that the provider block names, and its directory."""

    cloud: Cloud
    name: str
    base_url: str

    @property
    def host(self) -> str:
        """The org's host name."""
        return f"{self.name}.{self.base_url}"

    def id(self, prefix: str, *parts: object) -> str:
        """An identifier of Okta's shape: 20 letters and digits that begin with the kind."""
        return prefix + letters(ALPHABET, 20 - len(prefix), prefix, self.host, *parts)

    def users(self) -> Iterator[Values]:
        """Everyone in the directory, as the API answers; who has an `org` is in that one alone."""
        made = {user["id"]: user for user in self.cloud.all("okta_user") if user["_org"] == self.host}
        everyone = self.cloud.company["okta_users"]
        for user in (user for user in everyone if user.get("org", self.host) == self.host):
            whole = {
                "status": "ACTIVE",
                "groups": [],
                **user,
                "id": self.id("00u", "user", user["login"].lower()),
                "email": user.get("email", user["login"]),
            }
            found = made.pop(whole["id"], whole)
            if found["status"] != DELETED:
                yield found
        yield from made.values()

    def groups(self) -> Iterator[Values]:
        """Every group: the directory's own and those that Terraform made here."""
        for name in self.cloud.company["okta_groups"]:
            yield {"id": self.id("00g", "group", name), "name": name, "description": None, "type": "OKTA_GROUP"}
        for group in self.cloud.all("okta_group"):
            if group["_org"] == self.host:
                yield group | {"type": "OKTA_GROUP"}

    def members(self, group_id: str) -> list[Values]:
        """Who is in a group: by the directory, by a membership that Terraform made, or by a group rule."""
        names = {group["id"]: group["name"] for group in self.groups()}
        if group_id not in names:
            raise Refused(f"the API returned an error: Not found: Resource not found: {group_id} (Group)")
        listed = {
            user
            for item in self.cloud.all("okta_group_memberships")
            if item["group_id"] == group_id
            for user in item["users"]
        }
        by_rule = {
            user["id"]
            for rule in self.cloud.all("okta_group_rule")
            if rule["status"] == "ACTIVE" and rule.get("_runs_at", 0) <= time.time()
            if group_id in rule["group_assignments"]
            for user in self._met(rule["expression_value"], names)
            if user["id"] not in (rule["users_excluded"] or [])
        }
        return [
            user
            for user in self.users()
            if names[group_id] in user["groups"] or user["id"] in listed or user["id"] in by_rule
        ]

    def _met(self, expression: str, names: Values) -> list[Values]:
        """Whom a rule's expression means: members of groups, or people with an attribute; nobody, if it is another expression."""
        if attribute := re.fullmatch(r'user\.(\w+) ?== ?"([^"]*)"', expression):
            return [user for user in self.users() if user.get(attribute[1]) == attribute[2]]
        return [
            user for source in re.findall(r'"(00g\w+)"', expression) if source in names for user in self.members(source)
        ]


def sign_in(cloud: Cloud, config: Values) -> Org:
    """The org of the provider block."""
    return Org(cloud, config["org_name"] or "example", config["base_url"] or "okta.com")


def _not_found(kind: str, identifier: object) -> str:
    return f"the API returned an error: Not found: Resource not found: {identifier} ({kind}) (E0000007)"


# Apps


def _make_app(org: Org, values: Values, count: int) -> Values:
    app = org.id("0oa", "app", values["label"], count)
    catalogue = values["preconfigured_app"]
    name = catalogue or f"{org.name}_{re.sub('[^a-z0-9]', '', values['label'].lower())}_{count}"
    entity = org.id("exk", app)
    policy = values["authentication_policy"]
    return {
        "id": app,
        "name": name,
        "preconfigured_app": name,
        "sign_on_mode": "SAML_2_0",
        "authentication_policy": policy_id(org, "Any two factors") if policy is UNKNOWN else policy,
        "embed_url": f"https://{org.host}/home/{name}/{app}/{'272' if catalogue else f'aln{app[3:]}'}",
        "entity_key": entity,
        "entity_url": f"http://www.okta.com/{entity}",
        "features": [],
        "http_post_binding": f"https://{org.host}/app/{name}/{entity}/sso/saml",
        "http_redirect_binding": f"https://{org.host}/app/{name}/{entity}/sso/saml",
        "logo_url": f"https://{org.host}/img/logos/{name}.png",
        "metadata_url": f"https://{org.host}/api/v1/apps/{app}/sso/saml/metadata",
    }


def _settings(values: Values) -> str:
    """What the provider makes of the API's answer: every key that has a value, the catalogue's defaults included."""
    configured = values["app_settings_json"]
    sent = json.loads(configured) if isinstance(configured, str) else {}
    answered = (AWS_DEFAULTS if values["name"] == "amazon_aws" else {}) | sent
    kept = {key: value for key, value in answered.items() if value is not None and value != ""}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def _settle_app(org: Org, before: Values, after: Values) -> Values:
    settled: Values = {"app_settings_json": _settings(after)}
    rotated = before and after["key_name"] != before["key_name"]
    if rotated or not before:
        kid = letters(ALPHABET, 43, "kid", after["id"], after["key_name"], len(before.get("keys") or []))
        from tests.sandbox import metadata  # not at the top: importing X.509 takes long

        private, certificate = metadata.signing_pair(org.name, kid, after["key_years_valid"] or 10)
        signing = {
            "kid": kid,
            "kty": "RSA",
            "use": "sig",
            "created": "2026-01-15T09:00:00Z",
            "last_updated": "2026-01-15T09:00:00Z",
            "expires_at": "2036-01-15T09:00:00Z",
            "x5c": [certificate],
            "x5t_s256": letters(ALPHABET, 43, certificate),
            "e": "AQAB",
            "n": None,
        }
        settled |= {
            SECRET: private,
            "key_id": kid,
            "keys": [*(before.get("keys") or []), signing],
            "certificate": certificate,
            "metadata": metadata.document(after["entity_url"], after["http_post_binding"], certificate),
        }
    if after["status"] == "INACTIVE" and not before:  # the provider reads no metadata of an inactive app
        settled |= {"key_id": None, "certificate": None, "metadata": None}
    return settled


def _lacks(values: Values) -> list[str]:
    return [name for name in CUSTOM_APP_NEEDS if not values[name]]


APPS: dict[str, ResourceType[Org]] = {
    "okta_app_saml": ResourceType(
        key=lambda org, values: values["id"],
        name=lambda org, values: f"{org.host}/{values['label']}",
        make=_make_app,
        set_up_after=True,  # provider source, okta_app_saml: the app's policy and logo come after it
        settle=_settle_app,
        replace=frozenset({"preconfigured_app"}),
        defaults={
            "accessibility_self_service": False,
            "attribute_statements.namespace": "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
            "attribute_statements.type": "EXPRESSION",
            "auto_submit_toolbar": False,
            "hide_ios": False,
            "hide_web": False,
            "honor_force_authn": False,
            "saml_signed_request_enabled": False,
            "saml_version": "2.0",
            "status": "ACTIVE",
            "user_name_template": "${source.login}",
            "user_name_template_type": "BUILT_IN",
        },
        as_json=frozenset({"app_settings_json"}),
        kept=frozenset({"app_settings_json", "preconfigured_app"}),
        refused=(
            Rule(
                "failed to create SAML application: Custom SAML applications must contain these fields",
                "provider documentation, okta_app_saml: required where preconfigured_app is not given",
                lambda org, values: values["preconfigured_app"] is None and bool(_lacks(values)),
            ),
            Rule(
                "custom SAML apps must either have response_signed or assertion_signed set to true",
                "provider source, okta_app_saml",
                lambda org, values: (
                    values["preconfigured_app"] is None
                    and not values["response_signed"]
                    and not values["assertion_signed"]
                ),
            ),
            Rule(
                "Api validation failed: label may have at most 100 characters (E0000001)",
                "Okta API reference, applications: label",
                lambda org, values: not 1 <= len(values["label"]) <= 100,
            ),
            Rule(
                "Api validation failed: at most 100 ACS endpoints (E0000001)",
                "provider documentation, okta_app_saml: acs_endpoints",
                lambda org, values: len(values["acs_endpoints"] or []) > 100,
            ),
            Rule(
                "the authentication policy {authentication_policy} does not exist (E0000007)",
                "Okta API reference, assign an application to a policy",
                lambda org, values: (
                    values["authentication_policy"] not in (None, UNKNOWN)
                    and values["authentication_policy"] not in _policies(org).values()
                ),
            ),
        ),
    ),
}


# Assignments


def _app_of(org: Org, values: Values) -> Values:
    app = org.cloud.by_id("okta_app_saml", values["app_id"])
    if app is None:
        raise Refused(_not_found("AppInstance", values["app_id"]))
    return app


def _settle_group(org: Org, before: Values, after: Values) -> Values:
    _app_of(org, after)
    given = after["priority"] if after["priority"] is not None else before.get("priority")
    others = [item for item in org.cloud.all("okta_app_group_assignment") if item["app_id"] == after["app_id"]]
    return {
        "priority": len([item for item in others if item["group_id"] != after["group_id"]]) if given is None else given,
        "profile": after["profile"] or "{}",
    }


def _settle_user(org: Org, before: Values, after: Values) -> Values:
    sent = json.loads(after["profile"] or "{}")
    base = AWS_APP_USER if _app_of(org, after)["name"] == "amazon_aws" else {}
    return {"profile": json.dumps(base | sent, sort_keys=True, separators=(",", ":"))}


def _is_missing_user(org: Org, values: Values) -> bool:
    return all(user["id"] != values["user_id"] for user in org.users())


def _is_missing_group(org: Org, values: Values) -> bool:
    return all(group["id"] != values["group_id"] for group in org.groups())


ASSIGNMENTS: dict[str, ResourceType[Org]] = {
    "okta_app_group_assignment": ResourceType(
        key=lambda org, values: f"{values['app_id']}/{values['group_id']}",
        import_id=lambda org, values: f"{values['app_id']}/{values['group_id']}",
        make=lambda org, values, count: {"id": values["group_id"]},
        settle=_settle_group,
        replace=frozenset({"app_id", "group_id"}),
        defaults={"retain_assignment": False},
        as_json=frozenset({"profile"}),
        kept=frozenset({"profile"}),  # but not `priority`: Okta assigns one, and the provider wants it gone again
        unread=frozenset({"retain_assignment"}),
        refused=(
            Rule("group {group_id} does not exist (E0000007)", "Okta API reference, error codes", _is_missing_group),
        ),
    ),
    "okta_app_user": ResourceType(
        key=lambda org, values: f"{values['app_id']}/{values['user_id']}",
        import_id=lambda org, values: f"{values['app_id']}/{values['user_id']}",
        make=lambda org, values, count: {"id": values["user_id"], "has_shared_username": False},
        settle=_settle_user,
        defaults={"retain_assignment": False},
        as_json=frozenset({"profile"}),
        kept=frozenset({"profile"}),
        unread=frozenset({"password", "retain_assignment"}),
        refused=(
            Rule(
                "'username' is required (the only exception is when the assigned app has"
                " 'SHARED_USERNAME_AND_PASSWORD' credentials scheme)",
                "provider source, okta_app_user",
                lambda org, values: not values["username"],
            ),
            Rule("user {user_id} does not exist (E0000007)", "Okta API reference, error codes", _is_missing_user),
        ),
    ),
}


# Groups


def _make_group(org: Org, values: Values, count: int) -> Values:
    return {"id": org.id("00g", "made", values["name"], count), "_org": org.host}


def _is_taken(org: Org, values: Values) -> bool:
    return any(
        group["name"] == values["name"] and (values["id"] is UNKNOWN or group["id"] != values["id"])
        for group in org.groups()
    )


GROUPS: dict[str, ResourceType[Org]] = {
    "okta_group": ResourceType(
        key=lambda org, values: values["id"],
        name=lambda org, values: f"{org.host}/{values['name']}",
        make=_make_group,
        defaults={"skip_users": False},
        as_json=frozenset({"custom_profile_attributes"}),
        unread=frozenset({"skip_users"}),
        checked=(
            Rule(
                "name cannot be longer than 255 characters",
                "provider documentation, okta_group",
                lambda org, values: isinstance(values["name"], str) and len(values["name"]) > 255,
            ),
        ),
        refused=(
            Rule(
                "Api validation failed: name: An object with this field already exists in the current organization"
                " (E0000001)",
                "Okta API reference, groups: names are unique",
                _is_taken,
            ),
        ),
    ),
    "okta_group_memberships": ResourceType(
        key=lambda org, values: values["group_id"],
        make=lambda org, values, count: {"id": values["group_id"]},
        replace=frozenset({"group_id"}),
        defaults={"track_all_users": False},
        unread=frozenset({"track_all_users"}),
        refused=(
            Rule("group {group_id} does not exist (E0000007)", "Okta API reference, error codes", _is_missing_group),
        ),
    ),
    "okta_group_rule": ResourceType(
        key=lambda org, values: f"{org.host}/{values['name']}",
        make=lambda org, values, count: {"id": org.id("0pr", values["name"], count)},
        twice="Api validation failed: name: a rule named {name} exists (E0000001)",
        replace=frozenset({"group_assignments"}),
        defaults={"expression_type": "urn:okta:expression:1.0", "status": "ACTIVE"},
        unread=frozenset({"remove_assigned_users"}),
        checked=(
            Rule(
                "name cannot be longer than 50 characters: {name}",
                "provider documentation, okta_group_rule",
                lambda org, values: isinstance(values["name"], str) and not 1 <= len(values["name"]) <= 50,
            ),
        ),
        refused=(
            Rule(
                "Api validation failed: the rule assigns to a group that does not exist (E0000001)",
                "Okta API reference, group rules",
                lambda org, values: not set(values["group_assignments"]) <= {group["id"] for group in org.groups()},
            ),
        ),
    ),
}


# Mappings


def mapping_id(org: Org, source: str, target: str) -> str:
    """The id of a mapping: Okta makes one in each direction with the app."""
    return org.id("prm", "mapping", source, target)


def user_profile(org: Org) -> Values:
    """The profile of the org's people, as mappings name it."""
    return {"id": org.id("oty", "user type"), "name": "user", "type": "user"}


def _make_mapping(org: Org, values: Values, count: int) -> Values:
    source, app = user_profile(org), org.cloud.by_id("okta_app_saml", values["target_id"])
    assert app is not None  # or it was refused
    return {
        "id": mapping_id(org, values["source_id"], values["target_id"]),
        **{f"source_{part}": source[part] for part in ("name", "type")},
        "target_name": app["name"],
        "target_type": "appuser",
    }


def unmappable(app: Values, attributes: Iterable[str]) -> list[str]:
    """Those of the attributes that an app's profile does not have."""
    return sorted(set(attributes) - set(AWS_APP_USER if app["name"] == "amazon_aws" else ()))


def _maps_what_is_not_there(org: Org, values: Values) -> bool:
    app = org.cloud.by_id("okta_app_saml", values["target_id"])
    return app is not None and bool(unmappable(app, (mapping["id"] for mapping in values["mappings"])))


MAPPINGS: dict[str, ResourceType[Org]] = {
    "okta_profile_mapping": ResourceType(
        key=lambda org, values: f"{values['source_id']}/{values['target_id']}",
        make=_make_mapping,
        defaults={"always_apply": False, "mappings.push_status": "DONT_PUSH"},
        unread=frozenset({"always_apply", "delete_when_absent"}),
        refused=(
            Rule(
                "no profile mappings found for source ID '{source_id}' and target ID '{target_id}'",
                "provider source, okta_profile_mapping: Okta makes a mapping with the app, the provider never does",
                lambda org, values: (
                    values["source_id"] != user_profile(org)["id"]
                    or org.cloud.by_id("okta_app_saml", values["target_id"]) is None
                ),
            ),
            Rule(
                "failed to create profile mapping: Api validation failed: properties (E0000001)",
                "Okta API reference, profile mappings: only attributes of the target's schema",
                _maps_what_is_not_there,
            ),
        ),
    )
}

TYPES = APPS | ASSIGNMENTS | GROUPS | MAPPINGS


# Lookups


def _policies(org: Org) -> dict[str, str]:
    return {name: policy_id(org, name) for name in org.cloud.company["okta_authentication_policies"]}


def policy_id(org: Org, name: str) -> str:
    """The id of an authentication policy."""
    return org.id("rst", "policy", name)


def _look_up_policy(org: Org, config: Values) -> Values:
    policies = _policies(org) if config["type"] == "ACCESS_POLICY" else {}
    if config["name"] not in policies:
        raise Refused(f"no policies retrieved for policy type '{config['type']}' and name '{config['name']}'")
    return {"id": policies[config["name"]], "status": "ACTIVE"}


def _look_up_group(org: Org, config: Values) -> Values:
    """By the beginning of the name, as the API searches: one hit is taken even where its name goes on."""
    groups = list(org.groups())
    if config["id"]:
        found = [group for group in groups if group["id"] == config["id"]]
    else:
        hits = [group for group in groups if group["name"].lower().startswith(config["name"].lower())]
        found = hits if len(hits) == 1 else [group for group in hits if group["name"] == config["name"]]
        if not found and hits:
            raise Refused(
                f'group starting with name "{config["name"]}" matches {len(hits)} groups, select a more precise name parameter'
            )
    if not found:
        raise Refused(f'group with name "{config["name"]}" does not exist')
    users = [user["id"] for user in org.members(found[0]["id"])] if config["include_users"] else None
    return found[0] | {"users": users}


PROFILE = (
    *("id", "login", "email", "first_name", "last_name", "status", "city", "cost_center", "department", "division"),
    *("employee_number", "manager", "mobile_phone", "postal_address", "second_email", "title"),
)
"""What the provider keeps of a person, as far as the made-up company says it. The whole list is longer."""


def _user(user: Values) -> Values:
    known = {name: user.get(name) for name in PROFILE}
    known["custom_profile_attributes"] = user.get("custom_profile_attributes", "{}")
    return known | {"admin_roles": [], "group_memberships": [], "roles": []}


def _search(config: Values) -> tuple[str, list[tuple[str, str]]]:
    """The search as the provider words it, and as pairs of attribute and value."""
    blocks = config["search"]
    for block in blocks:
        if block["expression"] or block["comparison"] != "eq":
            raise Refused("the sandbox understands searches with comparison = eq only")
    said = " and ".join(f'{block["name"]} {block["comparison"]} "{block["value"]}"' for block in blocks)
    return said, [(block["name"].removeprefix("profile."), block["value"]) for block in blocks]


def _find_users(org: Org, criteria: list[tuple[str, str]]) -> list[Values]:
    """Without regard to case, and with the spelling that is stored: so does Okta's search."""
    return [
        user for user in org.users() if all(_attribute(user, name).lower() == value.lower() for name, value in criteria)
    ]


def _attribute(user: Values, name: str) -> str:
    """By its name in Okta's API: those of the company are not among those that everybody has."""
    own = json.loads(user.get("custom_profile_attributes", "{}"))
    return str(own[name] if name in own else user.get(re.sub("([A-Z])", r"_\1", name).lower(), ""))


def _look_up_user(org: Org, config: Values) -> Values:
    if config["user_id"]:
        found = [user for user in org.users() if user["id"] == config["user_id"]]
        if not found:
            raise Refused(f"failed to get user: {_not_found('User', config['user_id'])}")
    else:
        said, criteria = _search(config)
        found = _find_users(org, criteria)
        if not found:
            raise Refused(f"no users found using search criteria: {said}")
    groups = {group["name"]: group["id"] for group in org.groups()}
    memberships = [] if config["skip_groups"] else [groups[name] for name in found[0]["groups"]]
    return _user(found[0]) | {"group_memberships": memberships}


def _look_up_users(org: Org, config: Values) -> Values:
    if config["group_id"]:
        identifier, found = config["group_id"], org.members(config["group_id"])
    elif config["search"]:
        said, criteria = _search(config)
        identifier, found = letters(string.digits, 10, said), _find_users(org, criteria)
    else:
        raise Refused("must specify either group_id or search attributes")
    return {"id": identifier, "users": [_user(user) for user in found]}


LOOKUPS = {
    "okta_group": _look_up_group,
    "okta_policy": _look_up_policy,
    "okta_user": _look_up_user,
    "okta_user_profile_mapping_source": lambda org, config: user_profile(org),
    "okta_users": _look_up_users,
}

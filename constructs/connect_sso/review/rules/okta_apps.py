"""Findings about the Okta apps: whether they stand, what they sign with, where they post to and what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from connect_sso.facts import sessions
from connect_sso.facts.okta_apps import ENDPOINT_OVERRIDE, ENVIRONMENT_TYPE, posts_to
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.words import Words, listing, one_line_json, words
from connect_sso.review.world import World, opens_administration
from connect_sso.saml import attributes as saml_attributes
from connect_sso.terraform.plan import SENSITIVE, UNKNOWN, Change, Mark, Side, Value

SIGNING = ("key_name", "key_years_valid", "key_id", "certificate")
WEAK_ALGORITHMS = frozenset({"RSA_SHA1", "SHA1"})
ENDPOINTS = ("sso_url", "recipient", "destination", "acs_endpoints", "acs_endpoints_indices")
OPENINGS = {
    "implicit_assignment": "everyone in the Okta organization may use it",
    "accessibility_self_service": "people may add it to their dashboard themselves",
}
ROLE_SETTINGS = (
    "identityProviderArn",
    "roleValuePattern",
    "groupFilter",
    "useGroupMapping",
    "joinAllRoles",
    "appFilter",
)
USER_NAME = (
    "user_name_template",
    "user_name_template_type",
    "user_name_template_suffix",
    "user_name_template_push_status",
)
OTHER_ASSERTION = (
    "subject_name_id_template",
    "subject_name_id_format",
    "authn_context_class_ref",
    "honor_force_authn",
    "inline_hook_id",
    "sp_issuer",
)


def findings(world: World) -> Iterator[Finding]:
    """Findings about apps, their separate settings, and the policies that say how people prove who they are."""
    for change in world.plan.of("okta_app_saml"):
        if change.changes_something:
            yield from _app(world, change)
    for each in world.plan.of("okta_app_saml_app_settings"):
        if each.changes_something and each.after is not None:
            change = world.against_what_stood(each)
            app = world.app_of(each.after.get("app_id"), each)
            label = world.label(app) if app else UNKNOWN
            yield from _settings(world, change, label, "settings")
    yield from _policies(world)
    yield from _role_groups(world)


def _app(world: World, change: Change) -> Iterator[Finding]:
    label = change.old().get("label") or change.new().get("label")
    if change.deletes and not change.replaces:
        says = words("Terraform destroys the Okta app {}.", label)
        yield Finding("app-destroyed", change.address, says, reason_of(change))
    if change.after is None:
        return
    old, new = change.old(), change.after
    if new.get("status") == "INACTIVE" and old.get("status") != "INACTIVE":
        yield Finding("app-deactivated", change.address, words("The Okta app {} is deactivated.", label))
    if change.before is not None and old.get("status") == "INACTIVE" and new.get("status") != "INACTIVE":
        assigned = [way.who for way in world.assignments_after if way.app == change.address]
        if assigned:
            says = words("The Okta app {} is made active for {}.", label, listing(sorted(set(assigned), key=str), 10))
            yield Finding("app-activated", change.address, says)
    if change.before is None:
        yield from _new_app(world, change, label)
    for attribute, what in OPENINGS.items():
        if new.get(attribute) is True and old.get(attribute) is not True:
            yield Finding("app-open-to-all", change.address, words(f"The Okta app {{}}: {what}.", label))
    differing = list(_differing(world, change, label)) if change.before is not None else []
    if change.replaces:
        says = words("Terraform destroys the Okta app {} and recreates it.", label)
        details: tuple[Words, ...] = ()
        if _differs(old, new, "preconfigured_app"):
            # From the catalogue's app to a custom one or back: every setting has another name. One decision, not ten.
            details = tuple(line for finding in differing for line in finding.details or (finding.says,))
            differing = []
        yield Finding("app-replaced", change.address, says, reason_of(change), details)
    yield from differing


def _new_app(world: World, change: Change, label: Value) -> Iterator[Finding]:
    """An app that is new to an environment: what it signs people in with is new to everyone who gets it."""
    assigned = sorted({way.who for way in world.assignments_after if way.app == change.address}, key=str)
    if assigned and not world.is_new:
        says = words("The new Okta app {} signs people in: {}.", label, listing(assigned, limit=10))
        yield Finding("role-assigned", change.address, says)


def _differing(world: World, change: Change, label: Value) -> Iterator[Finding]:
    """Findings about the settings in which the app differs from the one before."""
    old, new = change.old(), change.new()
    yield from _signing(change, label)
    yield from _endpoints(world, change, label)
    if _differs(old, new, "audience"):
        yield _changed("audience-changed", change, label, ["audience"], "expects another audience")
    if _differs(old, new, "default_relay_state"):
        yield _relay_state(change, label)
    yield from _statements(change, label)
    named = [attribute for attribute in USER_NAME if _differs(old, new, attribute)]
    if named:
        yield _changed("session-name-changed", change, label, named, "sends another name for people")
    others = [attribute for attribute in OTHER_ASSERTION if _differs(old, new, attribute)]
    if others:
        yield _changed("assertion-changed", change, label, others, "sends another assertion")
    if _differs(old, new, "authentication_policy") and not (
        change.replaces and new.get("authentication_policy") is UNKNOWN
    ):
        policies = [
            world.names.resolve("policy", side.get("authentication_policy"), change, "authentication_policy")
            for side in (new, old)
        ]
        says = words("The Okta app {} gets the authentication policy {} instead of {}.", label, *policies)
        yield Finding("authentication-policy-changed", change.address, says)
    yield from _settings(world, change, label, "app_settings_json")


def _differs(old: Side, new: Side, attribute: str) -> bool:
    """Whether an attribute changes; empty and not set are the same to the provider."""
    before, after = old.get(attribute), new.get(attribute)
    if before is SENSITIVE and after is SENSITIVE:
        # Both hidden: whether they differ shows in the plan's own values, which are compared and not shown.
        return old.values.get(attribute) != new.values.get(attribute)
    return (before or None) != (after or None) or after is UNKNOWN


def _changed(code: str, change: Change, label: Value, attributes: list[str], what: str) -> Finding:
    details = [
        words(f"{attribute}: {{}} instead of {{}}", change.new().get(attribute), change.old().get(attribute))
        for attribute in attributes
    ]
    return Finding(code, change.address, words(f"The Okta app {{}} {what}.", label), details=tuple(details))


def _signing(change: Change, label: Value) -> Iterator[Finding]:
    old, new = change.old(), change.new()
    # A new app has a new key in any case, and computed values are all unknown then.
    details = [
        words(f"{attribute}: {{}} instead of {{}}", new.get(attribute), old.get(attribute))
        for attribute in SIGNING
        if _differs(old, new, attribute) and not (change.replaces and attribute in ("key_id", "certificate"))
    ]
    for attribute in ("signature_algorithm", "digest_algorithm"):
        if _differs(old, new, attribute):
            weaker = " (weaker)" if new.get(attribute) in WEAK_ALGORITHMS else ""
            details.append(words(f"{attribute}: {{}} instead of {{}}{weaker}", new.get(attribute), old.get(attribute)))
    for attribute in ("response_signed", "assertion_signed"):
        if old.get(attribute) is True and new.get(attribute) is not True:
            details.append(words(f"{attribute}: {{}} instead of {{}} (weaker)", new.get(attribute), True))
    if _differs(old, new, "idp_issuer"):
        details.append(
            words(
                "idp_issuer: {} instead of {}; AWS trusts the old one only",
                new.get("idp_issuer"),
                old.get("idp_issuer"),
            )
        )
    if details:
        says = words("The Okta app {} signs assertions differently.", label)
        yield Finding("signing-changed", change.address, says, details=tuple(details))
    elif not change.replaces and _differs(old, new, "metadata"):
        says = words("The Okta app {} gets other metadata.", label)
        yield Finding("metadata-changed", change.address, says)


def _endpoints(world: World, change: Change, label: Value) -> Iterator[Finding]:
    old, new = change.old(), change.new()
    changed = [
        attribute for attribute in ENDPOINTS if _differs(old, new, attribute) and not _same_members(old, new, attribute)
    ]
    if changed:
        finding = _changed("endpoint-changed", change, label, changed, "posts to another sign-in endpoint")
        texts = {value for attribute in ("sso_url", "recipient") if isinstance(value := new.get(attribute), str)}
        yield Finding(finding.code, finding.address, finding.says, details=(*finding.details, *_trusts(world, texts)))


def _same_members(old: Side, new: Side, attribute: str) -> bool:
    """Whether a set (a list in the plan) only stands in another order."""
    before, after = old.get(attribute), new.get(attribute)
    if attribute != "acs_endpoints_indices" or not isinstance(before, list) or not isinstance(after, list):
        return False
    return sorted(map(one_line_json, before)) == sorted(map(one_line_json, after))


def _trusts(world: World, endpoints: set[str]) -> Iterator[Words]:
    """Which roles list the new endpoints in their trust, where the plan tells."""
    for side in world.after["aws_iam_role"].values():
        trust = side.get("assume_role_policy")
        if not isinstance(trust, str) or "AssumeRoleWithSAML" not in trust:
            continue
        for endpoint in sorted(endpoints):
            verdict = "lists" if json.dumps(endpoint) in trust else "does not list"
            yield words(f"the trust policy of the role {{}} {verdict} {{}}", side.get("name"), endpoint)


def _relay_state(change: Change, label: Value) -> Finding:
    old, new = change.old().get("default_relay_state"), change.new().get("default_relay_state")
    says = words("The Okta app {} opens another page.", label)
    details = [words("{} instead of {}", new or None, old or None)]
    opens = opens_administration(new)
    if opens is True and opens_administration(old) is not True:
        says = words("The Okta app {} opens the administration from now on, for everyone who has it.", label)
    elif opens is None and opens_administration(old) is False:
        says = words("The Okta app {} opens another page, which may be in the administration.", label)
    return Finding("relay-state-changed", change.address, says, details=tuple(details))


def _statements(change: Change, label: Value) -> Iterator[Finding]:
    old, new = _by_name(change.old().get("attribute_statements")), _by_name(change.new().get("attribute_statements"))
    if isinstance(old, Mark) or isinstance(new, Mark):
        if old is not new or change.old().values.get("attribute_statements") != change.new().values.get(
            "attribute_statements"
        ):
            says = words(
                "What the Okta app {} says in its assertion is {}.", label, new if isinstance(new, Mark) else SENSITIVE
            )
            yield Finding("assertion-changed", change.address, says)
        return
    lines: dict[str, list[Words]] = {}
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        short = name.removeprefix(saml_attributes.PREFIX)
        if short == "SessionDuration" and not _longer(_number(before), _number(after)):
            continue
        code = {"RoleSessionName": "session-name-changed", "SessionDuration": "session-lengthened"}.get(
            short, "assertion-changed"
        )
        if after is None:
            line = words("{} is no longer sent", short)
        elif before is None:
            line = words("{} is newly sent: {}", short, _shown(after))
        else:
            line = words("{}: {} instead of {}", short, _shown(after), _shown(before))
        lines.setdefault(code, []).append(line)
    for code, found in lines.items():
        yield Finding(
            code, change.address, words("The Okta app {} sends another assertion.", label), details=tuple(found)
        )


def _by_name(statements: Value) -> Mapping[str, Value] | Mark:
    """The attribute statements by name: their order means nothing, nor do attributes that are empty."""
    if isinstance(statements, Mark):
        return statements
    found: dict[str, Value] = {}
    for statement in statements if isinstance(statements, list) else ():
        if isinstance(statement, Mark):
            return statement
        if isinstance(statement, dict):
            found[str(statement.get("name"))] = {
                key: value for key, value in statement.items() if key != "name" and value not in (None, "")
            }
    return found


def _shown(statement: Value) -> Words:
    if not isinstance(statement, dict):
        return words("{}", statement)
    values = statement.get("values")
    shown = (
        listing([value for value in values if isinstance(value, (str, Mark))])
        if isinstance(values, list) and values
        else None
    )
    if statement.get("type") == "GROUP":
        shown = words("groups by {} {}", statement.get("filter_type"), statement.get("filter_value"))
    return shown if shown is not None else words("{}", one_line_json(statement))


def _number(statement: Value) -> int | None:
    """The session duration that a statement sends, AWS's default without one; None where it is no number of seconds."""
    if statement is None:
        return sessions.DEFAULT
    values = statement.get("values") if isinstance(statement, dict) else None
    text = values[0] if isinstance(values, list) and len(values) == 1 else None
    bare = text.strip('"') if isinstance(text, str) else ""
    return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 10 else None


def _longer(before: int | None, after: int | None) -> bool:
    """Whether sessions last longer, or may."""
    return after is None or after > (sessions.DEFAULT if before is None else before)


def _settings(world: World, change: Change, label: Value, attribute: str) -> Iterator[Finding]:
    """Findings about the settings of the AWS catalogue app, a JSON object."""
    before, after = change.old().get(attribute), change.new().get(attribute)
    if before == after and not isinstance(after, Mark):
        return
    if isinstance(before, Mark) or isinstance(after, Mark):
        if before is not after or change.old().values.get(attribute) != change.new().values.get(attribute):
            says = words(
                "The settings of the Okta app {} are {}.", label, after if isinstance(after, Mark) else SENSITIVE
            )
            yield Finding("assertion-changed", change.address, says)
        return
    old, new = _object(before), _object(after)
    endpoints = [
        key for key in (ENDPOINT_OVERRIDE, ENVIRONMENT_TYPE) if (old.get(key) or None) != (new.get(key) or None)
    ]
    if endpoints:
        says = words("The Okta app {} posts to another sign-in endpoint.", label)
        endpoint = posts_to(new)
        trusts = _trusts(world, {endpoint}) if endpoint is not None else ()
        yield Finding("endpoint-changed", change.address, says, details=(*_setting_lines(old, new, endpoints), *trusts))
    roles = [key for key in ROLE_SETTINGS if (old.get(key) or None) != (new.get(key) or None)]
    if roles:
        says = words("The Okta app {} sends other roles, or finds them in another way.", label)
        yield Finding("assertion-changed", change.address, says, details=_setting_lines(old, new, roles))
    if old.get("sessionDuration") != new.get("sessionDuration") and _longer(_seconds(old), _seconds(new)):
        says = words(
            "Sessions through the Okta app {} last {} seconds instead of {}.",
            label,
            new.get("sessionDuration"),
            old.get("sessionDuration"),
        )
        yield Finding("session-lengthened", change.address, says)


def _setting_lines(old: Mapping[str, Value], new: Mapping[str, Value], keys: list[str]) -> tuple[Words, ...]:
    return tuple(words(f"{key}: {{}} instead of {{}}", new.get(key), old.get(key)) for key in keys)


def _seconds(settings: Mapping[str, Value]) -> int | None:
    """The session duration, Okta's default where it is not set; None where it is no number of seconds."""
    value = settings.get("sessionDuration")
    return (
        sessions.DEFAULT if value is None else value if isinstance(value, int) and not isinstance(value, bool) else None
    )


def _object(document: Value) -> Mapping[str, Value]:
    try:
        value = json.loads(document) if isinstance(document, str) else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


POLICY_TYPES = ("okta_app_signon_policy", "okta_app_signon_policy_rule", "okta_app_access_policy_assignment")


def _policies(world: World) -> Iterator[Finding]:
    for change in world.plan.of(*POLICY_TYPES):
        if not change.changes_something or change.forgets:
            continue
        name = change.new().get("name") or change.old().get("name")
        verb = "is destroyed" if change.after is None else "is made" if change.before is None else "changes"
        noun = {
            "okta_app_signon_policy": "authentication policy",
            "okta_app_signon_policy_rule": "rule of an authentication policy",
        }.get(change.type, "assignment of an authentication policy to an app")
        says = words(f"The {noun} {{}} {verb}.", name) if name else words(f"An {noun} {verb}.")
        yield Finding("authentication-policy-changed", change.address, says, reason_of(change))


def _role_groups(world: World) -> Iterator[Finding]:
    """A role group's name is what Okta reads the role from, so renaming it changes the assertion."""
    for change in world.plan.of("okta_group"):
        if change.before is None or change.after is None or not change.changes_something:
            continue
        old, new = change.before.get("name"), change.after.get("name")
        if old != new and any(isinstance(name, str) and name.startswith(("aws#", "aws_")) for name in (old, new)):
            says = words("The role group {} becomes {}: its name says which role its members get.", old, new)
            yield Finding("assertion-changed", change.address, says)

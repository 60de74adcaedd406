"""The Okta side: the apps as they are, who is assigned to them, and what fills the role groups."""

from __future__ import annotations

from collections.abc import Iterator

from connect_sso.doctor.examination import Examination
from connect_sso.doctor.findings import LiveFinding
from connect_sso.environment.model import App
from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE, posts_to
from connect_sso.facts.okta_profile import expression, user_name_template
from connect_sso.facts.pages import page_name
from connect_sso.facts.partitions import is_aws_endpoint
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, read_relay_state
from connect_sso.live.model import LiveApp, LiveGroup, LiveRule
from connect_sso.sign_in.app_settings import (
    duration_of,
    maps_groups,
    pair_of,
    plain_role,
    session_name_of,
    session_tags,
)
from connect_sso.sign_in.live import settings_of
from connect_sso.text import nearest


def named(app: App) -> str:
    """What findings call an app."""
    return f"the Okta app {app.label!r}"


def missing_apps(case: Examination) -> Iterator[LiveFinding]:
    """Apps that are not there, or do not sign anybody in."""
    for key, app in case.environment.apps.items():
        live = case.apps.get(key)
        if live is None:
            if not case.org.could_not_read(app.label):
                hint = nearest(app.label, [each.label for each in case.org.apps])
                evidence = f"{case.org.url} has no app with this label, nor one that names the SAML provider {app.saml_provider}{hint}"
                yield LiveFinding("app-missing", named(app), evidence, apps=frozenset({key}), stops=True)
        elif not live.active:
            yield LiveFinding(
                "app-inactive", named(app), f"its status is {live.status}", apps=frozenset({key}), stops=True
            )


def changed_apps(case: Examination) -> Iterator[LiveFinding]:
    """Apps whose own settings are others than the file's."""
    for key, app, live in case.both:
        where, apps = named(app), frozenset({key})
        if live.label != app.label:
            evidence = f"the app of the SAML provider {app.saml_provider} is called {live.label!r}"
            yield LiveFinding("app-renamed", where, evidence, apps=apps)
        if live.catalogue is not (case.environment.okta.role_assignment != "saml_app"):
            kind = "the catalogue's AWS Account Federation" if live.catalogue else "a custom SAML app"
            evidence = f"it is {kind}, and the file says role_assignment: {case.environment.okta.role_assignment}"
            yield LiveFinding("app-other-kind", where, evidence, apps=apps, stops=True)
            continue
        yield from _endpoint(case, key, app, live)
        yield from _role(case, key, app, live)
        yield from _session(case, key, app, live)
        yield from _relay_state(case, key, app, live)
        wanted, policy = app.authentication_policy, live.authentication_policy
        if wanted is not None and policy is not None and wanted != policy:
            evidence = f"it has {policy!r}, the file says {wanted!r}"
            yield LiveFinding("app-authentication-policy", where, evidence, apps=apps)
        if case.environment.okta.role_assignment == "api_integration" and API_INTEGRATION_FEATURE not in live.features:
            evidence = (
                f"its features are {', '.join(sorted(live.features)) or 'none'}, without {API_INTEGRATION_FEATURE}"
            )
            yield LiveFinding("api-integration-off", where, evidence, apps=apps)


def _endpoint(case: Examination, key: str, app: App, live: LiveApp) -> Iterator[LiveFinding]:
    settings, _ = settings_of(live)
    aws, sign_on = case.environment.aws, live.sign_on
    if settings:
        posted = {"it posts to": posts_to(settings)}
    else:
        names = {"ssoAcsUrl": "it posts to", "recipient": "its recipient is", "destination": "its destination is"}
        posted = {words: str(sign_on.get(name) or "") for name, words in names.items()}
    left = case.environment.leaves("apps")
    wrong = [
        f"{words} {url or 'nothing'}"
        for words, url in posted.items()
        if url is not None and url != aws.sign_in_endpoint and not (left and is_aws_endpoint(url))
    ]
    if wrong:
        evidence = f"{', '.join(wrong)}; the file promises {aws.sign_in_endpoint}"
        stops = not all(url is None or is_aws_endpoint(url) for url in posted.values())
        yield LiveFinding("app-endpoint", named(app), evidence, apps=frozenset({key}), stops=stops)
    audience = None if settings else str(sign_on.get("audience") or "")
    if audience is not None and audience != aws.partition.audience:
        evidence = f"it names {audience or 'none'}, and AWS expects {aws.partition.audience}"
        yield LiveFinding("app-audience", named(app), evidence, apps=frozenset({key}), stops=True)


def _role(case: Examination, key: str, app: App, live: LiveApp) -> Iterator[LiveFinding]:
    """What the app's own settings send; what assignments carry is looked at with them."""
    settings, statements = settings_of(live)
    environment = case.environment
    wanted = {"the SAML provider": environment.provider_arn(app), "the role": environment.role_arn(app)}
    wrong = []
    if settings and maps_groups(settings) is not case.maps_groups:
        wrong.append(f"it takes roles from {'groups' if maps_groups(settings) else 'assignments'}")
    else:
        group = case.role_group(key) if case.maps_groups else None
        group_name = group.name if group else environment.role_group(case.loaded.name, key)
        provider, role = pair_of(settings, statements, (group_name,))
        sent = {"the SAML provider": provider, "the role": role}
        if settings and not case.maps_groups:
            del sent["the role"]
        wrong += [f"it sends {what} {arn or 'of nobody'}" for what, arn in sent.items() if arn != wanted[what]]
    if wrong:
        evidence = f"{', '.join(wrong)}; the file says {' and '.join(wanted.values())}"
        yield LiveFinding("app-role", named(app), evidence, apps=frozenset({key}), stops=True)


def _session(case: Examination, key: str, app: App, live: LiveApp) -> Iterator[LiveFinding]:
    settings, statements = settings_of(live)
    environment, apps = case.environment, frozenset({key})
    attribute = environment.okta.username_attribute
    source = session_name_of(settings, statements, live.user_name_template)
    wanted = user_name_template(attribute) if settings or "RoleSessionName" not in statements else expression(attribute)
    if not settings and "RoleSessionName" not in statements:
        evidence = f"it sends no RoleSessionName, and the file says {expression(attribute)}"
        yield LiveFinding("app-session-name", named(app), evidence, apps=apps, stops=True)
    elif source != wanted:
        evidence = f"it is {source or 'empty'}, and the file says {wanted}"
        yield LiveFinding("app-session-name", named(app), evidence, apps=apps)
    if environment.leaves("apps"):
        return
    duration, promised = duration_of(settings, statements), environment.session_duration(app)
    if duration != promised:
        evidence = f"it asks for {duration or 'no number of'} seconds, and the file says {promised}"
        yield LiveFinding("app-session-duration", named(app), evidence, apps=apps)
    tags = set(session_tags(statements))
    if not settings and tags != set(app.session_tags):
        evidence = f"it sends {', '.join(sorted(tags)) or 'none'}, and the file says {', '.join(sorted(app.session_tags)) or 'none'}"
        yield LiveFinding("app-session-tags", named(app), evidence, apps=apps)


def _relay_state(case: Examination, key: str, app: App, live: LiveApp) -> Iterator[LiveFinding]:
    actual = str(live.sign_on.get("defaultRelayState") or "")
    instance_id = case.account.instance.id if case.account.instance else case.environment.connect.instance_id
    wrong = ""
    try:
        landing = read_relay_state(actual)
    except (HoldsArnError, NotConnectError) as error:
        wrong = f"its relay state is {actual or 'empty'}: {error}"
    else:
        wanted = read_relay_state(case.environment.relay_state(app, instance_id or landing.instance_id))
        if landing.region != wanted.region:
            wrong = f"its relay state is for {landing.region or 'no region'}, the file for {wanted.region}"
        elif landing.instance_id != wanted.instance_id:
            wrong = f"its relay state opens the instance {landing.instance_id}, and the file's is {wanted.instance_id}"
        elif landing.destination.rstrip("/") != wanted.destination.rstrip("/"):
            wrong = f"it opens {page_name(landing.destination)}, and the file says {page_name(wanted.destination)}"
    if wrong:
        yield LiveFinding("app-relay-state", named(app), wrong, apps=frozenset({key}))


# --- assignments -------------------------------------------------------------------------------------------------------


def groups(case: Examination) -> Iterator[LiveFinding]:
    """Groups that the file names and that are not there, have lost an app, or have it with another role; and others that have it."""
    names = dict.fromkeys(name for app in case.environment.apps.values() for name in app.groups)
    for name in names:
        if name not in case.groups_by_name and not case.org.could_not_read(name):
            keys = frozenset(key for key, app in case.environment.apps.items() if name in app.groups)
            others = sorted({group for key in keys for group in _others(case, key)})
            hint = f"; {', '.join(map(repr, others))} may be the same one, with another name" if others else ""
            yield LiveFinding(
                "group-missing", f"the Okta group {name!r}", f"{case.org.url} has no such group{hint}", apps=keys
            )
    for key, app, live in case.both:
        if live.groups is None:
            continue
        assigned = {each.group_id: each for each in live.groups}
        expected = {case.groups_by_name[name].id for name in app.groups if name in case.groups_by_name}
        if case.maps_groups:
            group = case.role_group(key)
            expected = {group.id} if group else set()
        for identifier in sorted(expected, key=lambda each: case.org.groups[each].name):
            group = case.org.groups[identifier]
            each = assigned.get(identifier)
            if each is None:
                evidence = f"the group {group.name!r} is not assigned to it"
                yield LiveFinding("group-without-app", named(app), evidence, apps=frozenset({key}))
            elif case.environment.okta.role_assignment == "api_integration":
                roles = {plain_role(role) for role in each.saml_roles}
                if roles != {app.role}:
                    evidence = f"the group {group.name!r} has it with {', '.join(sorted(roles)) or 'no role'}, and the file says {app.role}"
                    yield LiveFinding("group-role", named(app), evidence, apps=frozenset({key}))
        maybe_renamed = _others(case, key)
        for identifier in assigned.keys() - expected:
            group = case.org.groups.get(identifier)
            if group is None and case.org.could_not_read(identifier):
                continue
            if group is None or group.name not in maybe_renamed:
                yield _another_group(app, group, identifier)


def _others(case: Examination, key: str) -> list[str]:
    """The groups that have an app in place of one that the file names and that is not there, one for one."""
    app, live = case.environment.apps[key], case.apps.get(key)
    if live is None or case.maps_groups:
        return []
    missing = [name for name in app.groups if name not in case.groups_by_name]
    assigned = [case.org.groups[each.group_id] for each in live.groups or () if each.group_id in case.org.groups]
    strange = [group.name for group in assigned if group.name not in app.groups and group.type != "BUILT_IN"]
    return strange if len(strange) == len(missing) else []


def _another_group(app: App, group: LiveGroup | None, identifier: str) -> LiveFinding:
    if group is not None and group.type == "BUILT_IN" and group.name == "Everyone":
        return LiveFinding("assigned-to-everyone", named(app), f"the group {group.name!r} has it")
    evidence = f"the group {group.name if group else identifier!r} has it"
    return LiveFinding("assigned-to-another-group", named(app), evidence)


def role_groups(case: Examination) -> Iterator[LiveFinding]:
    """Role groups (`group_mapping`) and the rules that fill them."""
    if not case.maps_groups:
        return
    for key, app, _ in case.both:
        name, apps = case.environment.role_group(case.loaded.name, key), frozenset({key})
        group = case.role_group(key)
        if group is None:
            if not case.org.could_not_read(name):
                evidence = f"{case.org.url} has no group {name!r}"
                yield LiveFinding("role-group-missing", named(app), evidence, apps=apps, stops=True)
            continue
        if not app.groups or case.org.rules is None:
            continue
        rules = [rule for rule in case.org.rules if group.id in rule.group_ids]
        yield from _rule(case, app, apps, group, rules)


def _rule(
    case: Examination, app: App, apps: frozenset[str], group: LiveGroup, rules: list[LiveRule]
) -> Iterator[LiveFinding]:
    where = f"the role group {group.name!r}"
    if not rules:
        yield LiveFinding("role-group-rule-missing", where, f"no group rule fills it for {named(app)}", apps=apps)
        return
    known = [case.groups_by_name[name].id for name in app.groups if name in case.groups_by_name]
    wanted = set(known) if len(known) == len(app.groups) else None
    active = [rule for rule in rules if rule.status == "ACTIVE"]
    for rule in rules:
        if rule.status == "INVALID":
            yield LiveFinding("role-group-rule-invalid", where, f"the rule {rule.name!r} is INVALID", apps=apps)
        elif rule.status != "ACTIVE" and not active:
            yield LiveFinding("role-group-rule-inactive", where, f"the rule {rule.name!r} is {rule.status}", apps=apps)
    takes_in: set[str] = set()
    for rule in rules:
        found = groups_in_rule(rule.expression)
        if found is None:
            evidence = (
                f"the rule {rule.name!r} says {rule.expression}, and the file gives it to {', '.join(app.groups)}"
            )
            yield LiveFinding("role-group-rule-differs", where, evidence, apps=apps)
            return
        takes_in |= set(found)
    if wanted is not None and takes_in != wanted:
        names = sorted(case.org.groups[each].name if each in case.org.groups else each for each in takes_in)
        evidence = f"its rule takes in {', '.join(names) or 'nobody'}, and the file says {', '.join(app.groups)}"
        yield LiveFinding("role-group-rule-differs", where, evidence, apps=apps)

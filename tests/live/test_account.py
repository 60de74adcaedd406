"""An AWS account as it is read, against what somebody has made by hand there."""

from __future__ import annotations

import json
from collections.abc import Callable

from connect_sso.live import permissions
from connect_sso.live.account import read_account
from connect_sso.live.model import LiveAccount
from tests.live.conftest import ACCOUNT, opened
from tests.sandbox.companies import GLOBAL_ENDPOINT, Company, walkthrough
from tests.sandbox.http.aws import READS
from tests.sandbox.http.serving import Accounts


def named(company: Company) -> LiveAccount:
    """What a file that names everything would have read."""
    arns = {
        app.key: (arn(f"saml-provider/{app.saml_provider}"), arn(f"role{company.path}{app.role}"))
        for app in company.apps
    }
    return read_account(
        opened(company.region),
        instance=company.instance_id,
        saml_providers=[provider for provider, _ in arns.values()],
        roles=[role for _, role in arns.values()],
        api_user=company.api_user,
    )


def arn(resource: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def found(company: Company) -> LiveAccount:
    """What is read without knowing more than the instance's alias."""
    return read_account(opened(company.region), instance=company.alias.upper(), settings=True)


def test_a_company_is_read_as_it_was_made(company: tuple[Accounts, Company]) -> None:
    _, made = company
    account = found(made)
    instance = account.instance
    assert instance
    assert (instance.id, instance.alias, instance.identity_management) == (made.instance_id, made.alias, "SAML")
    assert instance.attributes["INBOUND_CALLS"]
    assert instance.user_quota == 500
    assert account.users
    assert {user.name: user.id for user in account.users.values()} == made.users
    by_login = {person.login: person for person in made.people}
    for name, user in account.users.items():
        person = by_login[name]
        profiles = [account.profiles[one].name for one in user.security_profile_ids]
        assert profiles == [person.security_profile]
        assert (user.first_name, user.last_name) == (person.first_name, person.last_name)
        assert account.routing_profiles[user.routing_profile_id or ""] == "Basic Routing Profile"
        path = account.hierarchy_groups[user.hierarchy_group_id] if user.hierarchy_group_id else ()
        assert path == (("Leeds", "Sales") if person.department else ())
        phone = person.settings.get("PhoneConfig", {})
        assert user.after_contact_work_seconds == phone.get("AfterContactWorkTimeLimit", 0)
        assert user.auto_accept == phone.get("AutoAccept", False)
        assert user.desk_phone_number == phone.get("DeskPhoneNumber")
        assert user.tags == person.settings.get("Tags", {})
    lead = next(profile for profile in account.profiles.values() if profile.name == "Team lead")
    assert lead.permissions == frozenset({"BasicAgentAccess", "AccessMetrics"})
    assert {role.name for role in account.roles.values()} == {app.role for app in made.apps}
    assert {provider.name for provider in account.saml_providers.values()} == {app.saml_provider for app in made.apps}
    assert account.unread == ()


def test_what_is_named_is_what_is_found(company: tuple[Accounts, Company]) -> None:
    _, made = company
    by_name, by_trust = named(made), found(made)
    assert by_name.roles == by_trust.roles
    assert by_name.saml_providers == by_trust.saml_providers
    assert by_name.missing_roles == by_name.missing_saml_providers == ()
    for role in by_name.roles.values():
        assert role.path == made.path
        assert role.max_session_duration == 3600
        assert role.trust
        assert json.loads(role.trust_document)["Statement"][0]["Condition"] == {
            "StringEquals": {"SAML:aud": GLOBAL_ENDPOINT}
        }
        assert role.policies
        assert [policy.name for policy in role.policies] == [made.policy]
        assert role.policies[0].policy
        assert role.policies[0].description is None
    assert (by_name.api_user and by_name.api_user.name) == made.api_user
    # Without settings nothing of a person is kept but the name and the profiles.
    assert by_name.users
    assert all(user.first_name is None and user.tags is None for user in by_name.users.values())


def test_metadata_is_kept_byte_for_byte(start: Callable[..., Accounts]) -> None:
    running = start()
    made = walkthrough(running)
    for provider in found(made).saml_providers.values():
        assert provider.document.endswith("\n")  # as a browser saved it
        assert provider.metadata
        assert not provider.problem


def test_reading_only_reads(company: tuple[Accounts, Company]) -> None:
    running, made = company
    found(made)
    named(made)
    assert running.aws.calls
    assert all(READS.match(call.operation) or call.operation == "AssumeRole" for call in running.aws.calls)


def test_a_plain_reading_asks_only_what_is_always_needed(company: tuple[Accounts, Company]) -> None:
    """What the documentation lists for everybody is enough where the file names everything."""
    running, made = company
    named(made)
    always = {(one.service.replace("-", ""), one.operation) for one in permissions.AWS if one.always}
    assert {(call.service, call.operation) for call in running.aws.calls} <= always


def test_what_is_not_there_is_said(start: Callable[..., Accounts]) -> None:
    running = start()
    made = walkthrough(running)
    gone, moved = arn("role/Gone"), arn("role/elsewhere/Okta_Role")
    account = read_account(
        opened(made.region),
        instance="no-such-alias",
        saml_providers=[arn("saml-provider/Gone")],
        roles=[gone, moved],
        api_user="nobody",
    )
    assert (account.instance, account.users, account.api_user) == (None, None, None)
    assert account.missing_roles == (gone, moved)
    assert list(account.roles) == [arn("role/Okta_Role")]
    assert account.missing_saml_providers == (arn("saml-provider/Gone"),)
    assert account.unread == ()

"""Apps of an Okta org over HTTP: settings, keys, metadata, assignments, policies.

An app is stored in the form of the provider's `okta_app_saml`; SIGN_ON is what the API calls its parts.
https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/
"""

from __future__ import annotations

import json

from werkzeug import Response

from tests.sandbox import metadata
from tests.sandbox.cloud import Cloud, letters
from tests.sandbox.http.model import NotModelled
from tests.sandbox.http.okta import STAMP, Asked, OktaError, answer, nothing, route
from tests.sandbox.okta import ALPHABET, AWS_APP_USER, AWS_DEFAULTS, policy_id
from tests.sandbox.plugin import Values

APP = "okta_app_saml"
KEY = "okta_app_key"
USER = "okta_app_user"
GROUP = "okta_app_group_assignment"

SIGN_ON = {
    "assertionSigned": "assertion_signed",
    "audience": "audience",
    "authnContextClassRef": "authn_context_class_ref",
    "defaultRelayState": "default_relay_state",
    "destination": "destination",
    "digestAlgorithm": "digest_algorithm",
    "honorForceAuthn": "honor_force_authn",
    "idpIssuer": "idp_issuer",
    "recipient": "recipient",
    "requestCompressed": "request_compressed",
    "responseSigned": "response_signed",
    "samlSignedRequestEnabled": "saml_signed_request_enabled",
    "signatureAlgorithm": "signature_algorithm",
    "spIssuer": "sp_issuer",
    "ssoAcsUrl": "sso_url",
    "subjectNameIdFormat": "subject_name_id_format",
    "subjectNameIdTemplate": "subject_name_id_template",
}
"""`settings.signOn` of a custom app, and the provider's arguments."""

STATEMENT = {
    "filterType": "filter_type",
    "filterValue": "filter_value",
    "name": "name",
    "namespace": "namespace",
    "type": "type",
    "values": "values",
}
ANSWERED_WITH_NULL = dict.fromkeys(("accessKey", "accountID", "secretKey", "secretKeyEnc"))
"""What an `amazon_aws` app has beside AWS_DEFAULTS, always null."""

PROVISIONING = ["PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"]
"""An app's features once its API integration is enabled and creates users."""


def enable_api_integration(cloud: Cloud, app_id: str) -> None:
    """What an administrator does in Okta's console, which has no public API: `features` is all that shows of it."""
    body = cloud.by_id(APP, app_id)
    assert body is not None
    cloud.put(APP, app_id, body | {"features": PROVISIONING})


def _app(asked: Asked, app_id: str) -> Values:
    body = asked.model.cloud.by_id(APP, app_id)
    if body is None:
        raise OktaError("E0000007", f"{app_id} (AppInstance)")
    return body


def _keys(asked: Asked, app: Values) -> dict[str, Values]:
    """The app's signing keys by id, those that are not in use too."""
    made = {body["kid"]: body for body in asked.model.all(KEY, app_id=app["id"])}
    return {key["kid"]: key for key in app["keys"] or []} | made


def app_answer(asked: Asked, app: Values) -> Values:
    """An app as the API answers."""
    catalogue = app["name"] == "amazon_aws"
    settings = json.loads(app["app_settings_json"] or "{}")
    statements = [
        {theirs: item[ours] for theirs, ours in STATEMENT.items() if item.get(ours)}
        for item in app["attribute_statements"] or []
    ]
    if catalogue:
        overrides = dict.fromkeys(("ssoAcsUrlOverride", "audienceOverride", "recipientOverride", "destinationOverride"))
        sign_on: Values = {"defaultRelayState": app["default_relay_state"] or None, **overrides}
        settings = AWS_DEFAULTS | ANSWERED_WITH_NULL | settings
    else:
        sign_on = {theirs: app[ours] for theirs, ours in SIGN_ON.items()}
        sign_on["idpIssuer"] = sign_on["idpIssuer"] or "http://www.okta.com/${org.externalKey}"
        endpoints = [{"url": url, "index": index} for index, url in enumerate(app["acs_endpoints"] or [])]
        sign_on |= {"allowMultipleAcsEndpoints": bool(endpoints), "acsEndpoints": endpoints, "inlineHooks": []}
        sign_on |= {"slo": {"enabled": False}, "requestCompressed": bool(sign_on["requestCompressed"])}
    link = f"{app['name']}_link" if not catalogue else "login"
    here = asked.url(f"/api/v1/apps/{app['id']}")
    return {
        "id": app["id"],
        "name": app["name"],
        "label": app["label"],
        "status": app["status"],
        "created": STAMP,
        "lastUpdated": STAMP,
        "accessibility": {
            "selfService": app["accessibility_self_service"],
            "errorRedirectUrl": app["accessibility_error_redirect_url"],
            "loginRedirectUrl": app["accessibility_login_redirect_url"],
        },
        "visibility": {
            "autoLaunch": False,
            "autoSubmitToolbar": app["auto_submit_toolbar"],
            "hide": {"iOS": app["hide_ios"], "web": app["hide_web"]},
            "appLinks": json.loads(app["app_links_json"] or "null") or {link: True},
        },
        "features": app["features"],
        "signOnMode": app["sign_on_mode"],
        "credentials": {
            "userNameTemplate": {
                "template": app["user_name_template"],
                "type": app["user_name_template_type"],
                **({"suffix": app["user_name_template_suffix"]} if app["user_name_template_suffix"] else {}),
            },
            "signing": {"kid": app["key_id"]},
        },
        "settings": {
            "app": settings,
            "notifications": {"vpn": {"network": {"connection": "DISABLED"}, "message": None, "helpUrl": None}},
            "manualProvisioning": False,
            "implicitAssignment": bool(app["implicit_assignment"]),
            "notes": {"admin": app["admin_note"], "enduser": app["enduser_note"]},
            "signOn": sign_on | {"attributeStatements": statements},
        },
        "_links": {
            "metadata": {"href": f"{here}/sso/saml/metadata", "type": "application/xml"},
            "appLinks": [{"name": link, "href": app["embed_url"], "type": "text/html"}],
            "policies": {"href": f"{here}/policies", "hints": {"allow": ["PUT"]}},
            "groups": {"href": f"{here}/groups"},
            "users": {"href": f"{here}/users"},
            "logo": [{"name": "medium", "href": app["logo_url"], "type": "image/png"}],
            "accessPolicy": {"href": asked.url(f"/api/v1/policies/{app['authentication_policy']}")},
            ("deactivate" if app["status"] == "ACTIVE" else "activate"): {"href": f"{here}/lifecycle"},
        },
    }


def _app_values(given: Values) -> Values:
    """The provider's arguments for what a request says of an app."""
    settings = given.get("settings") or {}
    sign_on = settings.get("signOn") or {}
    visibility, credentials = given.get("visibility") or {}, given.get("credentials") or {}
    template, accessibility = credentials.get("userNameTemplate") or {}, given.get("accessibility") or {}
    notes = settings.get("notes") or {}
    statements = [
        {ours: item.get(theirs) for theirs, ours in STATEMENT.items()}
        | {"type": item.get("type", "EXPRESSION"), "values": item.get("values") or []}
        for item in sign_on.get("attributeStatements") or []
    ]
    values: Values = {
        "label": given.get("label"),
        "app_settings_json": json.dumps(settings.get("app") or {}),
        "attribute_statements": statements,
        "acs_endpoints": [item["url"] for item in sign_on.get("acsEndpoints") or []],
        "default_relay_state": sign_on.get("defaultRelayState"),
        "accessibility_self_service": accessibility.get("selfService", False),
        "accessibility_error_redirect_url": accessibility.get("errorRedirectUrl"),
        "accessibility_login_redirect_url": accessibility.get("loginRedirectUrl"),
        "auto_submit_toolbar": visibility.get("autoSubmitToolbar", False),
        "hide_ios": (visibility.get("hide") or {}).get("iOS", False),
        "hide_web": (visibility.get("hide") or {}).get("web", False),
        "app_links_json": json.dumps(visibility["appLinks"]) if visibility.get("appLinks") else None,
        "user_name_template": template.get("template") or "${source.login}",
        "user_name_template_type": template.get("type") or "BUILT_IN",
        "user_name_template_suffix": template.get("suffix"),
        "implicit_assignment": settings.get("implicitAssignment", False),
        "admin_note": notes.get("admin"),
        "enduser_note": notes.get("enduser"),
    }
    return values | {ours: sign_on[theirs] for theirs, ours in SIGN_ON.items() if sign_on.get(theirs) is not None}


@route("GET", "/api/v1/apps")
def list_apps(asked: Asked) -> Response:
    """By the beginning of name or label, as `q` is documented."""
    wanted = asked.request.args.get("q", "").lower()
    status = asked.request.args.get("filter", "")
    found = [
        app_answer(asked, app)
        for app in asked.model.all(APP)
        if str(app["label"]).lower().startswith(wanted) or str(app["name"]).lower().startswith(wanted)
        if not status.startswith("status eq ") or f'"{app["status"]}"' in status
    ]
    return asked.page(found)


@route("POST", "/api/v1/apps")
def create_app(asked: Asked) -> Response:
    """A catalogue app where the request has a name, a custom one otherwise."""
    given = asked.body
    if given.get("signOnMode") != "SAML_2_0":
        raise NotModelled(f"okta apps with sign-on mode {given.get('signOnMode')}")
    if given.get("name") not in (None, "amazon_aws"):
        raise OktaError("E0000007", f"{given['name']} (App)")
    active = asked.request.args.get("activate", "true") == "true"
    values = _app_values(given) | {"preconfigured_app": given.get("name"), "status": "ACTIVE"}
    app = asked.model.create(APP, **{name: value for name, value in values.items() if value is not None})
    if not active:
        asked.model.cloud.put(APP, app["id"], app := app | {"status": "INACTIVE"})
    return answer(app_answer(asked, app))


@route("GET", "/api/v1/apps/{app_id}")
def get_app(asked: Asked, app_id: str) -> Response:
    return answer(app_answer(asked, _app(asked, app_id)))


@route("PUT", "/api/v1/apps/{app_id}")
def update_app(asked: Asked, app_id: str) -> Response:
    """All of it anew; with another key's id, the app signs with that key."""
    app, given = _app(asked, app_id), asked.body
    values = dict.fromkeys(SIGN_ON.values()) if app["name"] != "amazon_aws" else {}
    changed = asked.model.update(APP, app, **values | _app_values(given) | _signed(given))
    kid = ((given.get("credentials") or {}).get("signing") or {}).get("kid")
    if kid and kid != app["key_id"]:
        keys = _keys(asked, app)
        if kid not in keys:
            raise OktaError("E0000001", "credentials.signing.kid", "the app has no such key")
        secret = asked.model.cloud.get(KEY, kid)
        document = metadata.document(app["entity_url"], app["http_post_binding"], keys[kid]["x5c"][0])
        changed |= {
            "key_id": kid,
            "certificate": keys[kid]["x5c"][0],
            "metadata": document,
            "keys": list(keys.values()),
        }
        asked.model.cloud.put(APP, app_id, changed, (secret or {}).get("_private"))
    return answer(app_answer(asked, changed))


def _signed(given: Values) -> Values:
    """Booleans that a request leaves out are false."""
    sign_on = (given.get("settings") or {}).get("signOn") or {}
    flags = ("assertionSigned", "responseSigned", "honorForceAuthn", "samlSignedRequestEnabled")
    return {SIGN_ON[name]: bool(sign_on.get(name)) for name in flags}


@route("DELETE", "/api/v1/apps/{app_id}")
def delete_app(asked: Asked, app_id: str) -> Response:
    app = _app(asked, app_id)
    if app["status"] == "ACTIVE":
        raise OktaError("E0000056", "", "The app must be deactivated first.")
    for kind in (USER, GROUP):
        for item in asked.model.all(kind, app_id=app_id):
            asked.model.delete(kind, item)
    asked.model.delete(APP, app)
    return nothing()


@route("POST", "/api/v1/apps/{app_id}/lifecycle/{change}")
def change_status(asked: Asked, app_id: str, change: str) -> Response:
    status = {"activate": "ACTIVE", "deactivate": "INACTIVE"}[change]
    asked.model.cloud.put(APP, app_id, _app(asked, app_id) | {"status": status})
    return answer({})


@route("GET", "/api/v1/apps/{app_id}/sso/saml/metadata")
def get_metadata(asked: Asked, app_id: str) -> Response:
    """With the key that is asked for, or the one that is in use."""
    app = _app(asked, app_id)
    keys, kid = _keys(asked, app), asked.request.args.get("kid") or app["key_id"]
    if kid not in keys:
        raise OktaError("E0000007", f"{kid} (KeyPair)")
    document = metadata.document(app["entity_url"], app["http_post_binding"], keys[kid]["x5c"][0])
    return Response(document, content_type="application/xml;charset=ISO-8859-1")


@route("GET", "/api/v1/apps/{app_id}/credentials/keys")
def list_keys(asked: Asked, app_id: str) -> Response:
    return answer([_key_answer(key) for key in _keys(asked, _app(asked, app_id)).values()])


@route("POST", "/api/v1/apps/{app_id}/credentials/keys/generate")
def generate_key(asked: Asked, app_id: str) -> Response:
    """A key that signs nothing until the app is changed to it."""
    app, years = _app(asked, app_id), int(asked.request.args.get("validityYears", "10"))
    if not 2 <= years <= 10:
        raise OktaError("E0000001", "validityYears", "validityYears must be from 2 to 10")
    kid = letters(ALPHABET, 43, "kid", app_id, len(_keys(asked, app)))
    private, certificate = metadata.signing_pair(asked.org.name, kid, years)
    key = {**app["keys"][0], "kid": kid, "x5c": [certificate], "x5t_s256": letters(ALPHABET, 43, certificate)}
    asked.model.cloud.put(KEY, kid, key | {"id": kid, "app_id": app_id, "_private": private})
    return answer(_key_answer(key), 201)


def _key_answer(key: Values) -> Values:
    names = {"expires_at": "expiresAt", "last_updated": "lastUpdated", "x5t_s256": "x5t#S256"}
    shown = ("kid", "kty", "use", "created", "last_updated", "expires_at", "x5c", "x5t_s256", "e")
    return {names.get(name, name): key[name] for name in shown} | {"n": letters(ALPHABET, 342, key["kid"])}


# Assignments


def effective_users(asked: Asked, app_id: str) -> list[Values]:
    """Everyone who has the app: assigned one by one, or through the groups that have it, the group of the least priority first."""
    app = _app(asked, app_id)
    active = {user["id"] for user in asked.org.users() if user["status"] != "DEPROVISIONED"}
    found = {item["user_id"]: item | {"_scope": "USER"} for item in asked.model.all(USER, app_id=app_id)}
    for group in sorted(asked.model.all(GROUP, app_id=app_id), key=lambda item: item["priority"]):
        for user in asked.org.members(group["group_id"]):
            profile = _whole_profile(app, user, json.loads(group["profile"] or "{}"))
            found.setdefault(
                user["id"],
                {
                    "user_id": user["id"],
                    "app_id": app_id,
                    "username": app_username(app, user),
                    "profile": json.dumps(profile),
                    "_scope": "GROUP",
                    "_group": group["group_id"],
                },
            )
    return [item for identifier, item in found.items() if identifier in active]


def app_username(app: Values, user: Values) -> str:
    """The user name in the app, by the app's template."""
    template = str(app["user_name_template"])
    attribute = template.removeprefix("${source.").removesuffix("}")
    if template != f"${{source.{attribute}}}":
        raise NotModelled(f"okta user name template {template}")
    return str(user.get(attribute) or "")


def _whole_profile(app: Values, user: Values, given: Values) -> Values:
    if app["name"] != "amazon_aws":
        return given
    mapped = {"email": user["email"], "firstName": user.get("first_name"), "lastName": user.get("last_name")}
    return AWS_APP_USER | mapped | given


def _app_user(asked: Asked, item: Values) -> Values:
    here = f"/api/v1/apps/{item['app_id']}/users/{item['user_id']}"
    links: Values = {"app": {"href": asked.url(f"/api/v1/apps/{item['app_id']}")}, "self": {"href": asked.url(here)}}
    if "_group" in item:
        links["group"] = {"href": asked.url(f"/api/v1/groups/{item['_group']}")}
    return {
        "id": item["user_id"],
        "externalId": None,
        "created": STAMP,
        "lastUpdated": STAMP,
        "scope": item.get("_scope", "USER"),
        "status": "ACTIVE",
        "statusChanged": STAMP,
        "passwordChanged": None,
        "syncState": "DISABLED",
        "credentials": {"userName": item["username"]},
        "profile": json.loads(item["profile"] or "{}"),
        "_links": links,
    }


@route("GET", "/api/v1/apps/{app_id}/users")
def list_app_users(asked: Asked, app_id: str) -> Response:
    return asked.page([_app_user(asked, item) for item in effective_users(asked, app_id)], most=500)


@route("GET", "/api/v1/apps/{app_id}/users/{user_id}")
def get_app_user(asked: Asked, app_id: str, user_id: str) -> Response:
    for item in effective_users(asked, app_id):
        if item["user_id"] == user_id:
            return answer(_app_user(asked, item))
    raise OktaError("E0000007", f"{user_id} (AppUser)")


@route("POST", "/api/v1/apps/{app_id}/users")
def assign_user(asked: Asked, app_id: str) -> Response:
    """Assign a person; whoever has the app through a group is then assigned one by one."""
    given, app = asked.body, _app(asked, app_id)
    user = next((user for user in asked.org.users() if user["id"] == given.get("id")), None)
    if user is None:
        raise OktaError("E0000007", f"{given.get('id')} (User)")
    if user["status"] == "DEPROVISIONED":
        raise OktaError("E0000001", "userId", "a deactivated user cannot be assigned")
    username = (given.get("credentials") or {}).get("userName") or app_username(app, user)
    profile = _whole_profile(app, user, given.get("profile") or {})
    values = {"app_id": app_id, "user_id": user["id"], "username": username, "profile": json.dumps(profile)}
    return answer(_app_user(asked, asked.model.create(USER, **values)))


@route("POST", "/api/v1/apps/{app_id}/users/{user_id}")
def update_app_user(asked: Asked, app_id: str, user_id: str) -> Response:
    given = asked.body
    found = asked.model.all(USER, app_id=app_id, user_id=user_id)
    if not found:
        raise OktaError("E0000007", f"{user_id} (AppUser)")
    changes: Values = {}
    if "userName" in (given.get("credentials") or {}):
        changes["username"] = given["credentials"]["userName"]
    if "profile" in given:
        changes["profile"] = json.dumps(json.loads(found[0]["profile"] or "{}") | given["profile"])
    return answer(_app_user(asked, asked.model.update(USER, found[0], **changes)))


@route("DELETE", "/api/v1/apps/{app_id}/users/{user_id}")
def unassign_user(asked: Asked, app_id: str, user_id: str) -> Response:
    found = asked.model.all(USER, app_id=app_id, user_id=user_id)
    if not found:
        raise OktaError("E0000007", f"{user_id} (AppUser)")
    asked.model.delete(USER, found[0])
    return nothing()


def _app_group(asked: Asked, item: Values) -> Values:
    return {
        "id": item["group_id"],
        "lastUpdated": STAMP,
        "priority": item["priority"],
        "profile": json.loads(item["profile"] or "{}"),
        "_links": {
            "app": {"href": asked.url(f"/api/v1/apps/{item['app_id']}")},
            "group": {"href": asked.url(f"/api/v1/groups/{item['group_id']}")},
        },
    }


@route("GET", "/api/v1/apps/{app_id}/groups")
def list_app_groups(asked: Asked, app_id: str) -> Response:
    _app(asked, app_id)
    return asked.page([_app_group(asked, item) for item in asked.model.all(GROUP, app_id=app_id)])


@route("GET", "/api/v1/apps/{app_id}/groups/{group_id}")
def get_app_group(asked: Asked, app_id: str, group_id: str) -> Response:
    _app(asked, app_id)
    found = asked.model.all(GROUP, app_id=app_id, group_id=group_id)
    if not found:
        raise OktaError("E0000007", f"{group_id} (GroupAppAssignment)")
    return answer(_app_group(asked, found[0]))


@route("PUT", "/api/v1/apps/{app_id}/groups/{group_id}")
def assign_group(asked: Asked, app_id: str, group_id: str) -> Response:
    """Assign a group, or change its assignment."""
    app, given = _app(asked, app_id), asked.body
    whole: Values = {"role": None, "samlRoles": []} if app["name"] == "amazon_aws" and given.get("profile") else {}
    profile = json.dumps(whole | (given.get("profile") or {}))
    found = asked.model.all(GROUP, app_id=app_id, group_id=group_id)
    if found:
        priority = given.get("priority", found[0]["priority"])
        return answer(_app_group(asked, asked.model.update(GROUP, found[0], profile=profile, priority=priority)))
    values = {"app_id": app_id, "group_id": group_id, "profile": profile, "priority": given.get("priority")}
    return answer(_app_group(asked, asked.model.create(GROUP, **values)))


@route("DELETE", "/api/v1/apps/{app_id}/groups/{group_id}")
def unassign_group(asked: Asked, app_id: str, group_id: str) -> Response:
    found = asked.model.all(GROUP, app_id=app_id, group_id=group_id)
    if not found:
        raise OktaError("E0000007", f"{group_id} (GroupAppAssignment)")
    asked.model.delete(GROUP, found[0])
    return nothing()


@route("GET", "/api/v1/meta/schemas/apps/{app_id}/default")
def get_schema(asked: Asked, app_id: str) -> Response:
    """What a person's profile in the app may hold."""
    app = _app(asked, app_id)
    names = AWS_APP_USER if app["name"] == "amazon_aws" else {}
    lists = ("samlRoles", "idpRolePairs")
    base = {name: {"title": name, "type": "array" if name in lists else "string"} for name in names}
    if "samlRoles" in base:
        base["samlRoles"]["union"] = "DISABLE"
    return answer(
        {
            "id": asked.url(f"/meta/schemas/apps/{app_id}/default"),
            "name": app["label"],
            "type": "object",
            "definitions": {
                "base": {"id": "#base", "type": "object", "properties": base},
                "custom": {"id": "#custom", "type": "object", "properties": {}},
            },
        }
    )


# Policies


def _policies(asked: Asked) -> list[Values]:
    return [
        {
            "id": policy_id(asked.org, name),
            "status": "ACTIVE",
            "name": name,
            "type": "ACCESS_POLICY",
            "priority": 1,
            "system": number == 0,
            "conditions": None,
            "created": STAMP,
            "lastUpdated": STAMP,
        }
        for number, name in enumerate(asked.org.cloud.company["okta_authentication_policies"])
    ]


@route("GET", "/api/v1/policies")
def list_policies(asked: Asked) -> Response:
    kind = asked.request.args.get("type", "")
    if not kind:
        raise OktaError("E0000001", "type", "type is required")
    return asked.page(_policies(asked) if kind == "ACCESS_POLICY" else [])


@route("GET", "/api/v1/policies/{policy}")
def get_policy(asked: Asked, policy: str) -> Response:
    for found in _policies(asked):
        if found["id"] == policy:
            return answer(found)
    raise OktaError("E0000007", f"{policy} (Policy)")


@route("PUT", "/api/v1/apps/{app_id}/policies/{policy}")
def assign_policy(asked: Asked, app_id: str, policy: str) -> Response:
    app = _app(asked, app_id)
    get_policy(asked, policy)
    asked.model.cloud.put(APP, app_id, app | {"authentication_policy": policy})
    return nothing()

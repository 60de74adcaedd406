"""Profile mappings of an Okta org over HTTP: what each app's profile of a person is filled with, and the way back.

Okta makes both with the app; they are changed, never made or deleted.
https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ProfileMapping/
"""

from __future__ import annotations

from werkzeug import Response

from tests.sandbox.http.okta import Asked, OktaError, answer, route
from tests.sandbox.okta import mapping_id, unmappable, user_profile
from tests.sandbox.plugin import Values

MAPPING = "okta_profile_mapping"
PUSH_STATUSES = ("PUSH", "DONT_PUSH")


def _ends(asked: Asked) -> dict[str, tuple[Values, Values, Values]]:
    """Source, target and app of every mapping, by its id."""
    found = {}
    user = user_profile(asked.org)
    for app in asked.model.all("okta_app_saml"):
        profile = {"id": app["id"], "name": app["name"], "type": "appuser"}
        for source, target in ((user, profile), (profile, user)):
            found[mapping_id(asked.org, source["id"], target["id"])] = (source, target, app)
    return found


def _summary(asked: Asked, identifier: str, source: Values, target: Values) -> Values:
    def end(one: Values) -> Values:
        kind = "apps" if one["type"] == "appuser" else "meta/types/user"
        return one | {"_links": {"self": {"href": asked.url(f"/api/v1/{kind}/{one['id']}")}}}

    links = {"self": {"href": asked.url(f"/api/v1/mappings/{identifier}")}}
    return {"id": identifier, "source": end(source), "target": end(target), "_links": links}


def _properties(asked: Asked, source: Values, target: Values) -> Values:
    stored = asked.org.cloud.get(MAPPING, f"{source['id']}/{target['id']}")
    return {
        mapping["id"]: {"expression": mapping["expression"], "pushStatus": mapping["push_status"]}
        for mapping in (stored["mappings"] if stored else [])
    }


def _one(asked: Asked, identifier: str) -> tuple[Values, Values, Values]:
    found = _ends(asked).get(identifier)
    if found is None:
        raise OktaError("E0000007", f"{identifier} (ProfileMapping)")
    return found


@route("GET", "/api/v1/mappings")
def list_mappings(asked: Asked) -> Response:
    wanted = {"source": asked.request.args.get("sourceId"), "target": asked.request.args.get("targetId")}
    found = [_summary(asked, identifier, source, target) for identifier, (source, target, _) in _ends(asked).items()]
    return asked.page([one for one in found if all(not w or one[end]["id"] == w for end, w in wanted.items())])


@route("GET", "/api/v1/mappings/{identifier}")
def get_mapping(asked: Asked, identifier: str) -> Response:
    source, target, _ = _one(asked, identifier)
    return answer(_summary(asked, identifier, source, target) | {"properties": _properties(asked, source, target)})


@route("POST", "/api/v1/mappings/{identifier}")
def update_mapping(asked: Asked, identifier: str) -> Response:
    """Change the properties that are named, and delete those that are null; all others stay."""
    source, target, app = _one(asked, identifier)
    given = asked.body.get("properties") or {}
    if target["type"] == "appuser" and (wrong := unmappable(app, given)):
        raise OktaError("E0000001", "properties", f"the target has no {', '.join(wrong)}")
    for name, value in given.items():
        if value is not None and (not value.get("expression") or value.get("pushStatus") not in PUSH_STATUSES):
            raise OktaError("E0000001", f"properties.{name}", "an expression and a push status are required")
    whole = {name: value for name, value in (_properties(asked, source, target) | given).items() if value is not None}
    mappings = [
        {"id": name, "expression": value["expression"], "push_status": value["pushStatus"]}
        for name, value in sorted(whole.items())
    ]
    body = {"id": identifier, "source_id": source["id"], "target_id": target["id"], "mappings": mappings}
    asked.org.cloud.put(MAPPING, f"{source['id']}/{target['id']}", body)
    return get_mapping(asked, identifier)

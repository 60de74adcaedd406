"""Bring the provider lock files up to date: `.venv/bin/python -I ci/run.py lock [PLATFORM…]`, which is `make lock`.

Each stack's `.terraform.lock.hcl` is kept as `locks/STACK.terraform.lock.hcl`, since the stack's own folder is
written anew at every synthesis. Terraform asks the registry for the checksums on each platform;
`TF_CLI_ARGS_providers_lock` can send it to a mirror.
"""

from __future__ import annotations

import shutil
import sys

from ci.runner import Stop, run
from ci.stacks import stopping
from connect_sso.terraform.locks import LOCK_FILE, LOCKS, kept_lock
from connect_sso.terraform.stacks import synthesize

PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64")


def main() -> None:
    """Lock every stack, and drop the lock files of stacks that are gone; on a failure the files stay as they were."""
    platforms = sys.argv[1:] or PLATFORMS
    with stopping():
        stacks = synthesize()
    for stack in stacks:
        (stack.folder / LOCK_FILE).unlink(missing_ok=True)
        locked = stack.terraform("providers", "lock", *(f"-platform={platform}" for platform in platforms))
        if locked.returncode != 0:
            raise Stop(f"{stack.name}: terraform providers lock fails; its message is above")
    for lock in LOCKS.glob(f"*{LOCK_FILE}"):
        lock.unlink()
    LOCKS.mkdir(exist_ok=True)
    for stack in stacks:
        print(shutil.copyfile(stack.folder / LOCK_FILE, kept_lock(stack.name)))


if __name__ == "__main__":
    run(main)

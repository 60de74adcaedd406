"""An interrupt that loses nothing, with programs that behave as Terraform and a provider do, and a service that answers slowly."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connect_sso.terraform.interrupts import CANCELLED_JOB, SAME, UnderWay

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/io").exists(), reason="the system does not tell what a process does"
)

ANSWERS_AFTER = 0.6
TIMEOUT = 60

PROVIDER = f"""#!{sys.executable} -P
import os, signal, socket, sys, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
port, waiting, stop = int(sys.argv[1]), set(), threading.Event()

def ask(name):
    os.write(2, b"log of a request " * 2000)  # nobody reads it while Terraform stands still
    with socket.create_connection(("127.0.0.1", port)) as service:
        waiting.add(service)
        if stop.is_set():
            return b""
        os.write(service.fileno(), name.encode() + b"\\n")  # as Go's programs do, and what the system counts
        try:
            return os.read(service.fileno(), 100)
        except OSError:
            return b""
        finally:
            waiting.discard(service)

def make(name):
    answer, pause = ask(name), 0.1
    while answer == b"later" and not stop.wait(pause):
        answer, pause = ask(name), 2 * pause
    sys.stdout.write(("made " if answer == b"made" else "lost ") + name + "\\n")
    sys.stdout.flush()

for line in sys.stdin:
    if line == "stop\\n":
        stop.set()
        for service in list(waiting):
            service.shutdown(socket.SHUT_RDWR)
    else:
        threading.Thread(target=make, args=[line.strip()]).start()
"""
"""Asks the service for each thing that it is told to make, and again, ever more seldom, while that is not ready; gives up what is under way when it is told to stop."""

TERRAFORM = f"""#!{sys.executable} -P
import os, signal, subprocess, sys, threading
folder, port, count = os.path.dirname(os.path.abspath(__file__)), sys.argv[2], int(sys.argv[3])
stopping = []
def stop(*_):
    stopping.append(1)
    if len(stopping) > 1:
        os._exit(1)
    os.write(1, b"Interrupt received.\\n")  # not print: this may be in the middle of one
    os.write(provider.stdin.fileno(), b"stop\\n")
signal.signal(signal.SIGINT, stop)
provider = subprocess.Popen(
    [folder + "/terraform-provider-fake_v1", port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # the thread is not to get it: nothing would wake this one
threading.Thread(target=lambda: [None for _ in provider.stderr], daemon=True).start()
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
names = [f"thing.t{{number}}" for number in range(count)]
under_way = 0
def begin():
    global under_way
    while names and not stopping and under_way < 3:
        under_way += 1
        name = names.pop()
        print(f"{{name}}: Creating...", flush=True)
        os.write(provider.stdin.fileno(), name.encode() + b"\\n")
begin()
while under_way:
    said, name = provider.stdout.readline().decode().split(" ")
    under_way -= 1
    if said == "made":
        with open(folder + "/state", "a") as state:
            state.write(name)
        print(f"{{name.strip()}}: Creation complete after 0s [id=1]", flush=True)
    begin()
provider.kill()
sys.exit(1 if stopping else 0)
"""
"""Makes three things at a time, and notes each in its state once the provider says that it is there."""

RUN = """
import pathlib, sys
from connect_sso.terraform import interrupts, processes
if sys.argv[1] == "blind":
    processes.PROC, interrupts.BLIND = pathlib.Path("/nowhere"), 2
patience = interrupts.PATIENCE if sys.argv[1] == "blind" else float(sys.argv[1])
sys.exit(interrupts.run(sys.argv[2:], patience=patience))
"""
"""Takes the patience in seconds, or `blind`: as where the system has only `ps`."""


@dataclass
class Service:
    """Makes what it is asked for at once, and says so later."""

    port: int
    answers_after: float = ANSWERS_AFTER
    ready_after: float = 0
    """Seconds from the first time that it is asked for something until that is ready."""
    made: list[str] = field(default_factory=list)


@contextmanager
def serving(answers_after: float = ANSWERS_AFTER, ready_after: float = 0) -> Iterator[Service]:
    """A service on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = Service(listener.getsockname()[1], answers_after, ready_after)
        since: dict[str, float] = {}

        def answer(connection: socket.socket) -> None:
            with connection:
                name = connection.recv(100).decode().strip()
                if name not in since:
                    since[name] = time.monotonic()
                    service.made.append(name)
                time.sleep(service.answers_after)
                ready = time.monotonic() - since[name] >= service.ready_after
                connection.sendall(b"made" if ready else b"later")

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=[connection], daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield service
        listener.shutdown(socket.SHUT_RDWR)


def command(folder: Path, service: Service, *, count: int = 20, patience: str = "60") -> list[str]:
    """The runner of a fake Terraform."""
    for name, text in (("terraform", TERRAFORM), ("terraform-provider-fake_v1", PROVIDER)):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)
    terraform = [str(folder / "terraform"), "apply", str(service.port), str(count)]
    return [sys.executable, "-c", RUN, patience, *terraform]


@contextmanager
def applying(folder: Path, service: Service, *, after: int, patience: str = "60") -> Iterator[subprocess.Popen[str]]:
    """An apply that has made so many things."""
    with subprocess.Popen(
        command(folder, service, patience=patience),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_until(lambda: len(service.made) >= after, process)
            yield process
        finally:
            process.kill()  # where a test has failed


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something to become true while a command runs."""
    end = time.monotonic() + TIMEOUT
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def noted(folder: Path) -> list[str]:
    """What the state holds."""
    return sorted((folder / "state").read_text("utf-8").split()) if (folder / "state").exists() else []


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_what_is_being_made_is_noted(tmp_path: Path, sent: signal.Signals) -> None:
    with serving() as service, applying(tmp_path, service, after=5) as process:
        os.killpg(process.pid, sent)
        os.killpg(process.pid, sent)  # a shell and the terminal may both say so: that is one interrupt
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert noted(tmp_path) == sorted(service.made), stdout + stderr
    assert 5 <= len(service.made) < 20
    assert "Interrupt received." in stdout
    assert [line.partition(":")[0] for line in stderr.splitlines()] == ["==> stopping", "==> stopped"]
    assert "a second interrupt ends it at once" in stderr
    assert "what has been made is in the state" in stderr


def test_without_patience_it_would_be_lost(tmp_path: Path) -> None:
    """The programs of this test are no easier than Terraform and its providers."""
    with serving() as service, applying(tmp_path, service, after=5, patience="0") as process:
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert set(noted(tmp_path)) < set(service.made)
    assert "stopped while answers were still awaited" in stderr


def test_a_job_that_is_killed_soon_waits_less(tmp_path: Path) -> None:
    """Terraform still notes what was answered, and is gone in time."""
    with serving() as service, applying(tmp_path, service, after=5, patience=str(CANCELLED_JOB)) as process:
        service.answers_after = 30
        wait_until(lambda: len(service.made) >= 8, process)
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert 5 <= len(noted(tmp_path)) < len(service.made)  # it has not waited the half minute for the last answers
    assert "stopped while answers were still awaited" in stderr


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps")
def test_where_the_system_tells_less(tmp_path: Path) -> None:
    """A wait of a fixed time, and nothing is claimed."""
    with serving() as service, applying(tmp_path, service, after=5, patience="blind") as process:
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert noted(tmp_path) == sorted(service.made)
    assert "cannot be seen on this system" in stderr


def test_an_answer_that_takes_longer_than_any_silence_is_waited_for(tmp_path: Path) -> None:
    with serving(3) as service, applying(tmp_path, service, after=3) as process:
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=TIMEOUT)
    assert noted(tmp_path) == sorted(service.made)
    assert len(service.made) == 3


def test_what_takes_long_to_become_ready_is_waited_for(tmp_path: Path) -> None:
    """The provider looks ever more seldom, and its silence in between is no sign that it is done."""
    with serving(0.05, ready_after=5) as service, applying(tmp_path, service, after=3) as process:
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=TIMEOUT)
    assert noted(tmp_path) == sorted(service.made)
    assert len(service.made) == 3


def test_the_second_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    with serving(30) as service, applying(tmp_path, service, after=3) as process:
        os.kill(process.pid, signal.SIGINT)
        assert process.stderr is not None
        while "a second interrupt ends it at once" not in process.stderr.readline():
            pass
        time.sleep(SAME + 0.5)
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert len(noted(tmp_path)) < len(service.made)  # their answers were not waited for
    assert "docs/recovery.md" in stderr


def test_without_an_interrupt_nothing_is_different(tmp_path: Path) -> None:
    with serving(0) as service:
        done = subprocess.run(command(tmp_path, service), capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert noted(tmp_path) == sorted(service.made)
    assert len(service.made) == 20


def test_a_terminal_that_goes_away_with_the_parent(tmp_path: Path) -> None:
    """As cdktf does: its terminal and it are gone, and what Terraform prints from then on reaches nobody."""
    with serving() as service:
        parent = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import pty, sys; pty.spawn(sys.argv[1:], lambda fd: __import__('os').read(fd, 1024))",
                *command(tmp_path, service),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with parent:
            end = time.monotonic() + TIMEOUT
            while len(service.made) < 5:
                assert parent.poll() is None
                assert time.monotonic() < end
                time.sleep(0.01)
            parent.kill()
        made = -1
        while made != len(service.made) or len(noted(tmp_path)) != made:
            assert time.monotonic() < end, (noted(tmp_path), service.made)
            made = len(service.made)
            time.sleep(1)
    assert noted(tmp_path) == sorted(service.made)
    assert len(service.made) < 20


def test_it_can_be_asked_in_a_terminal(tmp_path: Path) -> None:
    """Terraform's question reaches the person, and the answer Terraform, though it has a session of its own."""
    asking = tmp_path / "terraform"
    asking.write_text(f"#!{sys.executable} -P\nprint('answer: ' + input('Enter a value: '))\n", "utf-8")
    asking.chmod(0o755)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "60", str(asking), "apply"], stdin=theirs, stdout=theirs, start_new_session=True
    )
    os.close(theirs)
    said = b""
    with process:
        while b"Enter a value: " not in said:
            said += os.read(ours, 1000)
        os.write(ours, b"yes\n")
        assert process.wait(timeout=TIMEOUT) == 0
    said += os.read(ours, 1000)
    os.close(ours)
    assert b"answer: yes" in said


def test_what_terraform_says_it_is_doing() -> None:
    under_way = UnderWay()
    under_way.feed(b"\x1b[0m\x1b[1maws_connect_instance.instance: Creating...\x1b[0m\x1b[0m\nokta_app_saml.a: Modi")
    under_way.feed(b'fying... [id=0oa1]\naws_connect_user.users["a: b"]: Destroying... [id=x]\n')
    under_way.feed(
        b"data.okta_group.a: Reading...\naws_connect_instance.instance: Still creating... [00m10s elapsed]\n"
    )
    assert list(under_way.now()) == [
        "aws_connect_instance.instance",
        "okta_app_saml.a",
        'aws_connect_user.users["a: b"]',
    ]
    under_way.feed(b"okta_app_saml.a: Modifications complete after 1s [id=0oa1]\n")
    under_way.feed(b'aws_connect_user.users["a: b"]: Destruction complete after 0s\n')
    assert list(under_way.now()) == ["aws_connect_instance.instance"]

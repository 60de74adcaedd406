"""What the processes of one process group do, as far as the system tells without a package of its own.

Linux tells what each process reads and writes (`/proc/PID/io`) and when a connection last sent and received (sock_diag). Other systems
have `ps` alone: who is there, not what they do.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

PROVIDER = "terraform-provider-"
"""How a provider's program is called: https://developer.hashicorp.com/terraform/registry/providers/publishing."""

_GROUP_OF_STAT = 2
"""Behind the name in parentheses: state, parent, process group. See proc_pid_stat(5)."""

_TIMEOUT = 10
"""Seconds for `ps`."""

ANSWER = 30
"""Seconds after which an answer that has not come is no longer expected."""

DOUBTFUL = 5
"""The same where the system's clock is too coarse to tell whether the answer came."""


@dataclass(frozen=True)
class Member:
    """A process of the group."""

    pid: int
    words: tuple[str, ...]
    """Its command line."""

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider: a program of that name, or a script of that name behind its interpreter and an option."""
        return any(Path(word).name.startswith(PROVIDER) for word in self.words[:3])


def members(group: int) -> list[Member]:
    """The processes of a process group; none where the system does not tell."""
    if (PROC / "self" / "stat").exists():
        return list(_members_in_proc(group))
    try:
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=", "-o", "pgid=", "-o", "args="],
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = (line.split() for line in listed.stdout.decode(errors="replace").splitlines())
    return [Member(int(pid), tuple(words)) for pid, its_group, *words in rows if its_group == str(group)]


def _members_in_proc(group: int) -> Iterator[Member]:
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # it has ended meanwhile
            after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            if after_name.split()[_GROUP_OF_STAT] == str(group):
                words = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                yield Member(int(folder.name), tuple(map(os.fsdecode, words)))


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


@contextmanager
def stopped(pids: Collection[int]) -> Iterator[None]:
    """Processes that stand still meanwhile, whatever happens."""
    send(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        send(pids, signal.SIGCONT)


def work_done(pids: Iterable[int]) -> int | None:
    """A number that grows with each read and write of the processes; None where the system does not tell."""
    total = None
    for pid in pids:
        with suppress(OSError, ValueError):
            lines = (PROC / str(pid) / "io").read_text(encoding="ascii").splitlines()
            # rchar, wchar, syscr, syscw: https://man7.org/linux/man-pages/man5/proc_pid_io.5.html
            total = (total or 0) + sum(int(line.partition(":")[2]) for line in lines[:4])
    return total


def awaits_answer(pids: Iterable[int]) -> bool:
    """Whether one of the processes has sent something over TCP and received nothing since: a request without its answer.

    False as well where the system does not tell.
    """
    ours = set()
    for pid in pids:
        with suppress(OSError):
            ours |= {str(file.readlink()) for file in (PROC / str(pid) / "fd").iterdir()}
    with suppress(OSError, AttributeError):  # no sock_diag in this kernel, or no Linux
        return any(f"socket:[{each.inode}]" in ours and each.awaits for each in _connections())
    return False


@dataclass(frozen=True)
class _Connection:
    inode: int
    since_sent: int
    since_received: int
    """Milliseconds since the last data, on the system's clock of one to ten milliseconds."""
    received: int
    """Bytes."""

    @property
    def awaits(self) -> bool:
        if self.since_sent == self.since_received and self.received:
            # The next request right behind an answer, or behind TLS's greetings; or an answer within the same tick.
            return self.since_sent < DOUBTFUL * 1000
        return self.since_sent < min(self.since_received, ANSWER * 1000) or (
            not self.received and self.since_sent < ANSWER * 1000
        )


# https://man7.org/linux/man-pages/man7/sock_diag.7.html, struct tcp_info in linux/tcp.h
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_AND_DUMP = 0x301
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_INET_DIAG_INFO = 2
_ESTABLISHED = 1 << 1
_HEADER = struct.Struct("=IHHII")
_ASKED = struct.Struct("=BBBBI48x")
_INODE = struct.Struct("=68xI")
_ATTRIBUTE = struct.Struct("=HH")
_TCP_INFO = struct.Struct("=44xI4xI72xQ")
"""Last data sent, last data received, bytes received."""


def _connections() -> Iterator[_Connection]:
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as diagnosis:  # NETLINK_SOCK_DIAG
            diagnosis.settimeout(1)
            asked = _ASKED.pack(family, socket.IPPROTO_TCP, 1 << (_INET_DIAG_INFO - 1), 0, _ESTABLISHED)
            diagnosis.send(
                _HEADER.pack(_HEADER.size + len(asked), _SOCK_DIAG_BY_FAMILY, _REQUEST_AND_DUMP, 1, 0) + asked
            )
            yield from _answers(diagnosis)


def _answers(diagnosis: socket.socket) -> Iterator[_Connection]:
    while True:
        data = diagnosis.recv(1 << 18)
        while data:
            length, kind, *_ = _HEADER.unpack_from(data)
            if kind in (_NLMSG_DONE, _NLMSG_ERROR):
                return
            message, data = data[_HEADER.size : length], data[_aligned(length) :]
            (inode,) = _INODE.unpack_from(message)
            attributes = message[_INODE.size :]
            while attributes:
                size, name = _ATTRIBUTE.unpack_from(attributes)
                if name == _INET_DIAG_INFO and size >= _ATTRIBUTE.size + _TCP_INFO.size:
                    yield _Connection(inode, *_TCP_INFO.unpack_from(attributes, _ATTRIBUTE.size))
                attributes = attributes[_aligned(size) :]


def _aligned(size: int) -> int:
    return (size + 3) & ~3


class Logs:
    """What processes write to standard error while nobody reads it: a pipe that is full would hold them up.

    A provider logs each request, whether or not anyone wants to know, and Terraform reads that. More than `ROOM` of it is thrown away.
    """

    ROOM = 16 * 1024
    """Bytes that may lie in a pipe; it holds 64 KiB: https://man7.org/linux/man-pages/man7/pipe.7.html."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._pipes: list[int] = []
        for pid in pids:
            with suppress(OSError):
                error = PROC / str(pid) / "fd" / "2"
                if str(error.readlink()).startswith("pipe:"):
                    self._pipes.append(os.open(error, os.O_RDONLY | os.O_NONBLOCK))

    def make_room(self) -> None:
        """Throw away what would fill a pipe."""
        for pipe in self._pipes:
            with suppress(OSError):
                (waiting,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
                if waiting > self.ROOM:
                    os.read(pipe, waiting)

    def close(self) -> None:
        """Leave the pipes to whom they belong."""
        for pipe in self._pipes:
            os.close(pipe)


class Silence:
    """How long processes have been silent: they neither read nor write, and none waits for an answer over TCP.

    Where the system does not tell, they count as silent from the beginning on.
    """

    def __init__(self, pids: Collection[int]) -> None:
        self.pids = pids
        self.last = time.monotonic()
        """When one of them last read or wrote, or the first look at them."""
        self._done = work_done(pids)

    @property
    def is_known(self) -> bool:
        """Whether the system tells of any of them."""
        return self._done is not None

    def seconds(self) -> tuple[float, bool]:
        """How long they have not read or written, and whether one of them still waits for an answer."""
        done, now = work_done(self.pids), time.monotonic()
        if done != self._done:
            self._done, self.last = done, now
        return now - self.last, awaits_answer(self.pids)

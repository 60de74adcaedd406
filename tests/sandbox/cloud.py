"""What the two clouds hold: one SQLite file that outlives Terraform, as the real ones do.

That is what makes an interrupted apply, an import and a second stack mean something here. It also keeps a log of calls, so that a test
can say which objects a plan has asked about, and the private keys of the Okta apps, so that a test can sign an assertion.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPANY = Path(__file__).parent / "company.json"


@dataclass(frozen=True)
class Call:
    """One request to one of the two APIs: `create`, `read`, `update`, `delete` or `look_up`, of what, and which."""

    operation: str
    type_name: str
    key: str


class Cloud:
    """The made-up accounts and org in one folder; any number of processes may use it at once.

    A `company.json` in the folder takes the place of the one that comes with the sandbox.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            folder / "cloud.sqlite", timeout=30, isolation_level=None, check_same_thread=False
        )
        # No fsync: it has to outlive a killed process, not a power cut.
        self._database.executescript(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS objects (
                type TEXT, key TEXT, id TEXT, body TEXT, secret TEXT, PRIMARY KEY (type, key)
            );
            CREATE INDEX IF NOT EXISTS by_id ON objects (type, id);
            CREATE TABLE IF NOT EXISTS births (type TEXT, key TEXT, count INTEGER, PRIMARY KEY (type, key));
            CREATE TABLE IF NOT EXISTS calls (operation TEXT, type TEXT, key TEXT);
            """
        )
        company = folder / "company.json"
        self.company: dict[str, Any] = json.loads((company if company.exists() else COMPANY).read_text("utf-8"))

    def _execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def born(self, type_name: str, key: str) -> int:
        """Count a birth under this name and say which it is: what is made again gets other ids than the first time."""
        ((count,),) = self._execute(
            "INSERT INTO births VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
            type_name,
            key,
        )
        return int(count)

    def put(self, type_name: str, key: str, body: dict[str, Any], secret: str | None = None) -> None:
        """Store an object, whole, in place of the one that was there; None keeps the secret."""
        self._execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " id = excluded.id, body = excluded.body, secret = coalesce(excluded.secret, secret)",
            type_name,
            key,
            body["id"],
            json.dumps(body),
            secret,
        )

    def get(self, type_name: str, key: str) -> dict[str, Any] | None:
        """The object under this name, or None."""
        rows = self._execute("SELECT body FROM objects WHERE type = ? AND key = ?", type_name, key)
        return json.loads(rows[0][0]) if rows else None

    def by_id(self, type_name: str, identifier: str) -> dict[str, Any] | None:
        """The object with this id, or None."""
        rows = self._execute("SELECT body FROM objects WHERE type = ? AND id = ?", type_name, identifier)
        return json.loads(rows[0][0]) if rows else None

    def all(self, type_name: str) -> Iterator[dict[str, Any]]:
        """Every object of a type, in the order of their names."""
        for (body,) in self._execute("SELECT body FROM objects WHERE type = ? ORDER BY key", type_name):
            yield json.loads(body)

    def objects(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Everything, as type, name and object, in that order."""
        for type_name, key, body in self._execute("SELECT type, key, body FROM objects ORDER BY type, key"):
            yield type_name, key, json.loads(body)

    def remove(self, type_name: str, key: str) -> None:
        """Forget an object."""
        self._execute("DELETE FROM objects WHERE type = ? AND key = ?", type_name, key)

    def signing_key(self, app_id: str) -> str:
        """The private key (PEM) of the certificate in the metadata of an Okta app: what Okta signs its assertions with."""
        ((secret,),) = self._execute("SELECT secret FROM objects WHERE type = 'okta_app_saml' AND id = ?", app_id)
        return str(secret)

    def log(self, operation: str, type_name: str, key: str) -> None:
        """Note a call."""
        self._execute("INSERT INTO calls VALUES (?, ?, ?)", operation, type_name, key)

    def calls(self) -> list[Call]:
        """The calls since the beginning or the last `forget_calls`, in order."""
        return [Call(*row) for row in self._execute("SELECT operation, type, key FROM calls ORDER BY rowid")]

    def forget_calls(self) -> None:
        """Empty the log, to see what the next command asks for."""
        self._execute("DELETE FROM calls")

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def digest(*parts: object) -> str:
    """64 hexadecimal digits that depend on the parts alone: identifiers come out alike on every machine."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def uuid(*parts: object) -> str:
    """A UUID that depends on the parts alone."""
    text = digest("uuid", *parts)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def letters(alphabet: str, length: int, *parts: object) -> str:
    """An identifier of that length from that alphabet, which depends on the parts alone."""
    number = int(digest("letters", *parts) + digest("more", *parts), 16)
    result = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        result.append(alphabet[index])
    return "".join(result)

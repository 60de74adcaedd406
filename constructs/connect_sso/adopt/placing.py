"""Files put in place together: all of them or none, and never over one that is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connect_sso.environment.clashes import clashes
from connect_sso.environment.loading import environment_files, load
from connect_sso.errors import Failure

if TYPE_CHECKING:
    from connect_sso.environment.loading import LoadedEnvironment
    from connect_sso.environment.problems import Problem


def refuse_what_is_there(folder: Path, names: Iterable[str]) -> None:
    """Stop before anything is written.

    Args:
        folder: the directory of the environment files.
        names: the files that are to be made in it.

    Raises:
        Failure: there is no such directory, or one of the files is there.
    """
    if not folder.is_dir():
        raise Failure(f"{folder}: no such directory; make it first")
    for name in names:
        if os.path.lexists(folder / name):
            raise Failure(
                f"{folder / name} is there already and is never overwritten; --update adds what is missing to it, or adopt under another name"
            )


@contextmanager
def staged(folder: Path, texts: Mapping[str, str]) -> Iterator[Path]:
    """The files in a folder of their own beside the place where they belong, until they are put there.

    Raises:
        Failure: they cannot be written.
    """
    try:
        stage = Path(tempfile.mkdtemp(prefix=".adopt-", dir=folder))
    except OSError as error:
        raise Failure(f"{folder}: cannot be written to: {error.strerror}") from error
    try:
        for name, text in texts.items():
            (stage / name).parent.mkdir(exist_ok=True, parents=True)
            (stage / name).write_text(text, encoding="utf-8", newline="")
        yield stage
    except OSError as error:
        raise Failure(
            f"{error.filename or folder}: cannot be written: {error.strerror}; nothing was changed"
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def checked(stage: Path, name: str, folder: Path) -> LoadedEnvironment:
    """The staged environment, as `connect-sso check` reads it, beside the others of the directory.

    Args:
        stage: where its files are.
        name: the environment's.
        folder: where they belong.

    Raises:
        Failure: it has errors, with all of them.
    """
    loaded = load(stage / f"{name}.yaml")
    try:
        beside = [load(path) for path in environment_files(folder) if path.stem != name]
    except Failure:
        beside = []  # the directory's first
    between = clashes([*beside, loaded])[loaded.file]
    errors = [problem for problem in (*loaded.problems, *between) if not problem.is_warning]
    if errors:
        raise Failure("\n  ".join(["an environment file cannot hold what is there:", *map(str, _at(folder, errors))]))
    return loaded


def _at(folder: Path, problems: list[Problem]) -> Iterator[Problem]:
    return (replace(problem, file=str(folder / Path(problem.file).name)) for problem in problems)


def put_in_place(stage: Path, folder: Path, names: list[str]) -> None:
    """Move staged files to where they belong: all of them or none, and none over another.

    Raises:
        Failure: one of them cannot be put there; then none is.
    """
    done: list[Path] = []
    try:
        for name in names:
            target = folder / name
            _link(stage / name, target)
            done.append(target)
    except BaseException as error:
        for target in done:
            target.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise Failure(f"{folder / name} was made meanwhile and is not overwritten; nothing was changed") from error
        if isinstance(error, OSError):
            raise Failure(f"{folder / name}: cannot be written: {error.strerror}; nothing was changed") from error
        raise


def replace_together(stage: Path, folder: Path, before: Mapping[str, str | None], names: Iterable[str]) -> None:
    """Put staged files in the place of those that are there: all of them, or none.

    Args:
        stage: where the new files are.
        folder: where they belong.
        before: the texts that they were made from, by name; None for a file that is new.
        names: which ones.

    Raises:
        Failure: a file was changed meanwhile, or one cannot be put there; then all are as before.
    """
    done: list[str] = []
    try:
        for name in names:
            target, text = folder / name, before.get(name)
            if text is None:
                _link(stage / name, target)
            elif target.read_bytes() != text.encode():
                raise Failure(f"{target} was changed meanwhile; nothing was changed")
            else:
                shutil.copymode(target, stage / name)
                (stage / name).replace(target)
            done.append(name)
    except BaseException as error:
        for name in done:
            _restore(folder / name, before.get(name))
        if isinstance(error, FileExistsError):
            raise Failure(f"{folder / name} was made meanwhile; nothing was changed") from error
        if isinstance(error, OSError):
            raise Failure(f"{folder / name}: cannot be written: {error.strerror}; nothing was changed") from error
        raise


def _restore(target: Path, text: str | None) -> None:
    if text is None:
        target.unlink(missing_ok=True)
    else:
        target.write_bytes(text.encode())


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, which fails where there is one; where there are no such names, with a check instead."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError from None
        source.rename(target)

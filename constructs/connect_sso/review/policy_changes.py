"""What a policy in a plan lets through more or less than before, and how that is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from connect_sso.iam.comparison import Difference, Part, gains, losses
from connect_sso.iam.documents import EVERYTHING, Condition, Element, Statement, UnreadablePolicyError, read
from connect_sso.review.holdings import ANYTHING_BESIDE, Beside
from connect_sso.review.words import Words, listing, words
from connect_sso.terraform.plan import NOTHING, SENSITIVE, Mark, Side, Value


@dataclass(frozen=True)
class Unclear:
    """Why it cannot be said what a policy lets through."""

    because: Words


def documents(before: Side | None, after: Side | None, name: str = "policy") -> tuple[Value, Value]:
    """The policy document of a resource before and after, for `policy_gains` and `policy_losses`.

    Neither, where it is the same: a mark that hides what did not change is no difference.
    """
    old, new = before or NOTHING, after or NOTHING
    if not new.is_unknown(name) and old.values.get(name) == new.values.get(name):
        return None, None
    return old.get(name), new.get(name)


def policy_gains(
    old: Value, new: Value, beside: Collection[Beside] = ANYTHING_BESIDE
) -> frozenset[Difference | Unclear]:
    """What the policy document `new` lets through beyond `old` (None: nothing), for any of those who have it.

    Args:
        old: the document before.
        new: the document after.
        beside: for each of them, what else the plan says that they are allowed and denied.
    """
    if old == new and not isinstance(new, Mark):
        return frozenset()
    if new is None:
        new = '{"Statement": []}'
    if not isinstance(new, str):
        hidden = "is sensitive" if new is SENSITIVE else "is known only after apply"
        doubt = ", so it is not known whether that is more" if old is not None else ""
        return frozenset({Unclear(words(f"what it admits {hidden}{doubt}"))})
    try:
        after = read(new)
    except UnreadablePolicyError as error:
        return frozenset({Unclear(words("it cannot be read ({})", str(error)))})
    if isinstance(old, Mark):
        return frozenset(
            {Unclear(words("what it admitted before is sensitive, so it is not known whether it admits more"))}
        )
    try:
        before = read(old) if isinstance(old, str) else ()
    except UnreadablePolicyError:
        before = ()
    return frozenset(difference for each in beside for difference in gains(before, after, beside=each))


def policy_losses(old: Value, new: Value, beside: Collection[Beside] = ANYTHING_BESIDE) -> frozenset[Difference]:
    """What the policy document `new` no longer lets through; empty where that cannot be said."""
    if isinstance(old, Mark) or isinstance(new, Mark) or old == new:
        return frozenset()
    try:
        before, after = (read(text) if isinstance(text, str) else () for text in (old, new))
    except UnreadablePolicyError:
        return frozenset()
    return frozenset(difference for each in beside for difference in losses(before, after, beside=each))


def lines(found: Iterable[Difference | Unclear]) -> list[Words]:
    """A line for each, in a stable order."""
    return sorted({each.because if isinstance(each, Unclear) else in_words(each) for each in found})


def in_words(difference: Difference) -> Words:
    """A difference as a reader of the review sees it."""
    gained = difference.gained
    piece, other = (difference.after, difference.before) if gained else (difference.before, difference.after)
    match difference.part, piece, other:
        case Part.ALLOW, Statement() as statement, _:
            return words("allows {}" if gained else "no longer allows {}", _statement_words(statement))
        case Part.DENY, _, Statement() as statement:
            return words("no longer forbids {}" if gained else "now forbids {}", _statement_words(statement))
        case Part.PRINCIPAL, Element() as element, _:
            return words("admits {}" if gained else "no longer admits {}", _principal_words(element))
        case Part.ACTION, Element() as element, _:
            return words("allows {}" if gained else "no longer allows {}", _element_words(element))
        case Part.RESOURCE, Element() as element, _:
            return words("reaches {}" if gained else "no longer reaches {}", _element_words(element))
        case Part.CONDITION, weaker, Condition() as stronger:
            return _condition_line(stronger, weaker if isinstance(weaker, Condition) else None, gained=gained)
        case _:
            return words("reads {} differently than before (another Version)", "${…}")


def _condition_line(stronger: Condition, weaker: Condition | None, *, gained: bool) -> Words:
    if weaker is None:
        return words("no longer requires {}" if gained else "now requires {}", _condition_words(stronger))
    new = sorted(weaker.values - stronger.values)
    same = weaker.operator == stronger.operator
    if same and new and re.fullmatch(r"(For\w+:)?(String(Equals|Like)|Arn(Equals|Like))\w*", stronger.operator):
        # SAML:aud is the Recipient of the assertion, that is, the sign-in endpoint Okta posts to.
        name = "the sign-in endpoint" if stronger.key.lower() == "saml:aud" else "the value"
        verb = "admits" if gained else "no longer admits"
        return words(f"{verb} {name} {{}} ({{}})", listing(new), _term(stronger.key))
    before, after = (stronger, weaker) if gained else (weaker, stronger)
    return words("requires {} instead of {}", _condition_words(after), _condition_words(before))


def _condition_words(condition: Condition) -> Words:
    return words("{} {} {}", _term(condition.key), _term(condition.operator), listing(sorted(condition.values)))


def _term(text: str) -> Words:
    """A key or operator, which needs no quotes where it is only letters."""
    return Words((text,)) if re.fullmatch(r"[A-Za-z]+(:[A-Za-z]+)?", text) else words("{}", text)


def _statement_words(statement: Statement) -> Words:
    described = _element_words(statement.actions)
    if statement.whose != EVERYTHING:
        described = words("{} by {}", described, _principal_words(statement.whose))
    if statement.resources != EVERYTHING:
        described = words("{} on {}", described, _element_words(statement.resources))
    for condition in sorted(statement.conditions, key=Condition.sort_key):
        described = words("{} where {}", described, _condition_words(condition))
    return described


def _principal_words(element: Element) -> Words:
    # An ARN or a service says itself what it is; everyone of a kind does not.
    names = frozenset(value if value.endswith(":*") else value.partition(":")[2] or value for value in element.values)
    return _element_words(Element(names, element.negated), "everyone")


def _element_words(element: Element, everything: str = "everything") -> Words:
    if element == EVERYTHING:
        return words(f"{everything} ({{}})", "*")
    listed = listing(sorted(element.values))
    return words(f"{everything} except {{}}", listed) if element.negated else listed

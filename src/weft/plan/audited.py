"""What is known of a build that grows from an audit of the one that it grows from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weft.mesh.check import CheckKind, CheckResult, Verdict
from weft.plan.audits import audited_as
from weft.plan.examine import Examined
from weft.plan.keys import Upstream

# Checks whose count is a sum over rows, or over keys, of which the kept ones add nothing.
_BY_ROW = (
    CheckKind.REQUIRED,
    CheckKind.UNIQUE,
    CheckKind.ENUM,
    CheckKind.OPTION,
    CheckKind.RELATIONSHIP,
    CheckKind.NULL_VALUES,
    CheckKind.MISSING_VALUES,
    CheckKind.INVALID_VALUES,
    CheckKind.DUPLICATE_VALUES,
)


def audits_before(found: Examined) -> Iterator[str]:
    """The keys of the audits of the builds that those of a product grow from."""
    for grown in found.before.values():
        yield from (each.audit for each in grown.audits.values())


def passed_before(
    found: Examined, upstream: Upstream, verdicts: Mapping[str, Sequence[CheckResult]]
) -> dict[str, frozenset[str]]:
    """By audit, the ids of its checks by which no row of what the build grows from failed.

    A check counts where it asked the same, of the same data beside its own, and found no row.
    """
    known: dict[str, frozenset[str]] = {}
    for key, audit in found.audits.items():
        before = found.before.get(audit.model)
        earlier = before.audits.get(audit.object) if before else None
        if earlier is None or earlier.audit not in verdicts:
            continue
        clean = {
            each.check
            for each in verdicts[earlier.audit]
            if each.verdict is Verdict.PASS and not each.failed
        }
        asked = audited_as(audit, key, found.keyed, upstream).checks
        known[key] = frozenset(
            check.check.id
            for check in audit.checks
            if check.check.kind in _BY_ROW
            and check.check.id in clean
            and asked[check.check.id] == earlier.checks.get(check.check.id)
        )
    return known

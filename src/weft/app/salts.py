"""What was asked for beyond the definitions: rebuilds, and ranges of time to be read anew.

Both are kept as salts, which make other keys, so that asking a second time after a crash finds
what was begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.mesh.address import product_of
from weft.mesh.growth import Range
from weft.mesh.manifest import Manifest, Transform
from weft.mesh.product import Materialization
from weft.plan.examine import Situation
from weft.plan.growing import again_salt, joined_salt
from weft.plan.intervals import spanning


@dataclass(frozen=True)
class Restatement:
    """A range of a model's time to be read anew, as people write it: both ends are inclusive.

    `model` is `domain.product.model`; `since` and `until` are days or times, "" for an open end.
    """

    model: str
    since: str = ""
    until: str = ""

    @staticmethod
    def parse(text: str) -> Restatement:
        """Read `domain.product.model=2026-01-01..2026-01-31`; raise Usage for anything else.

        >>> Restatement.parse("sales.orders.lines=2026-01-05").until
        '2026-01-05'
        """
        model, equals, times = text.partition("=")
        since, dots, until = times.partition("..")
        if not (equals and times) or model.count(".") != 2:
            raise Usage(
                f"`{text}` does not say what to read anew",
                next_step="weft plan --restate sales.orders.lines=2026-01-01..2026-01-31",
            )
        return Restatement(model, since, until if dots else since)


def with_rebuilds(mesh: Opened, situation: Situation, *, always: bool) -> Situation:
    """Ask for another build of all models, or of those that want one `always`, in every run.

    A snapshot, and in a run every model that grows, reads anew and keeps what it has.
    """
    id = mesh.system.new_id()
    salts = {
        address: again_salt(id) if _keeps(transform, always=always) else id
        for address, transform in _models(situation.desired)
        if transform.refresh_always or not always
    }
    return _salted(situation, salts)


def with_restatements(
    mesh: Opened, situation: Situation, asked: Iterable[Restatement]
) -> Situation:
    """Ask for ranges of models to be read anew. Raises NotFound and Usage."""
    models = dict(_models(situation.desired))
    ranges: dict[str, list[Range]] = {}
    for each in asked:
        transform = models.get(each.model)
        if transform is None:
            raise NotFound("model", each.model, models, next_step="weft ls")
        ranges.setdefault(each.model, []).append(_whole(each, transform))
    id = mesh.system.new_id()
    salts = {model: again_salt(id, wanted) for model, wanted in ranges.items()}
    return _salted(situation, salts)


def _models(desired: Manifest) -> Iterator[tuple[str, Transform]]:
    for address, manifest in desired.products.items():
        for transform in manifest.transforms:
            yield f"{address}.{transform.name}", transform


def _keeps(transform: Transform, *, always: bool) -> bool:
    snapshot = transform.materialized is Materialization.SNAPSHOT
    return snapshot or (always and transform.growth is not None)


def _whole(asked: Restatement, transform: Transform) -> Range:
    """The whole intervals that a restatement touches. Raises Usage."""
    growth = transform.growth
    if growth is None or not growth.time_column:
        raise Usage(
            f"{asked.model} has no `time_column`, so that no range of it can be read anew",
            next_step=f"weft plan --rebuild --product {product_of(asked.model)}",
        )
    try:
        wanted = spanning(asked.since, asked.until, growth.interval)
    except ValueError as error:
        raise Usage(
            f"`{asked.since}..{asked.until}` is no range of time",
            next_step=f"weft plan --restate {asked.model}=2026-01-01..2026-01-31",
        ) from error
    if wanted.until and wanted.until <= wanted.since:
        raise Usage(
            f"the range {asked.since}..{asked.until} ends before it begins",
            next_step=f"weft plan --restate {asked.model}={asked.until}..{asked.since}",
        )
    return wanted


def _salted(situation: Situation, salts: Mapping[str, str]) -> Situation:
    """Add salts to a situation; none takes the place of one that was not carried out yet."""
    joined = {model: _with_pending(model, salt, situation) for model, salt in salts.items()}
    return replace(
        situation,
        salts={**situation.salts, **joined},
        new_salts={**situation.new_salts, **joined},
    )


def _with_pending(model: str, salt: str, situation: Situation) -> str:
    pending = situation.salts.get(model, "")
    product = product_of(model)
    before = situation.ground(situation.desired.products[product]).grown(
        model.removeprefix(f"{product}.")
    )
    done = before is None or pending in ("", before.salt)
    return salt if done else joined_salt(pending, salt)

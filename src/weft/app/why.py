"""Why: what keeps a product, a port or a model from being up to date, and since when it is.

It makes the same plan as `weft plan` and looks up in it what belongs to one address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.plan import plan_situation
from weft.app.remembered import gone_products, load_files, remembered
from weft.app.situation import gather
from weft.mesh.address import PortAddress, product_of
from weft.mesh.change import ChangeAction
from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest, Read, ReadKind
from weft.mesh.release import Release
from weft.mesh.run import Run
from weft.mesh.words import count, short_time
from weft.plan.examine import Situation, examine, released_key, upstream_of
from weft.plan.growing import in_words, restated
from weft.plan.plan import Change, Plan, Step, StepKind


@dataclass(frozen=True)
class Reason:
    """One thing that differs: which field of what, old and new as people write them, and a note."""

    field: str
    old: str = ""
    new: str = ""
    note: str = ""


@dataclass(frozen=True)
class Why:
    """How an address stands.

    `verdict` is `removed`, `proposed`, `new`, `blocked`, `held`, `changed`, `newer data`,
    `rebuild`, `not published` or `up to date`, the first that holds. `release` is the current one,
    `run` the run that published it, as far as the store remembers it; `next_step` a command.
    """

    address: str
    verdict: str
    reasons: tuple[Reason, ...] = ()
    release: Release | None = None
    run: Run | None = None
    next_step: str = ""


def why(mesh: Opened, address: str) -> Why:
    """Explain a product, a port (with or without its major) or a model.

    Raises NotFound, Invalid, WarehouseError and StoreError.
    """
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    desired = loaded.desired(mesh.environment)
    gone = gone_products(mesh, memory, loaded)
    situation = gather(mesh, desired, loaded.products, memory, gone)
    plan = plan_situation(mesh, situation)
    subject = _subject(address, {**situation.applied, **loaded.products})
    found = tuple(dict.fromkeys(_Search(mesh.folder, situation, plan, subject).found()))
    release = situation.shown(subject.product)
    verdict = min((verdict for verdict, _ in found), key=_VERDICTS.index, default=UP_TO_DATE)
    return Why(
        address=address,
        verdict=verdict,
        reasons=tuple(reason for _, reason in found),
        release=release,
        run=mesh.store.journal.run(release.run) if release else None,
        next_step=_next_step(address, verdict, plan, subject.product),
    )


def _next_step(address: str, verdict: str, plan: Plan, product: str) -> str:
    """The command that shows more, or that ends what keeps the product back."""
    if verdict in (UP_TO_DATE, "proposed"):
        return f"weft show {address}"
    if verdict != "held":
        return "weft plan"
    if any(each.product == product and each.by_person for each in plan.held):
        return f"weft rollback {product} --lift"
    checked = {each.product for each in plan.held if each.checks}
    checked |= {each.product for each in plan.kept if each.checks}
    return f"weft test {product}" if product in checked else "weft plan"


UP_TO_DATE = "up to date"

_STILL_APPLIED = "it is still applied"
_NOT_BUILT = "nothing is built of it; `status: draft` in its product.yaml has it built and checked"

# The first that holds is the verdict.
_VERDICTS = (
    *("removed", "proposed", "new", "blocked", "held", "changed", "newer data", "rebuild"),
    "not published",
    UP_TO_DATE,
)

_Found = Iterator[tuple[str, Reason]]


@dataclass(frozen=True)
class _Subject:
    """What is asked about: a product and, of its ports and models, those that matter.

    `models` are the ones behind the address, down to those that read no other model. `whole`
    says that the product itself is meant.
    """

    product: str
    ports: frozenset[str]
    models: frozenset[str]
    whole: bool


def _subject(address: str, known: Mapping[str, ProductManifest]) -> _Subject:
    """Find what an address means, in the files or among what was applied and is gone."""
    product = product_of(address)
    manifest = known.get(product)
    if manifest is None:
        raise NotFound("product", product, known, next_step="weft ls")
    if address == product:
        return _Subject(
            product,
            frozenset(port.name for port in manifest.ports),
            frozenset(each.name for each in manifest.transforms),
            whole=True,
        )
    part = address.removeprefix(f"{product}.")
    ports = [port for port in manifest.ports if part in (port.name, port.port)]
    models = {obj.model for port in ports for obj in port.objects}
    models |= {each.name for each in manifest.transforms if each.name == part}
    if not models:
        parts = [port.name for port in manifest.ports]
        parts += [each.name for each in manifest.transforms]
        names = [f"{product}.{each}" for each in parts]
        raise NotFound("port or model", address, names, next_step=f"weft show {product}")
    return _Subject(
        product,
        frozenset(port.name for port in ports),
        manifest.behind(models),
        whole=False,
    )


class _Search:
    """Looks for everything that differs about one subject."""

    def __init__(self, folder: Path, situation: Situation, plan: Plan, subject: _Subject) -> None:
        self._folder = folder
        self._examined = examine(situation)
        self._upstream = upstream_of(situation, self._examined)
        self._situation = situation
        self._plan = plan
        self._subject = subject
        self._desired = situation.desired.products.get(subject.product)
        self._release = situation.shown(subject.product)

    def found(self) -> _Found:
        """Verdicts with their reasons."""
        subject, environment = self._subject, self._situation.desired.environment
        if subject.product in self._situation.proposed:
            yield "removed", Reason("product: status", new=Status.PROPOSED, note=_STILL_APPLIED)
        elif subject.product in self._situation.removed:
            yield "removed", Reason("product", note=f"its files are gone, {_STILL_APPLIED}")
        elif self._desired is None:
            yield "proposed", Reason("product: status", new=Status.PROPOSED, note=_NOT_BUILT)
        elif not self._situation.definition(subject.product):
            yield "new", Reason("product", note=f"it was never applied in {environment}")
        else:
            found = [
                *self._blocked(),
                *self._held(),
                *self._changes(),
                *self._newer(self._desired),
            ]
            yield from found or (*self._left(), *self._unread(self._desired))

    def _left(self) -> _Found:
        """Steps that nothing of the product itself explains."""
        steps = [step for step in self._plan.steps if self._concerns(step)]
        if steps and all(step.kind is StepKind.AUDIT for step in steps):
            note = f"{count(len(steps), 'object')} to check: what the checks read has newer data"
            yield "newer data", Reason("checks", note=note)
        elif steps:
            note = f"an earlier apply left {count(len(steps), 'step')} to do"
            yield "not published", Reason("release", note=note)

    def _unread(self, manifest: ProductManifest) -> _Found:
        """The tables that are read, of which nobody knows what they hold until that is done."""
        for transform in manifest.transforms:
            for read in transform.query.reads:
                if transform.name in self._subject.models and read.kind is ReadKind.TABLE:
                    note = "whether its table has newer rows is seen when a run reads it"
                    yield UP_TO_DATE, Reason(f"source {read.target}", note=note)

    def _concerns(self, step: Step) -> bool:
        subject = self._subject
        its_own = subject.whole or (step.build is not None and step.target in subject.models)
        return step.product == subject.product and its_own

    def _blocked(self) -> _Found:
        product = self._subject.product
        for sentence in self._plan.blocked:
            if sentence.startswith((f"{product} ", f"{product}.", f"{product}:")):
                # The cause and the first way out; a plan has the others.
                yield "blocked", Reason("plan", note=" ".join(sentence.splitlines()[:2]))

    def _held(self) -> _Found:
        hold = self._situation.holds.get(self._subject.product)
        for each in self._plan.held:
            if each.product == self._subject.product:
                whose = f" of {each.environment}" if each.environment else ""
                stays = f"{_release(each.release)}{whose}"
                since = f", since {short_time(hold.since)}" if hold and each.by_person else ""
                note = each.cause + since
                if each.checks:
                    note = f"{note}: {', '.join(each.checks)}"
                yield "held", Reason("release", stays, "held back", note)
        for kept in self._plan.kept:
            if kept.product == self._subject.product:
                stays = "as it was" if kept.shown else "not shown"
                yield "held", Reason(f"port {kept.port}", stays, "kept back", kept.why)

    def _changes(self) -> _Found:
        for change in self._plan.changes:
            if change.product == self._subject.product and self._matters(change):
                for reason in self._reasons_of(change):
                    yield "changed", reason

    def _matters(self, change: Change) -> bool:
        if self._subject.whole:
            return True
        names = {"port": self._subject.ports, "model": self._subject.models}
        return change.name in names.get(change.kind, ())

    def _reasons_of(self, change: Change) -> Iterator[Reason]:
        name = f"{change.kind} {change.name}"
        if not change.fields or change.action is not ChangeAction.UPDATE:
            yield Reason(name, note=_ACTIONS.get(change.action, change.effect))
            return
        for field in change.fields:
            note = field.note or change.effect
            yield Reason(f"{name}: {field.what}", field.old, field.new, note)

    def _newer(self, manifest: ProductManifest) -> _Found:
        """Models whose own definition is as before and that are built again nevertheless."""
        situation, release = self._situation, self._release
        keyed = self._examined[manifest.address].keyed
        if release is None:
            return
        changed = {each.name for each in self._plan.changes if each.product == manifest.address}
        for transform in manifest.transforms:
            name = transform.name
            if name not in self._subject.models or keyed.builds.get(name) == release.builds.get(
                name
            ):
                continue
            causes = [
                cause for read in transform.query.reads for cause in self._cause(read, release)
            ]
            for cause in causes:
                yield "newer data", cause
            if causes:
                yield from self._grows(name, "newer data")
            reads_changed = bool(transform.models_read)
            salt = situation.salts.get(f"{manifest.address}.{name}")
            if salt and not causes and not reads_changed and name not in changed:
                full = restated(salt) is None
                note = "a rebuild was asked for" if full else "it was asked to be read anew"
                yield "rebuild", Reason(f"model {name}: salt", "", salt, note)
                yield from self._grows(name, "rebuild")

    def _grows(self, model: str, verdict: str) -> _Found:
        """How the build of a model comes from the one that is released."""
        for step in self._plan.steps:
            spec = step.build
            mine = step.product == self._subject.product and step.target == model
            if mine and spec and spec.growing:
                yield verdict, Reason(f"model {model}", note=in_words(spec.kind, spec.growing))

    def _cause(self, read: Read, release: Release) -> Iterator[Reason]:
        """Why what a model reads is not what its release was built from."""
        keyed = self._examined[release.product].keyed
        key = keyed.sources.get(read.target)
        if read.kind is ReadKind.SOURCE and key not in (None, release.sources.get(read.target)):
            files = self._situation.contents[release.product][read.target].files
            newer = _newer_files(self._folder, files, release.at) or files
            now = _listed([_with_size(self._folder, each) for each in newer])
            old = _release(release.number)
            yield Reason(f"source {read.target}", old, now, "its content changed since")
        if read.kind is ReadKind.TABLE and key not in (None, release.sources.get(read.target)):
            old = _release(release.number)
            yield Reason(f"source {read.target}", old, "to be read", "its contract changed since")
        if read.kind is ReadKind.PORT:
            address = PortAddress.parse(read.target)
            upstream = self._situation.shown(str(address.product))
            there = released_key(upstream, address, read.object) if upstream else None
            if self._upstream(read) != there:
                note = f"{address.product} is to publish other data first"
                old = _release(upstream.number if upstream else 0)
                yield Reason(f"input {read.target}", old, "to be released", note)
            elif upstream is not None and upstream.at > release.at:
                note = f"it was released at {short_time(upstream.at)}"
                yield Reason(f"input {read.target}", "", _release(upstream.number), note)


_ACTIONS = {ChangeAction.CREATE: "new", ChangeAction.DELETE: "its file is gone"}


def _newer_files(folder: Path, files: Sequence[str], at: str) -> list[str]:
    """The files that were written after a time, as far as their own times tell."""
    since = datetime.fromisoformat(at).timestamp()
    return [file for file in files if (folder / file).stat().st_mtime > since]


def _with_size(folder: Path, file: str) -> str:
    return f"{file} ({count((folder / file).stat().st_size, 'byte')})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _release(number: int) -> str:
    return f"release {number}" if number else "nothing released"

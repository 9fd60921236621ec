"""A plan as people read it: what changes per product, who is affected, what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from weft.cli.cells import cells, cut, flow, pad, sides, visible
from weft.cli.headline import headline
from weft.cli.next_step import in_env
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screens.affected import affected_lines
from weft.cli.screens.copies import copy_lines
from weft.cli.screens.previews import comparing_lines, expected_lines, signed_lines
from weft.mesh.address import product_of
from weft.mesh.change import ChangeAction
from weft.mesh.words import count
from weft.plan.followers import Follower, followers
from weft.plan.gate import is_refused
from weft.plan.growing import in_words
from weft.plan.plan import (
    Change,
    ChangeClass,
    FieldChange,
    HeldBack,
    KeptBack,
    Plan,
    Step,
)
from weft.warehouses.protocol import Act

_COLOURS = {
    ChangeAction.CREATE: "green",
    ChangeAction.UPDATE: "yellow",
    ChangeAction.DELETE: "red",
    ChangeAction.WARN: "yellow",
}
_LABEL_ENDS = 23
_FIELD_LABEL = 21
_FIELD_VALUE = 26
_LEAST_VALUE = 10
_WIDEST_LABEL = 40
_MOST_FIELDS = 12
_MOST_CAUSES = 3
_ADVICE = "; "
"""What stands in a note in front of what can be done."""


Dropped = Collection[tuple[str, str]]
"""The port versions that a plan drops, with their products."""


@dataclass(frozen=True)
class View:
    """How to draw: `width` 0 is unlimited; `whole` shows all in full.

    `apply` is the command that carries the plan out, "" where that is asked next; `seconds` is
    how long planning took, and `now` when it was, an ISO time; `notice` is to be seen before all
    else; `env` is the option that other commands need to mean the same environment, with a space
    before it. `drift` is how many things were changed outside in what the plan changes.
    """

    width: int = 0
    colour: bool = False
    whole: bool = False
    seconds: float = 0.0
    now: str = ""
    apply: str = "weft apply"
    notice: str = ""
    env: str = ""
    drift: int = 0


def draw(plan: Plan, view: View) -> str:
    """Draw a plan; the first line says what it is, the last one what to do next."""
    blocks = _products(plan, view)
    growing = _growing_lines(plan, view)
    data = [*_data_lines(plan, view), *growing, *copy_lines(plan, view.now)]
    if data:
        blocks = blocks or [[_title(plan.mesh, plan)]]
        blocks[-1] += data
    following = _following(plan)
    if following:
        blocks.append(["", *following] if blocks else following)
    if view.drift:
        blocks.append([_drift_line(view)])
    lines = [line for block in blocks for line in block]
    if lines:
        took = f"plan {plan.id[:8]} · {view.seconds:.1f} s"
        lines[0] = headline([lines[0]], took, view.width)
    if view.notice:
        lines += ["", _emphasised(view.notice, "NEW", view)]
    if plan.empty:
        lines += [""] if lines else []
        lines += _nothing_to_do(plan, view)
    else:
        lines += ["", *_ending(plan, view)]
    return "\n".join(lines) + "\n"


def _nothing_to_do(plan: Plan, view: View) -> list[str]:
    if not plan.held:
        behind = " ".join(dict.fromkeys(each.product for each in plan.kept))
        but = f", but for {', '.join(each.address for each in plan.kept)}" if behind else ""
        look = f"see why:  weft test {behind}" if behind else "look at it:  weft ls"
        said = f"Nothing to do: {plan.environment} is as the files say{but}."
        return [said, f"  {look}{view.env}"]
    staying = count(len(plan.held), "product")
    verb = "stays" if len(plan.held) == 1 else "stay"
    lines = [f"Nothing to do: {staying} {verb} back until the cause is gone."]
    lines += [
        f"  let it go on:  weft rollback {each.product} --lift{view.env}"
        for each in plan.held
        if each.by_person
    ]
    checked = [each.product for each in plan.held if each.checks]
    test = f"  see why:  weft test {' '.join(checked)}{view.env}"
    return [*lines, test] if checked else lines


def draw_sql(plan: Plan, told: Mapping[str, Iterable[Act]]) -> str:
    """Draw every step of a plan with what it does, as a text that is SQL itself.

    `told` are the acts of each step by its id.
    """
    steps = enumerate(plan.steps, 1)
    return "\n".join(_step_sql(number, step, told[step.id]) for number, step in steps)


def _step_sql(number: int, step: Step, acts: Iterable[Act]) -> str:
    lines = [f"-- {number}. {step.kind} {step.product} {visible(step.target)} on {step.warehouse}"]
    for act in acts:
        text = [visible(line) for line in act.text.splitlines()]
        lines += [*text[:-1], f"{text[-1]};"] if act.is_statement else [f"-- {x}" for x in text]
    return "\n".join(lines) + "\n"


def _products(plan: Plan, view: View) -> list[list[str]]:
    """Draw one block of lines per product that changes or is held back, in the plan's order."""
    changes: dict[str, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.product, []).append(change)
    stays: dict[str, list[str]] = {}
    for each in plan.held:
        stays.setdefault(each.product, []).append(_held_line(each))
    for kept in plan.kept:
        stays.setdefault(kept.product, []).append(kept_words(kept, f"port {kept.port}"))
    created = [name for name, own in changes.items() if _is_created(own) and name not in stays]
    folded = set() if view.whole or len(created) < 2 else set(created)
    shown = [name for name in changes if name not in folded] + [
        name for name in stays if name not in changes
    ]
    dropped = _dropped(plan)
    blocks = [
        _product(_title(name, plan), changes.get(name, []), stays.get(name, []), dropped, view)
        for name in shown
    ]
    if folded:
        room = max(cells(name) for name in folded)
        lines = [_created_line(name, changes[name], room, view) for name in created]
        blocks.append([_title(f"{len(folded)} new products", plan), *lines])
    return [block if not place else ["", *block] for place, block in enumerate(blocks)]


def _is_created(changes: Sequence[Change]) -> bool:
    """Whether a product is new as a whole, so that nothing about it needs a closer look."""
    return all(each.action is ChangeAction.CREATE for each in changes) and any(
        each.kind == "product" for each in changes
    )


def _created_line(product: str, changes: Iterable[Change], room: int, view: View) -> str:
    kinds = Counter(each.kind for each in changes if each.kind != "product")
    parts = [count(kinds[kind], kind) for kind in kinds]
    mark = _painted("+", ChangeAction.CREATE, view)
    return f"  {mark} {pad(product, room)}   {', '.join(parts)}".rstrip()


def _product(
    title: str,
    changes: Sequence[Change],
    stays: Iterable[str],
    dropped: Dropped,
    view: View,
) -> list[str]:
    lines = [title]
    # What is lost stands last, where it is seen.
    ordered = sorted(changes, key=lambda change: change.action is ChangeAction.DELETE)
    aligned = [_label(each) for each in ordered if each.action is not ChangeAction.WARN]
    room = max([_LABEL_ENDS - 3, *map(cells, aligned)]) + 3
    for change in ordered:
        lines.append(_change_line(change, room, view, drops=_drops(dropped, change)))
        lines += _field_lines(change, view)
    mark = _painted("!", ChangeAction.WARN, view)
    return [*lines, *(f"  {mark} {each}" for each in stays)]


def _held_line(held: HeldBack) -> str:
    checks = f": {visible(', '.join(held.checks))}" if held.checks else ""
    return f"{where_it_stays(held)}, {visible(held.cause)}{checks}"


def kept_words(kept: KeptBack, name: str) -> str:
    """Say why a port version is kept back, and what readers see of it or that it is tried again."""
    if not kept.checks:
        return f"{name} is tried again, last time {visible(kept.why)}"
    stays = "stays as it was" if kept.shown else "is not shown"
    return f"{name} {stays}, {visible(kept.why)}"


def where_it_stays(held: HeldBack) -> str:
    """Say what consumers go on to see of a product that is held back."""
    if not held.release:
        return "stays unpublished"
    lost = " (which has lost data)" if held.lost else ""
    whose = f"{held.environment}'s " if held.environment else ""
    return f"stays on {whose}release {held.release}{lost}"


def _following(plan: Plan) -> list[str]:
    """Draw a line per product that is worked on without a change of its own."""
    found = followers(plan)
    if not found:
        return []
    room = max(cells(each.product) for each in found)
    done = [", ".join(_follower_parts(each)) for each in found]
    wide = max(map(cells, done))
    changing = {change.product for change in plan.changes}
    title = "beside the changes" if plan.changes else "no change of definition"
    lines = [
        f"  . {pad(each.product, room)}   {pad(what, wide)}   {_because(each, changing)}"
        for each, what in zip(found, done, strict=True)
    ]
    return [_title(title, plan), *(line.rstrip() for line in lines)]


def _follower_parts(follower: Follower) -> list[str]:
    parts = [f"{count(len(follower.models), 'model')} built"] if follower.models else []
    parts += [f"{count(follower.checked, 'object')} checked"] if follower.checked else []
    return parts or ["published"]


def _because(follower: Follower, changing: Collection[str]) -> str:
    if follower.asked:
        return "a rebuild was asked for"
    if follower.anew:
        return "it was asked to be read anew"
    because = follower.because
    if because:
        more = f" and {len(because) - _MOST_CAUSES} more" if len(because) > _MOST_CAUSES else ""
        return f"because of {', '.join(because[:_MOST_CAUSES])}{more}"
    if follower.product in changing:
        return "they read what changes"
    return "left by an earlier apply"


def _title(subject: str, plan: Plan) -> str:
    return f"{subject} · {plan.environment}"


def _label(change: Change) -> str:
    return change.kind if change.kind == "product" else f"{change.kind} {visible(change.name)}"


def _change_line(change: Change, room: int, view: View, *, drops: bool) -> str:
    warns = change.action is ChangeAction.WARN
    label = f"{_label(change)}   " if warns else pad(_label(change), room)
    versions = [_value(each, 0) for each in change.fields if each.what == "version"]
    gone = change.action is ChangeAction.DELETE
    effects = ("DROP" if drops else "", "" if drops and gone else visible(change.effect))
    breaking = _breaking(change)
    text = f"{label}{'   '.join(part for part in (*versions, *effects, breaking) if part)}".rstrip()
    loud = "DROP" if drops else breaking
    return f"  {_painted(change.action.value, change.action, view)} {_emphasised(text, loud, view)}"


def _breaking(change: Change) -> str:
    """Say that a change breaks promises, and whether somebody answers for all of that."""
    if change.category is not ChangeClass.BREAKING:
        return ""
    waived = any(each.waiver for each in change.fields) and not any(map(is_refused, change.fields))
    return "BREAKING, waived" if waived else "BREAKING"


def _dropped(plan: Plan) -> Dropped:
    return frozenset(
        (step.product, port) for step in plan.drops for port in step.target.split(", ")
    )


def _drops(dropped: Dropped, change: Change) -> bool:
    """Whether a change ends something that consumers or other models may have read."""
    if change.action is ChangeAction.DELETE:
        return change.effect == "drop"
    return change.kind == "port" and (change.product, change.name) in dropped


def _field_lines(change: Change, view: View) -> list[str]:
    """Draw the fields of a change, aligned; of a long list only the beginning unless asked."""
    fields = [each for each in change.fields if each.what != "version"]
    shown = fields if view.whole or len(fields) <= _MOST_FIELDS else fields[: _MOST_FIELDS - 1]
    labels = [min(cells(visible(each.what)), _WIDEST_LABEL) for each in shown]
    room = max([_FIELD_LABEL - 3, *labels])
    lines = [
        line for each in shown for line in (_field_line(each, room, view), *_under(each, view))
    ]
    return [*lines, *_left_out(len(fields) - len(shown), view)]


def _under(field: FieldChange, view: View) -> list[str]:
    """Draw what stands under a field: advice, and who answers for what it breaks, and why."""
    _, _, advice = field.note.partition(_ADVICE)
    told = [f"        {visible(advice)}"] if advice else []
    if field.waiver is None:
        return told
    by, until, reason = field.waiver.by, field.waiver.until, field.waiver.reason
    words = [f"waived by {visible(by)} until {until}:", *visible(reason).split()]
    return [*told, *flow("        ", words, view.width, " ").splitlines()]


def _left_out(number: int, view: View) -> list[str]:
    """Draw how many of a long list are not shown, and how to see them; nothing for none."""
    return [f"      … {number:,} more, all of them: weft plan -v{view.env}"] if number else []


def _field_line(field: FieldChange, room: int, view: View) -> str:
    label = pad(visible(field.what), room) + "   "
    note = visible(field.note.partition(_ADVICE)[0])
    taken = 8 + cells(label) + (cells(note) + 3 if note else 0)
    value = _value(field, view.width - taken if view.width else 0)
    value = pad(value, _FIELD_VALUE - 3) + "   " if value and note else value
    return f"      {_painted(field.action.value, field.action, view)} {label}{value}{note}".rstrip()


def _value(field: FieldChange, room: int) -> str:
    """Return `old -> new`, both cut evenly where the room is too small; 0 is unlimited."""
    if not (field.old or field.new):
        return ""
    if field.action is not ChangeAction.UPDATE:
        value = visible(field.new or field.old)
        return cut(value, max(room, _LEAST_VALUE)) if room else value
    return sides(field.old, field.new, room, _LEAST_VALUE)


def _ending(plan: Plan, view: View) -> list[str]:
    """Draw what stands under the changes: who is affected, sums, drops, blocks, the next step."""
    lines = affected_lines(plan.affected, view.width)
    mark = _painted("!", ChangeAction.WARN, view)
    lines += [*expected_lines(plan, mark, view.width), *signed_lines(plan, view.width)]
    lines.append(_sums(plan))
    lines += [*_adopted(plan), *_unadopted(plan, view)]
    for step in plan.drops:
        lines.append(_emphasised(f"DROP {step.product}: {visible(step.target)}", "DROP", view))
    if plan.blocked:
        return lines + [line for reason in plan.blocked for line in _blocked(reason, view)]
    allowed = " --allow-drop" if plan.drops else ""
    lines += [f"  do it:  {view.apply}{allowed}"] if view.apply else []
    return [*lines, *comparing_lines(plan, view.env)]


def _blocked(reason: str, view: View) -> list[str]:
    """Draw a reason; lines after its first are what to do about it."""
    first, *rest = reason.splitlines()
    return [_emphasised(f"Blocked: {visible(first)}", "Blocked:", view)] + [
        f"  {visible(in_env(line.rstrip(), view.env))}" for line in rest
    ]


def _sums(plan: Plan) -> str:
    parts = [each for each in plan.changes if each.kind != "product" or each.fields]
    dropped = _dropped(plan)
    staying = [each for each in parts if not _drops(dropped, each)]
    actions = Counter(each.action for each in staying)
    changed = actions[ChangeAction.UPDATE] + actions[ChangeAction.DELETE]
    breaking = sum(each.category is ChangeClass.BREAKING for each in parts)
    return (
        f"Plan: {actions[ChangeAction.CREATE]:,} create · {changed:,} change · "
        f"{len(parts) - len(staying):,} drop · {breaking:,} breaking"
    )


def _adopted(plan: Plan) -> list[str]:
    """Draw how much is built, where environments have builds that need not be."""
    from_where: Counter[str] = Counter()
    for each in plan.adopted:
        from_where[each.environment] += len(each.models)
    if not from_where:
        return []
    rebuilds = count(sum(step.build is not None for step in plan.steps), "rebuild")
    (first, number), *others = from_where.items()
    told = [f"{count(number, 'build')} adopted from {first}"]
    told += [f"{more:,} from {environment}" for environment, more in others]
    return [f"{rebuilds}, {', '.join(told)}"]


def _unadopted(plan: Plan, view: View) -> list[str]:
    """Draw what is built though environments have builds of it, with the reason."""
    models: dict[str, list[str]] = {}
    for each in plan.unadopted:
        head = f"not adopted from {each.environment} ({each.why}): "
        models.setdefault(head, []).extend(f"{each.product}.{model}" for model in each.models)
    told = (flow(head, names, view.width, ", ") for head, names in models.items())
    return [line for text in told for line in text.splitlines()]


def _data_lines(plan: Plan, view: View) -> list[str]:
    """Draw what is done for newer data: how many sources and models, and of which products."""
    sources = [each for each in plan.data if not each.of_port]
    if not sources:
        return []
    models = {model: None for each in sources for model in each.models}
    built = {f"{each.product}.{each.target}" for each in plan.steps if each.build}
    reused = sum(model not in built for model in models)
    note = f" ({reused:,} reused)" if reused else ""
    told = f"{count(len(sources), 'source')} changed, {count(len(models), 'model')}{note}"
    products = list(dict.fromkeys(map(product_of, models)))
    shown = products if view.whole or len(products) <= _MOST_FIELDS else products[:_MOST_FIELDS]
    lines = flow(f"  data: {told} of ", shown, view.width).splitlines()
    return [*lines, *_left_out(len(products) - len(shown), view)]


def _drift_line(view: View) -> str:
    """Say that something is not as it was left, and how to see what."""
    told = f"drift: {count(view.drift, 'object')} changed outside, not touched here"
    mark = _painted("!", ChangeAction.WARN, view)
    return f"  {mark} {told} · weft drift{view.env}"


def _growing_lines(plan: Plan, view: View) -> list[str]:
    """Draw how models grow that no change names: what is read of each, and what stays."""
    named = {change.address for change in plan.changes}
    growing = {
        f"{step.product}.{step.target}": in_words(step.build.kind, step.build.growing)
        for step in plan.steps
        if step.build and step.build.growing
    }
    told = {model: words for model, words in growing.items() if model not in named}
    shown = list(told) if view.whole or len(told) <= _MOST_FIELDS else list(told)[:_MOST_FIELDS]
    room = max(map(cells, shown), default=0)
    widest = max((cells(told[model]) for model in shown), default=0)
    beside = not view.width or room + widest + 13 <= view.width
    lines: list[str] = []
    for model in shown:
        words = visible(told[model])
        if beside:
            lines.append(f"  . model {pad(model, room)}   {words}")
        else:
            lines += [f"  . model {model}", f"      {words}"]
    return [*lines, *_left_out(len(told) - len(shown), view)]


def _painted(text: str, action: ChangeAction, view: View) -> str:
    colour = _COLOURS.get(action)
    return click.style(text, fg=colour) if view.colour and colour else text


def _emphasised(text: str, loud: str, view: View) -> str:
    """Set the loud word of a line in bold red, where there is one and colours are wanted."""
    if not (view.colour and loud):
        return text
    return text.replace(loud, click.style(loud, fg="red", bold=True), 1)


def plan_result(plan: Plan, view: View) -> Result:
    """Return a plan for every format: the whole of it as data, its changes as a table."""
    names = ("product", "action", "kind", "name", "category", "effect")
    columns = (*(Column(name) for name in names[:-1]), Column(names[-1], Kind.TEXT))
    rows = [[getattr(change, name) for name in names] for change in plan.changes]
    return Result("plan", {"plan": plan}, Table("plan", columns, rows), lambda _: draw(plan, view))

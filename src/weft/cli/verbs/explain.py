"""`weft explain`: what a code, a field of a standard, a kind of change or a verb means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from textwrap import fill

import click

from weft.app.errors import Exit, Usage
from weft.app.explain import SCHEMAS, Explanation, schema_text
from weft.app.explain import explain as explained
from weft.cli.commands import ENTRIES, load
from weft.cli.completion import a_topic
from weft.cli.output import Column, Kind, Result, Table, put
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb


@verb(
    "explain",
    ("weft explain W206", "what a code of `weft validate` means, and what to write"),
    ("weft explain schema.properties.required", "what a field of a contract does in Weft"),
    ("weft explain enum-value-added", "what a change of a contract means, and what it needs"),
)
@click.argument("topic", required=False, shell_complete=a_topic)
@click.option(
    "--schema",
    type=click.Choice(SCHEMAS),
    help="Print the JSON Schema of a format, for editors that check while one writes.",
)
@screen_options
@click.pass_context
def explain(context: click.Context, topic: str | None, schema: str | None, screen: Screen) -> int:
    """Explain a code, a field of a standard, a kind of change or a verb.

    Kinds of change are those of a contract, such as `column-removed`: `weft diff` and `weft plan`
    have them in their JSON. Fields of a data contract are written as in the document, with dots
    (`slaProperties.property`); those of a data product begin with `product.`
    """
    if topic is not None and schema is None:
        put(_explained(topic, context), screen)
    elif schema is not None and topic is None:
        screen.put(schema_text(schema))
    else:
        raise Usage("name one topic, or one --schema", next_step="weft explain --help")
    return Exit.DONE


def _explained(topic: str, context: click.Context) -> Result:
    if topic in ENTRIES:
        command = load(topic)
        help = command.get_help(click.Context(command, context.parent, topic))
        explanation = Explanation(topic, ENTRIES[topic].line.rstrip("."), help)
        return _result(explanation, lambda _: help)
    explanation = explained(topic, ENTRIES)
    return _result(explanation, lambda screen: _text(explanation, screen))


def _result(explanation: Explanation, text: Callable[[Screen], str]) -> Result:
    data = asdict(explanation)
    columns = (Column("topic"), Column("title"), Column("text", Kind.TEXT), Column("effect"))
    table = Table("explanation", columns, [list(data.values())])
    return Result("explanation", data, table, text)


def _text(explanation: Explanation, screen: Screen) -> str:
    head = click.style(explanation.topic, bold=True) if screen.colour else explanation.topic
    body = fill(explanation.text, min(screen.width or 80, 80), break_long_words=False)
    return f"{head}: {explanation.title}\n\n{body}\n"

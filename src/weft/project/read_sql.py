"""The file of a model in SQL: a head of comment lines `-- key: value`, and the SQL after it.

The SQL itself is read by `weft.sql`.
"""

from __future__ import annotations

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.product import Model
from weft.project.head import Head
from weft.project.source import SourceFile, read_text


def read_model(file: SourceFile) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Read a model's file; None when it is no text.

    A line of the head that is wrong is reported and has no effect.
    """
    source, diagnostics = read_text(file)
    if source is None:
        return None, diagnostics
    head = Head(source, marker="--")
    body, first_line = head.read()
    model = Model(
        name=file.name.removesuffix(".sql"),
        sql=body,
        path=file.path,
        first_line=first_line,
        head="\n".join(source.lines[: first_line - 1]),
        **head.values,
    )
    return model, tuple(head.diagnostics)

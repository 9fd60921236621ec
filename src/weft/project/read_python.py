"""The file of a model in Python: a head of comment lines `# key: value`, and a function after it.

The function itself is read by `functions.py`. Nothing of the file is ever run here.
"""

from __future__ import annotations

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.product import Model
from weft.project.head import Head
from weft.project.source import SourceFile, read_text


def read_python_model(file: SourceFile) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Read a model's file; None when it is no text.

    A line of the head that is wrong is reported and has no effect.
    """
    source, diagnostics = read_text(file)
    if source is None:
        return None, diagnostics
    head = Head(source, marker="#")
    _, first_line = head.read()
    model = Model(
        name=file.name.removesuffix(".py"),
        sql=source.text,
        path=file.path,
        head="\n".join(source.lines[: first_line - 1]),
        **head.values,
    )
    return model, tuple(head.diagnostics)

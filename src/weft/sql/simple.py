"""Resolve a plain SELECT from one relation in one walk, without the optimizer.

Whatever is not plain, and whatever is wrong, is left to `scopes.py`.
"""

from __future__ import annotations

from sqlglot import exp

from weft.mesh.manifest import Column
from weft.sql.infer import infer
from weft.sql.qualified import Qualified, Setting

_PLAIN = frozenset(["expressions", "where", "limit", "offset", "windows", "kind", "hint", "distinct"])
_ONLY_COLUMNS = frozenset(["having", "qualify"])


class _NotPlain(Exception):
    """The query needs more than this way can do."""


def qualify_simple(tree: exp.Select, setting: Setting) -> Qualified | None:
    """Resolve `tree` in place; None when it is not plain, and then it is spoilt."""
    try:
        return _Resolver(tree, setting).resolved()
    except _NotPlain:
        return None


class _Resolver:
    def __init__(self, select: exp.Select, setting: Setting) -> None:
        self.select = select
        self.setting = setting
        self.fold = setting.dialect.fold
        self.columns: dict[str, Column] = {}
        self.alias = ""
        self.result = Qualified(select)
        self.outputs: dict[str, exp.Alias] = {}
        self._read_from()

    def resolved(self) -> Qualified:
        args = self.select.args
        self._projections()
        for key, value in args.items():
            if not value or key in ("expressions", "from_"):
                continue
            if key == "group":
                self._group(value)
            elif key == "order":
                self._order(value)
            elif key in _PLAIN or key in _ONLY_COLUMNS:
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, exp.Expr):
                        self._resolve(each, outputs_too=key in _ONLY_COLUMNS)
            else:
                raise _NotPlain
        return self.result

    def _read_from(self) -> None:
        from_ = self.select.args.get("from_")
        if from_ is None:
            return
        table = from_.this
        setting = self.setting
        name = setting.names[0]
        written = table.args.get("alias")
        shown = written.this if written is not None else table.this
        self.alias = self.fold(shown.name, bool(shown.args.get("quoted")))
        self.result.aliases.append(shown.name)
        self.columns = {
            self.fold(column.name, quoted=True): column for column in setting.known[name].columns
        }
        self.result.used[name] = set()
        self.used = self.result.used[name]
        from_.set(
            "this",
            exp.Table(
                this=exp.Identifier(this=setting.relation(name), quoted=True),
                alias=exp.TableAlias(
                    this=exp.Identifier(this=f"{setting.mark}a0", quoted=True)
                ),
            ),
        )

    def _projections(self) -> None:
        types: list[Column] = []
        projections: list[exp.Expr] = []
        for each in self.select.expressions:
            for projection in self._projection(each):
                key = self.fold(projection.alias, quoted=True)
                if key in self.outputs:
                    raise _NotPlain
                self.outputs[key] = projection
                projections.append(projection)
                types.append(
                    Column(
                        projection.alias,
                        infer(projection.this, self._type, self.setting.dialect),
                    )
                )
        self.select.set("expressions", projections)
        self.result.columns = tuple(types)

    def _projection(self, each: exp.Expr) -> list[exp.Alias]:
        if isinstance(each, exp.Star) or (
            isinstance(each, exp.Column) and isinstance(each.this, exp.Star)
        ):
            if isinstance(each, exp.Column):
                self._check_table(each)
            if not self.columns:
                raise _NotPlain
            return [
                _aliased(self._column(column.name), column.name)
                for column in self.columns.values()
            ]
        if isinstance(each, exp.Alias) and isinstance(each.args["alias"], exp.Identifier):
            self._resolve(each.this)
            each.args["alias"].set("quoted", True)
            return [each]
        if isinstance(each, exp.Column):
            self._resolve(each)
            return [_aliased(each, each.name)]
        raise _NotPlain

    def _column(self, name: str) -> exp.Column:
        self.used.add(name)
        return exp.Column(
            this=exp.Identifier(this=name, quoted=True),
            table=exp.Identifier(this=f"{self.setting.mark}a0", quoted=True),
        )

    def _check_table(self, column: exp.Column) -> None:
        table = column.args.get("table")
        if column.args.get("db") or (
            table is not None
            and self.fold(table.name, bool(table.args.get("quoted"))) != self.alias
        ):
            raise _NotPlain

    def _resolve(self, node: exp.Expr, outputs_too: bool = False) -> None:
        """Resolve the columns below a node. `outputs_too`: names of outputs count there too."""
        for column in [each for each in node.walk() if type(each) is exp.Column]:
            self._check_table(column)
            identifier = column.this
            if type(identifier) is not exp.Identifier:
                raise _NotPlain
            key = self.fold(identifier.name, bool(identifier.args.get("quoted")))
            known = self.columns.get(key)
            if known is None or (outputs_too and key in self.outputs):
                raise _NotPlain
            identifier.set("this", known.name)
            identifier.set("quoted", True)
            column.set("table", exp.Identifier(this=f"{self.setting.mark}a0", quoted=True))
            self.used.add(known.name)

    def _group(self, group: exp.Group) -> None:
        if any(value for key, value in group.args.items() if key not in ("expressions", "all")):
            raise _NotPlain
        group.set("expressions", [self._grouped(each) for each in group.expressions])

    def _grouped(self, each: exp.Expr) -> exp.Expr:
        if isinstance(each, exp.Literal) or (output := self._output(each)) is None:
            if isinstance(each, exp.Literal):
                return self._copied(self._numbered(each))
            self._resolve(each)
            return each
        if self.fold(each.name, bool(each.this.args.get("quoted"))) in self.columns:
            self._resolve(each)
            return each
        return self._copied(output)

    def _copied(self, output: exp.Alias) -> exp.Expr:
        value = output.this
        if isinstance(value, exp.CONSTANTS) or value.is_number or value.find(exp.AggFunc):
            raise _NotPlain
        return value.copy()

    def _numbered(self, literal: exp.Literal) -> exp.Alias:
        outputs = list(self.outputs.values())
        if not literal.is_int or not 1 <= int(literal.name) <= len(outputs):
            raise _NotPlain
        return outputs[int(literal.name) - 1]

    def _output(self, node: exp.Expr) -> exp.Alias | None:
        if not isinstance(node, exp.Column) or node.args.get("table"):
            return None
        if not isinstance(node.this, exp.Identifier):
            raise _NotPlain
        return self.outputs.get(self.fold(node.name, bool(node.this.args.get("quoted"))))

    def _order(self, order: exp.Order) -> None:
        """Order by outputs, by number or by name; by anything else only without grouping."""
        for ordered in order.expressions:
            node = ordered.this
            output = self._numbered(node) if isinstance(node, exp.Literal) else self._output(node)
            if output is not None:
                ordered.set(
                    "this", exp.Column(this=exp.Identifier(this=output.alias, quoted=True))
                )
            elif not isinstance(node, exp.Var):
                if self.select.args.get("group") or self.select.args.get("distinct"):
                    raise _NotPlain
                self._resolve(node, outputs_too=True)

    def _type(self, column: exp.Column) -> str:
        known = self.columns.get(self.fold(column.name, quoted=True))
        return known.type if known is not None else ""


def _aliased(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node, alias=exp.Identifier(this=name, quoted=True))

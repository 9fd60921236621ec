"""Resolve a plain SELECT from at most one relation in one walk, without the optimizer.

Whatever is not plain, and whatever is wrong, is left to `scopes.py`.
"""

from __future__ import annotations

from sqlglot import exp

from weft.mesh.manifest import Column
from weft.sql.infer import infer
from weft.sql.qualified import Qualified, Setting

# What a SELECT may have beside columns, FROM, GROUP BY and ORDER BY. In the second line a name
# can mean an output of the query too.
_CLAUSES = frozenset(["where", "limit", "offset", "windows", "distinct"])
_LATE_CLAUSES = frozenset(["having", "qualify"])


class _NotPlain(Exception):
    """The query needs more than this way can do."""


def qualify_simple(tree: exp.Select, setting: Setting) -> Qualified | None:
    """Return a resolved copy of a query that the gate calls simple; None when it is not plain."""
    try:
        return _Resolver(tree, setting).resolved()
    except _NotPlain:
        return None


class _Resolver:
    """Copies one SELECT, and resolves its columns on the way."""

    def __init__(self, select: exp.Select, setting: Setting) -> None:
        self.select = select
        self.setting = setting
        self.dialect = setting.dialect
        self.fold = setting.dialect.fold
        self.mark = setting.mark + "a0"
        self.alias = ""
        self.columns: dict[str, Column] = {}
        self.used: set[str] = set()
        self.outputs: dict[str, exp.Alias] = {}

    def resolved(self) -> Qualified:
        """Do the work. Raises _NotPlain."""
        args = self.select.args
        from_, aliases = self._from()
        projections = [new for each in args["expressions"] for new in self._projection(each)]
        new: dict[str, object] = {"expressions": projections, "from_": from_}
        for key, value in args.items():
            if value and key not in new:
                new[key] = self._clause(key, value)
        return Qualified(
            exp.Select(**new),
            tuple(
                Column(each.alias, infer(each.this, self._type, self.dialect))
                for each in projections
            ),
            {name: self.used for name in self.setting.names},
            aliases,
        )

    def _from(self) -> tuple[exp.From | None, list[str]]:
        from_ = self.select.args.get("from_")
        if from_ is None:
            return None, []
        name = self.setting.names[0]
        written = from_.this.args.get("alias") or from_.this
        self.alias = self._key(written.this)
        self.columns = {
            self.fold(column.name, True): column for column in self.setting.known[name].columns
        }
        relation = _identifier(self.setting.relation(name))
        alias = exp.TableAlias(this=_identifier(self.mark))
        return exp.From(this=exp.Table(this=relation, alias=alias)), [written.this.name]

    def _projection(self, each: exp.Expr) -> list[exp.Alias]:
        """Give every output column its name; a star becomes the columns that it stands for."""
        if each.is_star:
            self._check_table(each)
            if not self.columns:
                raise _NotPlain
            return [
                self._output(self._column(column.name), column.name)
                for column in self.columns.values()
            ]
        if isinstance(each, exp.Alias):
            return [self._output(self._copy(each.this), each.args["alias"].name)]
        if isinstance(each, exp.Column):
            column = self._resolve(each, late=False)
            return [self._output(column, column.name)]
        raise _NotPlain

    def _output(self, value: object, name: str) -> exp.Alias:
        key = self.fold(name, True)
        if key in self.outputs:
            raise _NotPlain
        self.outputs[key] = exp.Alias(this=value, alias=_identifier(name))
        return self.outputs[key]

    def _clause(self, key: str, value: object) -> object:
        if isinstance(value, exp.Group):
            return self._group(value)
        if isinstance(value, exp.Order):
            return exp.Order(expressions=[self._ordered(each) for each in value.expressions])
        if key not in _CLAUSES and key not in _LATE_CLAUSES:
            raise _NotPlain
        if isinstance(value, exp.Distinct) and value.args.get("on"):
            raise _NotPlain
        return self._copy(value, late=key in _LATE_CLAUSES)

    def _copy(self, value: object, late: bool = False) -> object:
        """Copy a piece of the tree; its columns come out resolved."""
        if isinstance(value, list):
            return [self._copy(each, late) for each in value]
        if not isinstance(value, exp.Expr):
            return value
        if type(value) is exp.Column:
            return self._resolve(value, late)
        return type(value)(**{key: self._copy(each, late) for key, each in value.args.items()})

    def _resolve(self, column: exp.Column, late: bool) -> exp.Column:
        self._check_table(column)
        if not isinstance(column.this, exp.Identifier):
            raise _NotPlain
        key = self._key(column.this)
        known = self.columns.get(key)
        if known is None or (late and self._is_shadowed(column, key)):
            raise _NotPlain
        return self._column(known.name)

    def _column(self, name: str) -> exp.Column:
        self.used.add(name)
        return exp.Column(this=_identifier(name), table=_identifier(self.mark))

    def _check_table(self, column: exp.Expr) -> None:
        table = column.args.get("table")
        if column.args.get("db") or (table is not None and self._key(table) != self.alias):
            raise _NotPlain

    def _is_shadowed(self, column: exp.Column, key: str) -> bool:
        """Whether a name could also mean an output that is something else than this column."""
        output = self.outputs.get(key)
        if output is None or column.args.get("table"):
            return False
        value = output.this
        return not (isinstance(value, exp.Column) and self.fold(value.name, True) == key)

    def _group(self, group: exp.Group) -> exp.Group:
        if any(value for key, value in group.args.items() if key not in ("expressions", "all")):
            raise _NotPlain
        grouped = [self._grouped(each) for each in group.expressions]
        return exp.Group(**{**group.args, "expressions": grouped})

    def _grouped(self, each: exp.Expr) -> object:
        """A number means an output; a name means a column first and an output second."""
        output = self._meant(each)
        if output is None or (
            isinstance(each, exp.Column) and self._key(each.this) in self.columns
        ):
            return self._copy(each)
        value = output.this
        if isinstance(value, exp.CONSTANTS) or value.is_number or value.find(exp.AggFunc):
            raise _NotPlain
        return value.copy()

    def _ordered(self, ordered: exp.Expr) -> exp.Expr:
        """A name means an output first; anything else is ordered by only without grouping."""
        output = self._meant(ordered.this)
        if output is not None:
            value: object = exp.Column(this=_identifier(output.alias))
        elif isinstance(ordered.this, exp.Var):
            value = self._copy(ordered.this)
        else:
            args = self.select.args
            names = ordered.this.find_all(exp.Column)
            if args.get("group") or args.get("distinct") or any(map(self._meant, names)):
                raise _NotPlain
            value = self._copy(ordered.this)
        return type(ordered)(**{**ordered.args, "this": value})

    def _meant(self, node: exp.Expr) -> exp.Alias | None:
        """The output that a bare name or a number stands for."""
        if isinstance(node, exp.Literal):
            outputs = list(self.outputs.values())
            if not node.is_int or not 1 <= int(node.name) <= len(outputs):
                raise _NotPlain
            return outputs[int(node.name) - 1]
        if not isinstance(node, exp.Column) or node.args.get("table"):
            return None
        if not isinstance(node.this, exp.Identifier):
            raise _NotPlain
        return self.outputs.get(self._key(node.this))

    def _key(self, identifier: exp.Identifier) -> str:
        return self.fold(identifier.args["this"], bool(identifier.args.get("quoted")))

    def _type(self, column: exp.Column) -> str:
        known = self.columns.get(self.fold(column.name, True))
        return known.type if known is not None else ""


def _identifier(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)

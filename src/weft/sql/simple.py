"""Resolve a plain SELECT from at most one relation in one walk, without the optimizer.

Whatever is not plain, and whatever is wrong, is left to `scopes.py`.
"""

from __future__ import annotations

from sqlglot import exp

from weft.mesh.manifest import Column
from weft.sql.infer import infer
from weft.sql.qualified import Qualified, Setting

# Clauses in which a name means a column; in the late ones it can mean an output of the query too.
_CLAUSES = frozenset(["where", "limit", "offset", "windows", "distinct"])
_LATE_CLAUSES = frozenset(["having", "qualify"])


class _NotPlain(Exception):
    """The query needs more than this way can do."""


def qualify_simple(tree: exp.Select, setting: Setting) -> Qualified | None:
    """Return a resolved copy of a query that the gate calls simple; None when it is not plain."""
    try:
        return _Copier(tree, setting).copied()
    except (_NotPlain, RecursionError):
        # A chain of a thousand conditions is too long to be copied by recursion.
        return None


class _Copier:
    """Copies one SELECT clause by clause; its columns come out resolved."""

    def __init__(self, select: exp.Select, setting: Setting) -> None:
        self.select = select
        self.setting = setting
        self.columns = _Columns(select, setting)
        self.outputs: dict[str, exp.Alias] = {}

    def copied(self) -> Qualified:
        """Do the work. Raises _NotPlain."""
        args = self.select.args
        projections = [new for each in args["expressions"] for new in self._projection(each)]
        new: dict[str, object] = {"expressions": projections, "from_": self.columns.source()}
        for key, value in args.items():
            if value and key not in new:
                new[key] = self._clause(key, value)
        return Qualified(
            exp.Select(**new),
            tuple(
                Column(each.alias, infer(each.this, self.columns.type_of, self.setting.dialect))
                for each in projections
            ),
            {name: self.columns.used for name in self.setting.names},
            self.columns.aliases,
        )

    def _projection(self, each: exp.Expr) -> list[exp.Alias]:
        """Give every output column its name; a star becomes the columns that it stands for."""
        if each.is_star:
            names = self.columns.all_of(each)
            return [self._output(self.columns.take(name), name) for name in names]
        if isinstance(each, exp.Alias):
            alias = each.args["alias"]
            name = self.setting.dialect.spelled(alias.name, bool(alias.args.get("quoted")))
            return [self._output(self._copy(each.this), name)]
        if isinstance(each, exp.Column):
            column = self.columns.resolved(each)
            return [self._output(column, column.name)]
        raise _NotPlain

    def _output(self, value: object, name: str) -> exp.Alias:
        key = self.setting.dialect.fold(name, True)
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
        if isinstance(value, list):
            return [self._copy(each, late) for each in value]
        if not isinstance(value, exp.Expr):
            return value
        if isinstance(value, exp.Column):
            if late and self._is_shadowed(value):
                raise _NotPlain
            return self.columns.resolved(value)
        return type(value)(**{key: self._copy(each, late) for key, each in value.args.items()})

    def _is_shadowed(self, column: exp.Column) -> bool:
        """Whether a name could also mean an output that is something else than this column."""
        output = self._meant(column)
        if output is None:
            return False
        return not (isinstance(output.this, exp.Column) and output.this.name == output.alias)

    def _group(self, group: exp.Group) -> exp.Group:
        if any(value for key, value in group.args.items() if key not in ("expressions", "all")):
            raise _NotPlain
        grouped = [self._grouped(each) for each in group.expressions]
        return exp.Group(**{**group.args, "expressions": grouped})

    def _grouped(self, each: exp.Expr) -> object:
        """A number means an output; a name means a column first and an output second."""
        output = self._meant(each)
        if output is None or (isinstance(each, exp.Column) and self.columns.has(each)):
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
        return self.outputs.get(self.columns.key(node.this))


class _Columns:
    """The columns of the one relation that a SELECT reads, if it reads any."""

    def __init__(self, select: exp.Select, setting: Setting) -> None:
        self.setting = setting
        self.used: set[str] = set()
        self.aliases: list[str] = []
        self._known: dict[str, Column] = {}
        self._alias = ""
        from_ = select.args.get("from_")
        if from_ is not None:
            called = (from_.this.args.get("alias") or from_.this).this
            fold = setting.dialect.fold
            known = setting.known[setting.names[0]].columns
            self._alias = self.key(called)
            self._known = {fold(column.name, True): column for column in known}
            quoted = bool(called.args.get("quoted"))
            self.aliases = [setting.dialect.spelled(called.name, quoted)]

    def source(self) -> exp.From | None:
        """Write FROM with the stand-ins of the relation and of its alias."""
        if not self.aliases:
            return None
        relation = _identifier(self.setting.relation(self.setting.names[0]))
        alias = exp.TableAlias(this=_identifier(self.setting.mark + "a0"))
        return exp.From(this=exp.Table(this=relation, alias=alias))

    def key(self, identifier: exp.Expr) -> str:
        """What two spellings of one name have in common."""
        if not isinstance(identifier, exp.Identifier):
            raise _NotPlain
        quoted = bool(identifier.args.get("quoted"))
        return self.setting.dialect.fold(identifier.args["this"], quoted)

    def has(self, column: exp.Column) -> bool:
        """Whether the relation has a column of this name."""
        return self.key(column.this) in self._known

    def all_of(self, star: exp.Expr) -> list[str]:
        """The names that a star stands for."""
        self._check_table(star)
        if not self._known:
            raise _NotPlain
        return [column.name for column in self._known.values()]

    def resolved(self, column: exp.Column) -> exp.Column:
        """The same column with its relation and its own spelling."""
        self._check_table(column)
        known = self._known.get(self.key(column.this))
        if known is None:
            raise _NotPlain
        return self.take(known.name)

    def take(self, name: str) -> exp.Column:
        """A column of the relation, which is used from here on."""
        self.used.add(name)
        return exp.Column(this=_identifier(name), table=_identifier(self.setting.mark + "a0"))

    def type_of(self, column: exp.Column) -> str:
        """The type of a resolved column."""
        return self._known[self.setting.dialect.fold(column.name, True)].type

    def _check_table(self, column: exp.Expr) -> None:
        table = column.args.get("table")
        if column.args.get("db") or (table is not None and self.key(table) != self._alias):
            raise _NotPlain


def _identifier(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)

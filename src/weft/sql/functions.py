"""Which functions a query may call: nothing that reaches files, settings, sessions or sequences.

Functions that sqlglot knows are allowed but for the classes listed here; any other one has to be
on the dialect's list.
"""

from __future__ import annotations

from sqlglot import exp

from weft.sql.dialect import Dialect

# Each reads or changes something outside the query, or is an operator of stars and templates.
_REACHING = """
    ReadCSV ReadParquet NextValueFor ToFile Secret VectorSearch Predict DynamicIdentifier
    CurrentAccount CurrentAccountName CurrentAvailableRoles CurrentCatalog CurrentClient
    CurrentDatabase CurrentIpAddress CurrentOrganizationName CurrentOrganizationUser
    CurrentRegion CurrentRole CurrentRoleType CurrentSchema CurrentSchemas
    CurrentSecondaryRoles CurrentSession CurrentStatement CurrentTransaction CurrentUser
    CurrentUserId CurrentVersion CurrentWarehouse SessionUser Host NetFunc
    AIAgg AIClassify AIEmbed AIForecast AIGenerate AISimilarity AISummarizeAgg
    GenerateBool GenerateDouble GenerateEmbedding GenerateInt GenerateTable GenerateText
    MLForecast MLTranslate FeaturesAtTime OpenJSON XMLTable
"""

_VOLATILE = """
    CurrentDate CurrentDatetime CurrentTime CurrentTimestamp CurrentTimestampLTZ
    CurrentTimezone Localtime Localtimestamp Systimestamp UtcDate UtcTime UtcTimestamp
    Rand Randn Randstr Uuid Uniform Normal Zipf Shuffle Seq1 Seq2 Seq4 Seq8
"""


def classes_named(names: str) -> frozenset[type[exp.Expr]]:
    """Return the classes of nodes that this version of sqlglot has of these."""
    return frozenset(getattr(exp, name) for name in names.split() if hasattr(exp, name))


FUNCTION_CLASSES: frozenset[type[exp.Expr]] = frozenset(
    kind for kind in vars(exp).values() if isinstance(kind, type) and issubclass(kind, exp.Func)
)
"""The classes of nodes that call a function."""

_REACHING_CLASSES = classes_named(_REACHING)
_VOLATILE_CLASSES = classes_named(_VOLATILE)


def function_name(node: exp.Expr) -> str:
    """Return the lower-case name of a called function."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else ""


def is_allowed(node: exp.Expr, dialect: Dialect) -> bool:
    """Whether a query may call this function."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return node.name.lower() in dialect.functions.allowed
    return type(node) not in _REACHING_CLASSES


def add_brackets(tree: exp.Query, dialect: Dialect) -> exp.Query:
    """Call functions of this tree that are written without brackets by names that take them.

    A warehouse may read the bare word as a column where something in the query has that name,
    such as the result of this very function.
    """
    for node in list(tree.find_all(*_VOLATILE_CLASSES)):
        name = dialect.functions.bare.get(function_name(node))
        if name and not any(node.args.values()):
            node.replace(exp.Anonymous(this=name))
    return tree


def is_volatile(node: exp.Expr, dialect: Dialect) -> bool:
    """Whether this function may give another value in the next run."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in dialect.functions.volatile
    return type(node) in _VOLATILE_CLASSES

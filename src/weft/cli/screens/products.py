"""Products, ports and models as pages and lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from weft.app.show import Detail, Line, Listing
from weft.cli.beginning import NO_PRODUCTS
from weft.cli.cells import flow, visible, visible_lines
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.cli.screens.status import promises_table
from weft.contract.attainment import Attainment
from weft.contract.endings import ending_of
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, Transform
from weft.mesh.words import count, short_time
from weft.warehouses.shown import versioned_name

_LINE = (
    Column("product"),
    Column("state"),
    Column("status"),
    Column("release", Kind.NUMBER),
    Column("ports", Kind.TEXT),
    Column("models", Kind.NUMBER),
    Column("owner", Kind.TEXT),
)
_ITS_DATA = 'its data:  weft query "select * from {}"{}'
_COLUMNS = (
    Column("object"),
    Column("column"),
    Column("type"),
    Column("promises", Kind.TEXT),
    Column("description", Kind.TEXT),
)


def products_result(listing: Listing, environment: str, env: str = "") -> Result:
    """Return a list of products for every format.

    `env` is the option by which the next command means the same environment.
    """
    lines = listing.lines
    rows = [
        (
            each.product,
            each.state,
            each.status,
            each.release or None,
            " ".join(
                f"{port} ({each.marks[port]})" if port in each.marks else port
                for port in each.ports
            ),
            each.models or None,
            each.owner,
        )
        for each in lines
    ]
    table = Table("products", _LINE, rows)

    def text(screen: Screen) -> str:
        if not lines and listing.sound:
            return "No product has changed.\n" if listing.selected else NO_PRODUCTS
        return f"{draw_table(table, screen) if lines else ''}{_list_ends(listing, env)}\n"

    head = (f"{count(len(lines), 'product')} in {environment}",)
    shown = lines or not listing.sound
    return Result("products", {"products": lines}, table, text, head if shown else ())


def _list_ends(listing: Listing, env: str) -> str:
    """Say what to do about the worst of a list, or how to look at one of it."""
    states = {each.state for each in listing.lines}
    if not listing.sound:
        return "  the files have errors:  weft validate"
    if "unknown" in states:
        return f"  not all can be compared, see why:  weft plan{env}"
    if "damaged" in states:
        return f"  some are damaged, see what:  weft doctor{env}"
    return f"  one of them:  weft show PRODUCT{env}"


def product_result(detail: Detail, env: str = "") -> Result:
    """Return the page of a product for every format."""
    ports = [
        (port.name, _stage(port), port.version, len(port.objects), port.description)
        for port in detail.manifest.ports
    ]
    columns = (
        *(Column(name) for name in ("port", "status", "version")),
        Column("objects", Kind.NUMBER),
        Column("description", Kind.TEXT),
    )
    table = Table("ports", columns, ports)
    data = {
        "product": detail.manifest,
        "line": detail.line,
        "release": detail.release,
        "consumers": detail.consumers,
    }
    head = (detail.manifest.address, detail.manifest.title)
    text = partial(_product_page, detail, table, env)
    return Result("product", data, table, text, head)


def _product_page(detail: Detail, ports: Table, env: str, screen: Screen) -> str:
    manifest, line = detail.manifest, detail.line
    release = (
        f"release {line.release} of {short_time(line.published)}"
        if line.release
        else "not published"
    )
    owner = f"owner {visible(line.owner)}" if line.owner else "nobody owns it"
    lines = [flow("  ", [_stands(line), manifest.status, release, owner], screen.width)]
    if manifest.purpose:
        lines.append(flow("  ", visible(manifest.purpose).split(), screen.width, joint=" "))
    lines += ["", draw_table(ports, screen)]
    reads = [each.port or f"{each.source} (source)" for each in manifest.inputs]
    models = [f"{each.name} ({_kept(each)})" for each in manifest.transforms]
    for head, items in (
        ("reads:   ", reads),
        ("read by: ", list(detail.consumers)),
        ("models:  ", models),
    ):
        lines += [flow(head, items, screen.width)] if items else []
    address = manifest.address
    if line.state == "has errors":
        lines.append("This is how it was applied last; its files have errors.")
        lines.append("  see them:  weft validate")
    else:
        more = [f"weft show {address}.PORT{env}", f"weft lineage {address}{env}"]
        lines.append(flow("  more:  ", more, screen.width))
    return "\n".join(lines) + "\n"


def _stands(line: Line) -> str:
    return f"applied by root {line.root}" if line.state == "elsewhere" else line.state


def port_result(
    manifest: ProductManifest, port: PortVersion, env: str = "", levels: Sequence[Attainment] = ()
) -> Result:
    """Return a port with its columns and what is promised of each, for every format.

    `levels` are its service levels, and how they are kept.
    """
    described = {
        (str(obj.get("name")), str(each.get("name"))): str(each.get("description", ""))
        for obj in port.contract.get("schema", [])
        for each in obj.get("properties", [])
    }
    rows = []
    for obj in port.objects:
        promises: dict[str, list[str]] = {}
        for each in obj.checks:
            for name in each.check.columns:
                promises.setdefault(name, []).append(each.check.label)
        logical = {each.name: each.logical_type for each in obj.promises}
        rows += [
            (
                obj.name,
                column.name,
                column.type or logical.get(column.name, ""),
                ", ".join(promises.get(column.name, ())),
                described.get((obj.name, column.name), ""),
            )
            for column in obj.columns
        ]
    table = Table("columns", _COLUMNS, rows)
    address = f"{manifest.address}.{port.name}"

    def text(screen: Screen) -> str:
        first = versioned_name(port.objects[0].name, port.major, port.candidate)
        query = _ITS_DATA.format(f"{manifest.address}.{first}", env)
        promises = f"\n{draw_table(promises_table(levels), screen)}" if levels else ""
        return f"\n{draw_table(table, screen)}{promises}\n  {query}\n"

    data = {"product": manifest.address, "port": port, "service_levels": levels}
    return Result("port", data, table, text, (address, _stage(port), port.version))


def _stage(port: PortVersion) -> str:
    """The status of a port, until when it is a preview where it is one, and when it ends."""
    if port.status is Status.DEPRECATED and ending_of(port.contract).until:
        return f"{port.status}, {ending_of(port.contract)}"
    return f"{port.status}, preview until {port.candidate}" if port.candidate else port.status


def transform_result(manifest: ProductManifest, model: Transform, env: str = "") -> Result:
    """Return a model with its columns, for every format."""
    rows = [(column.name, column.type) for column in model.columns]
    table = Table("columns", (Column("column"), Column("type")), rows)
    address = f"{manifest.address}.{model.name}"

    def text(screen: Screen) -> str:
        words = visible(f"{model.description} {_grows(model)}").split()
        said = flow("  ", words, screen.width, joint=" ") + "\n" if words else ""
        its_sql = f"its SQL:  weft show {address} --sql{env}"
        return f"{said}\n{draw_table(table, screen)}\n  {its_sql}\n"

    data = {"product": manifest.address, "model": model}
    return Result("model", data, table, text, (address, model.materialized, model.path))


def _kept(model: Transform) -> str:
    """How a model is kept, and by which columns it grows."""
    growth = model.growth
    by = (growth.time_column, *growth.unique_key) if growth else ()
    return " ".join([model.materialized, *(["by", ", ".join(filter(None, by))] if by else [])])


def _grows(model: Transform) -> str:
    """How a model grows, as its head says."""
    growth = model.growth
    if growth is None:
        return ""
    parts = []
    if growth.time_column:
        look_back = f", look-back {count(growth.look_back, growth.interval)}"
        since = f" from {growth.start} on" if growth.start else ""
        by = f"by {growth.time_column}, {growth.interval} by {growth.interval}{since}"
        parts.append(f"{by}{look_back if growth.look_back else ''}")
    if growth.unique_key:
        parts.append(f"by key {', '.join(growth.unique_key)}")
    return f"Grows {' and '.join(parts)}."


def sql_result(manifest: ProductManifest, part: PortVersion | Transform) -> Result:
    """Return the source text of a model, or of the models that fill a port."""
    names = [part.name] if isinstance(part, Transform) else [o.model for o in part.objects]
    known = {each.name: each for each in manifest.transforms}
    models = [known[name] for name in dict.fromkeys(names) if name in known]
    columns = (Column("model"), Column("path"), Column("sql", Kind.TEXT))
    table = Table("sql", columns, [(each.name, each.path, each.text) for each in models])

    def text(_: Screen) -> str:
        return "\n".join(f"-- {each.path}\n{visible_lines(each.text.strip())}\n" for each in models)

    return Result("sql", table.data, table, text)

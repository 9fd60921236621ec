"""Measure Weft beside its ceilings; print a table and write it as JSON.

    python benchmarks/run.py [NAME ...]      all of them, or the names of some in BENCHMARKS

Ratios are taken in one run, because machines are noisy; seconds are for orientation.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import sqlglot

import meshes
import servers
from measure import HERE, Cost, Failed, Figure, Skipped, best, inside, run, script, weft

RESULTS = HERE / "results"
REPEATS = 3
HEAVY_ROWS = 20_000_000
GROWING_ROWS = 50_000_000


def start(folder: Path) -> Iterator[Figure]:
    """How long the smallest verbs take."""
    cost = best(7, lambda: run(weft("--version"), folder))
    yield Figure("weft --version", cost.seconds, "s", 0.15)
    mesh = folder / "one"
    meshes.write_small_models(mesh, products=1)
    cost = best(REPEATS, lambda: _cold(mesh, weft("validate")))
    yield Figure("validate one product, cold", cost.seconds, "s", 0.6)
    cost = best(REPEATS, lambda: run(weft("validate"), mesh))
    yield Figure("validate one product, nothing changed", cost.seconds, "s", 0.3)
    cost = best(REPEATS, lambda: _demo(folder / "demo"))
    yield Figure("make demo, once installed", cost.seconds, "s", 60)
    yield Figure("core installation", _installed_size(folder), "MB", 150)


def small(folder: Path) -> Iterator[Figure]:
    """A cold apply of many small models against the plain script."""
    plain, cold, fast = folder / "plain", folder / "small", folder / "small_fast"
    meshes.write_small_models(cold)
    shutil.copytree(cold, fast)
    compiled = _compiled_sqlglot(folder)

    def script_run() -> Cost:
        shutil.rmtree(plain, ignore_errors=True)
        return run(script("plain_script.py", "small", str(plain)), folder)

    script_costs, costs, fast_costs = [], [], []
    for _ in range(REPEATS):
        script_costs.append(script_run().seconds)
        costs.append(_cold(cold, weft("apply", "--yes")).seconds)
        fast_costs.append(_cold(fast, weft("apply", "--yes"), compiled).seconds)
    yield Figure("plain script, 1,000 models", min(script_costs), "s")
    yield Figure("cold apply, 1,000 models", min(costs), "s")
    yield Figure("  against the script", min(costs) / min(script_costs), "x", 1.0)
    yield Figure("cold apply, compiled sqlglot", min(fast_costs), "s")
    yield Figure("  against the script", min(fast_costs) / min(script_costs), "x", 0.9)
    large = folder / "large"
    meshes.write_small_models(large, products=1000)
    cost = _cold(large, weft("apply", "--yes"))
    yield Figure("cold apply, 10,000 models", cost.seconds, "s")
    yield Figure("  growth against linear", cost.seconds / min(costs) / 10, "x", 1.2)


def plan(folder: Path) -> Iterator[Figure]:
    """Plans with no change, and with one changed model."""
    mesh, large = folder / "small", folder / "large"
    for each, products in ((mesh, 100), (large, 1000)):
        if not (each / ".weft").exists():
            meshes.write_small_models(each, products=products)
            run(weft("apply", "--yes"), each)
        run(weft("plan"), each)
    cost = best(REPEATS, lambda: _without_cache(mesh))
    yield Figure("plan, no change, 1,000 models, cold", cost.seconds, "s", 2.0)
    model = next((mesh / "domains").rglob("models/*.sql"))
    text = model.read_text()
    none, one = [], []
    for _ in range(2 * REPEATS):
        run(weft("plan"), mesh)
        none.append(run(weft("plan"), mesh).seconds)
        model.write_text(text.replace("SELECT", "SELECT 1 AS one_more,", 1))
        one.append(run(weft("plan"), mesh).seconds)
        model.write_text(text)
    yield Figure("plan, no change, 1,000 models, warm", min(none), "s", 0.8)
    yield Figure("  one changed model against none", min(one) / min(none), "x", 1.2)
    cost = best(REPEATS, lambda: run(weft("plan"), large))
    yield Figure("plan, no change, 10,000 models, warm", cost.seconds, "s", 4.0)


def promotion(folder: Path) -> Iterator[Figure]:
    """A plan that takes what another environment built, against a plan with no change."""
    mesh = folder / "promotion"
    meshes.write_small_models(mesh)
    run(weft("apply", "--yes"), mesh)
    _change_models(mesh)
    run(weft("apply", "--env", "dev", "--new-env", "--yes"), mesh)
    run(weft("plan"), mesh)
    settled, promoted = [], []
    for _ in range(REPEATS * 2):
        settled.append(run(weft("plan", "--env", "dev"), mesh).seconds)
        promoted.append(run(weft("plan"), mesh).seconds)
    yield Figure("plan, no change, 1,000 models", min(settled), "s")
    yield Figure("plan, nothing to rebuild, 100 adopted", min(promoted), "s")
    yield Figure("  against the one with no change", min(promoted) / min(settled), "x", 1.5)
    cost = run(weft("apply", "--yes"), mesh)
    yield Figure("apply, nothing to rebuild, audits repeated", cost.seconds, "s")


def contract(folder: Path) -> Iterator[Figure]:
    """Nine checks on 1.5 M rows, inside the process and as a command."""
    mesh = folder / "contract"
    file = meshes.write_contract_table(mesh)
    run(weft("apply", "--yes"), mesh)
    fused, whole = inside(script("inside.py", str(mesh), str(file)), folder)
    yield Figure("one fused query, nine checks", fused, "s")
    yield Figure("contract inside the process", whole, "s")
    yield Figure("  against the fused query", whole / fused, "x", 1.5)
    cost = best(REPEATS, lambda: run(weft("test"), mesh))
    yield Figure("weft test, 1.5 M rows", cost.seconds, "s", 1.2)


def heavy(folder: Path) -> Iterator[Figure]:
    """Joins and aggregates over many rows, in time and memory."""
    mesh, plain = folder / "heavy", folder / "heavy_plain"
    meshes.write_heavy(mesh, HEAVY_ROWS)
    script_costs, costs = [], []
    for _ in range(REPEATS):
        shutil.rmtree(plain, ignore_errors=True)
        command = script("plain_script.py", "heavy", str(plain), str(HEAVY_ROWS))
        script_costs.append(run(command, folder))
        costs.append(_cold(mesh, weft("apply", "--yes")))
    least = min(cost.seconds for cost in script_costs)
    took = min(cost.seconds for cost in costs)
    memory = min(cost.megabytes for cost in costs)
    memory -= min(cost.megabytes for cost in script_costs)
    yield Figure("plain script, heavy models", least, "s")
    yield Figure("apply, heavy models", took, "s")
    yield Figure("  against the script", took / least, "x", 1.15)
    yield Figure("  memory beyond the script's", memory, "MB", 200)


def growing(folder: Path) -> Iterator[Figure]:
    """A full build of a model that grows, and one that adds to it, inside one process."""
    mesh = folder / "growing"
    full, added = inside(script("growing.py", str(mesh), str(GROWING_ROWS), "1", "files"), folder)
    shutil.rmtree(mesh)
    yield Figure("full build of 50 M rows, audited", full, "s")
    yield Figure("adding 1 %, audited", added, "s")
    yield Figure("  against the full build", 100 * added / full, "%", 5.0)


BENCHMARKS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "start": start,
    "small": small,
    "plan": plan,
    "promotion": promotion,
    "contract": contract,
    "heavy": heavy,
    "growing": growing,
    "copies": servers.copies,
    "postgres": servers.postgres,
    "grown": servers.grown,
}


def _cold(mesh: Path, command: tuple[str, ...], environment: dict[str, str] | None = None) -> Cost:
    shutil.rmtree(mesh / ".weft", ignore_errors=True)
    return run(command, mesh, environment)


def _change_models(mesh: Path) -> None:
    """Give one model of every product, which no port shows, another meaning."""
    for file in sorted(mesh.glob("domains/*/*/models/used.sql")):
        file.write_text(file.read_text().replace("value - 1", "value - 2"))


def _demo(mesh: Path) -> Cost:
    shutil.rmtree(mesh, ignore_errors=True)
    return run(weft("demo", str(mesh)), mesh.parent)


def _without_cache(mesh: Path) -> Cost:
    for file in (mesh / ".weft").glob("cache.db*"):
        file.unlink()
    return run(weft("plan"), mesh)


def _compiled_sqlglot(folder: Path) -> dict[str, str]:
    """Install the compiled build of sqlglot beside the plain one; the environment that uses it."""
    target = folder / "compiled"
    wanted = f"sqlglot[c]=={sqlglot.__version__}"
    command = [sys.executable, "-m", "pip", "install", "-qq", "--target", str(target), wanted]
    run(command, folder)
    return {"PYTHONPATH": str(target)}


def _installed_size(folder: Path) -> float:
    """Megabytes of the core in an environment of its own."""
    target = folder / "core"
    locked = HERE.parent / "requirements" / "core.txt"
    arguments = ["-qq", "--no-compile", "--require-hashes", "-r", str(locked)]
    run([sys.executable, "-m", "pip", "install", *arguments, "--target", str(target)], folder)
    return sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) / 1e6


def _table(figures: list[Figure]) -> str:
    lines = [f"{'':42}{'measured':>12}  {'ceiling':>10}"]
    for each in figures:
        ceiling = f"{each.ceiling:g} {each.unit}" if each.ceiling is not None else ""
        mark = "" if each.within else "   over the ceiling"
        lines.append(f"{each.name:42}{each.value:>10.2f} {each.unit:<2} {ceiling:>9}{mark}")
    return "\n".join(lines)


def _record(figures: list[Figure]) -> None:
    RESULTS.mkdir(exist_ok=True)
    document = {
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "sqlglot": sqlglot.__version__,
        "machine": platform.machine(),
        "figures": [
            {"name": each.name.strip(), "value": round(each.value, 3), "unit": each.unit}
            | ({"ceiling": each.ceiling} if each.ceiling is not None else {})
            for each in figures
        ],
    }
    (RESULTS / "latest.json").write_text(json.dumps(document, indent=1) + "\n")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 1 when a figure is over its ceiling."""
    figures: list[Figure] = []
    skipped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        for name in names or BENCHMARKS:
            try:
                for figure in BENCHMARKS[name](Path(folder)):
                    figures.append(figure)
                    print(_table([figure]).splitlines()[1], flush=True)
            except Skipped as reason:
                skipped.append(f"skipped: {name}: {reason}")
            except Failed as failed:
                print(failed, file=sys.stderr)
                return 1
    print("\n".join(("", _table(figures), *skipped)))
    if not names and not skipped:
        _record(figures)
    return 0 if all(figure.within for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

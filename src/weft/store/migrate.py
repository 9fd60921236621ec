"""See whose store a database holds, and bring its tables forward to the format of this program.

Format n is made from format n - 1 by the scripts numbered n: the one in `migrations/` beside this
file for every kind of database, then the one of the kind itself. There is no way back.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from weft.store.database import Database, Transaction
from weft.store.protocol import Identity, StoreError

# The number of the last file in `migrations/`.
FORMAT = 7

SHARED = Path(__file__).with_name("migrations")

# The one table that every format has: it says which migrations the others have gone through.
_IDENTITY = (
    "CREATE TABLE identity (mesh TEXT NOT NULL, id TEXT NOT NULL, format INTEGER NOT NULL) STRICT;"
)


def initialise(transaction: Transaction, own: Path, mesh: str, new_id: str) -> None:
    """Make the tables of a new store, inside the caller's transaction.

    `own` is the folder of migrations of this kind of database.
    """
    transaction.run(_IDENTITY)
    transaction.execute(
        "INSERT INTO identity (mesh, id, format) VALUES (:mesh, :id, 0)",
        {"mesh": mesh, "id": new_id},
    )
    _migrate(transaction, own, done=0)


def identified(database: Database, mesh: str) -> Identity:
    """Return the identity of a store of this mesh, after migrating it if it is older.

    Raises StoreError when it belongs to another mesh, when a newer Weft wrote it, or when it is
    no store at all.
    """

    def read(transaction: Transaction) -> Identity:
        return _read(transaction, mesh, database.place)

    def migrate(transaction: Transaction) -> Identity:
        # Another program may have migrated it meanwhile.
        found = read(transaction)
        _migrate(transaction, database.migrations, found.format)
        return replace(found, format=FORMAT)

    found = database.read(read)
    return found if found.format == FORMAT else database.write(migrate)


def _read(transaction: Transaction, mesh: str, place: str) -> Identity:
    """Return the identity of a store that this program may use."""
    row = None
    if transaction.has("identity"):
        row = transaction.execute("SELECT mesh, id, format FROM identity").fetchone()
    if row is None:
        raise StoreError(f"store {place}: it is no store of Weft; name another one in weft.yaml")
    found = Identity(*row)
    if found.mesh != mesh:
        raise StoreError(
            f"store {place}: it belongs to mesh `{found.mesh}` and not to `{mesh}`; name another "
            "store in weft.yaml, or correct `mesh` there"
        )
    if found.format > FORMAT:
        raise StoreError(
            f"store {place}: a newer Weft wrote it (format {found.format}, this one reads up to "
            f"{FORMAT}); install that version"
        )
    return found


def _migrate(transaction: Transaction, own: Path, done: int) -> None:
    """Run the migrations after number `done`; the caller's transaction keeps all or none."""
    for number in range(done + 1, FORMAT + 1):
        for folder in (SHARED, own):
            for path in folder.glob(f"{number:04}_*.sql"):
                transaction.run(path.read_text(encoding="utf-8"))
    transaction.execute("UPDATE identity SET format = :format", {"format": FORMAT})

"""Locks on files: they end with the process that holds them, and nobody waits for them for ever."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from weft.warehouses.duckdb.disk import fault
from weft.warehouses.protocol import WarehouseError

# In seconds. A process that was stopped keeps its locks, and may never go on.
PATIENCE = 5.0
_PAUSE = 0.02


def locked(number: int, path: str, *, shared: bool = False, patience: float = 0.0) -> bool:
    """Lock an open file; False when somebody had it for all of `patience`, in seconds.

    Raises WarehouseError where files cannot be locked.
    """
    how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    for left in reversed(range(int(patience / _PAUSE) + 1)):
        try:
            fcntl.flock(number, how)
        except BlockingIOError:
            time.sleep(_PAUSE if left else 0)
        except OSError as error:
            raise fault("lock", path, error) from error
        else:
            return True
    return False


@contextmanager
def holding(path: str, *, shared: bool) -> Iterator[None]:
    """Hold the lock of a file that is there, alone or with others.

    Raises WarehouseError when somebody does not let go of it in time.
    """
    try:
        number = os.open(path, os.O_RDWR)
    except OSError as error:
        raise fault("lock", path, error) from error
    try:
        if not locked(number, path, shared=shared, patience=PATIENCE):
            raise WarehouseError(
                f"{path} is locked by another program; wait for that one, or continue or end it, "
                "and try again",
                transient=True,
                interrupted=True,
            )
        yield
    finally:
        os.close(number)

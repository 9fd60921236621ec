"""Transactions on a connection that goes on to be used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from postgres_server import as_keywords
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.postgres.target import target_of
from weft.warehouses.protocol import WarehouseError

ROLES = 1500


@contextmanager
def made_meanwhile(database: dict[str, Any]) -> Iterator[tuple[list[str], threading.Event]]:
    """Give the roles that are made and granted one after the other, and when that has ended."""
    made: list[str] = []
    done = threading.Event()
    with psycopg.connect(**as_keywords(database), autocommit=True) as login:
        me = sql.Identifier(database["user"])

        def make() -> None:
            for number in range(ROLES):
                role = f"{database['database']}_role_{number}"
                name = sql.Identifier(role)
                login.execute(sql.SQL("CREATE ROLE {}").format(name))
                login.execute(sql.SQL("GRANT {} TO {}").format(name, me))
                made.append(role)
            done.set()

        maker = threading.Thread(target=make)
        maker.start()
        try:
            yield made, done
        finally:
            maker.join()
            for role in made:
                login.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_a_role_that_was_granted_a_moment_ago_is_not_denied(database: dict[str, Any]) -> None:
    sessions = Sessions(target_of("wh", database))
    try:
        with made_meanwhile(database) as (made, done):
            while not done.is_set():
                # Looking for the first one's members, it may miss that the last one is granted.
                for role in (*made[:1], *made[-1:]):
                    with sessions.acting_as(role):
                        assert sessions.ask("SELECT current_user") == [(role,)]
    finally:
        sessions.close()


def test_one_that_cannot_begin_leaves_the_connection_as_it_was(database: dict[str, Any]) -> None:
    sessions = Sessions(target_of("wh", database))
    try:
        number = sessions.connection_number()
        denied = pytest.raises(WarehouseError, match="nobody_at_all")
        with denied, sessions.acting_as("nobody_at_all"):
            pytest.fail("nobody can act as a role that does not exist")
        assert sessions.ask("SELECT 1") == [(1,)]
        assert sessions.connection_number() == number
    finally:
        sessions.close()

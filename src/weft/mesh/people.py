"""The people of a mesh: teams and their members, by role."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A person in a team. `role` is owner, dataops_engineer, steward, member, or their own."""

    username: str
    role: str = "member"
    name: str = ""


@dataclass(frozen=True)
class Team:
    """The people who answer for a domain or a product (ODCS team object)."""

    name: str = ""
    members: tuple[Member, ...] = ()

    @property
    def owner(self) -> str:
        """The user name of the owner, or "" where nobody is named."""
        return next((each.username for each in self.members if each.role == "owner"), "")

"""Who may do what: roles, the actions that each may carry out, and what a principal sees of the whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from slawatch.core.text import Secret

Role: TypeAlias = Literal["viewer", "responder", "operator", "admin"]
Organizations: TypeAlias = Literal["all"] | tuple[str, ...]

ROLES: Final[tuple[Role, ...]] = ("viewer", "responder", "operator", "admin")
"""From the least to the most; each may do all that those before it may."""

PUBLIC: Final = "public"
"""The action of what anybody may ask for: health, heartbeats, the way to sign in, what was published."""

ACTIONS: Final[Mapping[str, Role]] = {
    "read": "viewer",
    "own.read": "viewer",
    "session.end": "viewer",
    "incident.open": "responder",
    "incident.ack": "responder",
    "incident.unack": "responder",
    "incident.snooze": "responder",
    "incident.assign": "responder",
    "incident.note": "responder",
    "incident.escalate": "responder",
    "incident.resolve": "responder",
    "incident.reopen": "responder",
    "incident.merge": "responder",
    "incident.reassign": "responder",
    "incident.postmortem": "responder",
    "silence.add": "responder",
    "silence.change": "responder",
    "silence.expire": "responder",
    "override.add": "responder",
    "override.cancel": "responder",
    "swap.add": "responder",
    "swap.take": "responder",
    "swap.cancel": "responder",
    "rehearsal.play": "responder",
    "check.probe": "operator",
    "maintenance.add": "operator",
    "maintenance.change": "operator",
    "maintenance.cancel": "operator",
    "adjustment.add": "operator",
    "adjustment.approve": "operator",
    "adjustment.withdraw": "operator",
    "report.freeze": "operator",
    "report.send": "operator",
    "report.restate": "operator",
    "publication.write": "operator",
    "notification.retry": "operator",
    "channel.test": "operator",
    "config.read": "operator",
    "config.reload": "operator",
    "samples.import": "operator",
    "token.list": "admin",
    "token.create": "admin",
    "token.revoke": "admin",
    "audit.read": "admin",
    "person.erase": "admin",
    "target.probe": "admin",
    "config.check": "admin",
}
"""Every action, and the least role that may carry it out."""

WHOLE: Final = frozenset(
    {
        "override.add", "override.cancel", "swap.add", "swap.take", "swap.cancel",
        "notification.retry", "channel.test", "own.read", "config.read", "config.reload", "config.check",
        "target.probe", "samples.import",
        "token.list", "token.create", "token.revoke", "audit.read", "person.erase",
    }
)  # fmt: skip
"""What is about the installation as a whole: only for who sees all organisations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in.

    Attributes:
        name: the name to sign in with; the key of the TOML table.
        password: what `slawatch password` printed (an argon2id hash); absent, there is no password, and only
            a provider or a proxy signs this user in.
        role: what they may do: `viewer` reads; `responder` acknowledges, writes notes, silences; `operator`
            announces maintenance, adjusts, handles reports, reloads; `admin` everything.
        organizations: whose services they see: `"all"`, or an array of keys of `[organizations]`.
        person: which of `[people]` they are; what they do is theirs.
        external: what a provider or proxy calls this user, such as a mail address; of one without a password
            that is the name by default.
    """

    name: str
    password: Secret | None = None
    role: Role = "viewer"
    organizations: Organizations = "all"
    person: str = ""
    external: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What membership in a group of a provider or proxy gives.

    Attributes:
        group: its name there; `*` stands for everybody whom it signs in.
        role: what its members may do.
        organizations: whose services they see: `"all"`, or an array of keys of `[organizations]`.
    """

    group: str
    role: Role
    organizations: Organizations = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, and what they may.

    Attributes:
        name: of the user of `[users]`, or of the operating system's on the unix socket; others have a word
            before it that nobody of those can have: `token:deploy`, `proxy:erin`, `oidc:erin@example.com`.
        kind: how they are known: by the unix socket, as somebody on this machine without a login, by
            password, provider, proxy header or token.
        role: the most they may do.
        organizations: None for all.
        person: which of `[people]` they are; may be empty.
        source: from where: an address, or the process on the unix socket.
        id: of the token: names of tokens are used again, ids are not; empty for all others.
    """

    name: str
    kind: Literal["socket", "local", "password", "oidc", "proxy", "token"]
    role: Role
    organizations: frozenset[str] | None = None
    person: str = ""
    source: str = ""
    id: str = ""

    @property
    def by(self) -> str:
        """How what they do is signed: `person:alice` where they are somebody of the configuration."""
        return f"person:{self.person}" if self.person else self.name

    def may(self, action: str) -> bool:
        """Whether they may carry out an action."""
        if action == PUBLIC:
            return True
        return allowed(self.role, action) and (action not in WHOLE or self.organizations is None)

    def sees(self, organization: str | None) -> bool:
        """Whether they see what belongs to an organisation; what belongs to none is for those who see all."""
        return self.organizations is None or (organization is not None and organization in self.organizations)


def rank(role: str) -> int:
    """Return the place of a role in their order; an unknown word is below all.

    >>> rank("admin") > rank("viewer") > rank("guest")
    True
    """
    return ROLES.index(role) if role in ROLES else -1


def allowed(role: str, action: str) -> bool:
    """Whether a role may carry out an action; nobody may what is not in the table.

    >>> allowed("responder", "incident.ack"), allowed("viewer", "incident.ack"), allowed("admin", "fly")
    (True, False, False)
    """
    least = ACTIONS.get(action)
    return least is not None and rank(role) >= rank(least)


def scope(organizations: Organizations | Iterable[str]) -> frozenset[str] | None:
    """Return what a configuration's word for organisations means; None for all.

    >>> scope("all"), scope(("acme",)) == {"acme"}
    (None, True)
    """
    return None if organizations == "all" else frozenset(organizations)


def granted(grants: Iterable[Grant], groups: Iterable[str]) -> Grant | None:
    """Return the most that groups give: the highest role, and the organisations of all grants of that role.

    >>> granted([Grant(group="*", role="viewer"), Grant(group="sre", role="operator")], ["sre"]).role
    'operator'
    """
    mine = {*groups, "*"}
    found = [grant for grant in grants if grant.group in mine]
    if not found:
        return None
    best = max(found, key=lambda grant: rank(grant.role)).role
    same = [grant for grant in found if grant.role == best]
    if any(grant.organizations == "all" for grant in same):
        return Grant(group=same[0].group, role=best)
    names = dict.fromkeys(name for grant in same for name in grant.organizations)
    return Grant(group=same[0].group, role=best, organizations=tuple(names))

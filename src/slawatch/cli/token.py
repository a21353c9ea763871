"""`slawatch token`: API tokens for programs; `slawatch password`: the hash of a password for the config."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from slawatch.cli import entering, exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.access import Principal
    from slawatch.store.database import Database

_TARGET = "/api/v1/tokens"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="API tokens for programs, such as Prometheus.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "create",
        help="Make a token and print it, once: only its hash is kept.",
        epilog="Example: slawatch token create prometheus --role viewer --org acme --expires 90d",
    )(create)
    group.command(
        "list", help="List all tokens, without their secrets.", epilog="Example: slawatch token list --json"
    )(list_)
    group.command(
        "revoke",
        help="Let a token not hold any more, from now on.",
        epilog="Example: slawatch token revoke prometheus",
    )(revoke)
    app.add_typer(group, name="token")
    app.command(
        "password",
        help="Ask for a password and print its hash, for `password` of [users.NAME] in the configuration. "
        "Where no terminal is, the password is the first line of the input.",
        epilog="Example: slawatch password",
    )(password)


def _group() -> None:
    """API tokens for programs."""


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    role: Annotated[
        str, typer.Option("--role", metavar="R", help="viewer, responder, operator or admin.")
    ] = "viewer",
    org: Annotated[
        list[str] | None,
        typer.Option(
            "--org", metavar="O", help="Whose services it sees; may be repeated; all by default.",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="T", help="A length such as 90d, a time, or never.")
    ] = "90d",
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:  # fmt: skip
    """Make a token."""
    loaded = load_config(config)
    wish: dict[str, Any] = {"name": name, "role": role, "expires": expires, "person": entering.login()}
    if org:
        wish["organizations"] = org
    found = daemon_or_store(
        lambda: entering.post(loaded, _TARGET, wish),
        lambda: _alone(loaded, lambda db: _create(db, loaded, wish)),
    )
    if as_json:
        entering.print_json(found)
        return exits.OK
    until = entering.shown(found["expires_at"], loaded.timezone)
    sys.stdout.write(found["secret"] + "\n")
    whose = "all organisations" if found["organizations"] == "all" else ", ".join(found["organizations"])
    lasts = "for ever" if found["expires_at"] is None else f"until {until} ({loaded.timezone})"
    sys.stderr.write(
        f"{found['id']}: role {found['role']}, {whose}, {lasts}. It is shown this once; send it as\n"
        "  Authorization: Bearer slw_...\n"
    )
    return exits.OK


def list_(as_json: AsJson = False, config: ConfigFile = None) -> int:
    """List all tokens."""
    loaded = load_config(config)
    path = _socket(loaded)
    found = daemon_or_store(
        lambda: entering.pages(path, _TARGET, "tokens"), lambda: list(_listed(loaded)["tokens"])
    )
    if as_json:
        entering.print_json({"tokens": found})
        return exits.OK
    if not found:
        sys.stdout.write("there is no token: `slawatch token create NAME` makes one\n")
        return exits.OK
    zone = loaded.timezone
    rows = [
        (
            line["id"], line["name"], line["state"], line["role"],
            line["organizations"] if line["organizations"] == "all" else ", ".join(line["organizations"]),
            entering.shown(line["created_at"], zone), entering.shown(line["expires_at"], zone),
            entering.shown(line["used_at"], zone), line["created_by"],
        )
        for line in found
    ]  # fmt: skip
    head = ("ID", "NAME", "STATE", "ROLE", "ORGANISATIONS", "CREATED", "EXPIRES", "LAST USED", "BY")
    sys.stdout.write(entering.table(head, rows))
    sys.stdout.write(f"times in {zone}\n")
    return exits.OK


def revoke(
    name: Annotated[str, typer.Argument(metavar="ID|NAME", help="As `slawatch token list` shows it.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Let a token not hold any more."""
    loaded = load_config(config)
    target = f"{_TARGET}/{quote(name, safe='')}/revoke"
    found = daemon_or_store(
        lambda: entering.post(loaded, target, {}), lambda: _alone(loaded, lambda db: _revoke(db, name))
    )
    if as_json:
        entering.print_json(found)
    else:
        sys.stdout.write(f"{found['id']} ({found['name']}): {found['state']}\n")
    return exits.OK


def password() -> int:
    """Print the hash of a password."""
    from slawatch.web.passwords import hash_of

    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != typed:
            sys.stderr.write("slawatch: the two are not the same\n")
            return exits.USAGE
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    try:
        sys.stdout.write(hash_of(typed) + "\n")
    except ValueError as error:
        sys.stderr.write(f"slawatch: {error}\n")
        return exits.USAGE
    return exits.OK


def _socket(config: "Config") -> str:
    from slawatch.web.control import SOCKET

    return str(config.data_dir / SOCKET)


def _listed(config: "Config") -> dict[str, Any]:
    from slawatch import clock
    from slawatch.answers import access as access_answers
    from slawatch.store import access
    from slawatch.store.database import Database, StoreMissing

    try:
        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return access_answers.tokens(access.tokens(cursor), clock.now())
    except StoreMissing:
        return {"tokens": []}


def _alone(config: "Config", work: Any) -> dict[str, Any]:
    """Return what some work on the store returns, while no daemon has it."""
    from slawatch.store.database import Database

    with Database.open(config.data_dir) as database:
        found: dict[str, Any] = work(database)
        return found


def _create(database: "Database", config: "Config", wish: dict[str, Any]) -> dict[str, Any]:
    from slawatch import clock
    from slawatch.answers import access as access_answers
    from slawatch.answers.wish import EntryRefused
    from slawatch.store import access
    from slawatch.web.credentials import mint

    now = clock.now()
    who = _owner()
    name, role, organizations, expires_at = access_answers.wanted(wish, config, who, now)
    made = mint(name, role, organizations, now, expires_at, who.name)
    try:
        access.create_token(database, made.token)
    except access.NameTaken as error:
        raise EntryRefused(str(error)) from None
    found = access_answers.token(made.token, now)
    detail = {"name": name, "role": role, "organizations": found["organizations"]}
    entering.audit(database, "token.create", f"token:{made.token.id}", detail)
    return {**found, "secret": made.secret}


def _revoke(database: "Database", wanted: str) -> dict[str, Any]:
    from slawatch import clock
    from slawatch.answers import access as access_answers
    from slawatch.store import access

    now = clock.now()
    with database.reading() as cursor:
        token = access_answers.find(access.tokens(cursor), wanted)
    access.revoke_token(database, token.id, now)
    entering.audit(database, "token.revoke", f"token:{token.id}", {"name": token.name})
    with database.reading() as cursor:
        return access_answers.token(access_answers.find(access.tokens(cursor), token.id), now)


def _owner() -> "Principal":
    from slawatch.core.access import Principal

    return Principal(name=entering.login(), kind="socket", role="admin")

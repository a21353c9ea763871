"""`slawatch channel test`: one message through a configured channel, by the code of the daemon."""

import secrets
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import either, exits, terminal
from slawatch.cli.alerting import quoted
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.channel import Channel

_OPTIONS: Final = {"channel": "NAME", "person": "--person", "address": "--address"}
_SECONDS: Final = 90.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="About the channels that people are told through.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "test",
        help="Send one test message through a channel and show the provider's answer. Exit code 0 when the "
        "provider has it, 1 when it has not. An alert that it opens at a provider is closed again.",
        epilog="Examples: slawatch channel test slack-ops; slawatch channel test sms --person alice",
    )(send_test)
    app.add_typer(group, name="channel")


def _group() -> None:
    """About the channels that people are told through."""


def send_test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel, as in [channels.NAME].")],
    person: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Send it to this person, as an incident would.", show_default=False
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Send it to this mail address, number or member.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Have the daemon send it, or send it from here where none runs."""
    from slawatch.answers import channel as channel_answers

    loaded = load_config(config)
    if person is not None and address is not None:
        raise typer.BadParameter("it does not go with --person", param_hint="--address")
    try:
        channel = channel_answers.channel_of(loaded, name)
        recipient, where = channel_answers.recipient_of(
            loaded, channel, person, address, "--person NAME or --address ADDRESS"
        )
    except channel_answers.NoRecipient as error:
        raise typer.BadParameter(str(error), param_hint=_OPTIONS[error.about]) from None
    given = {"person": person, "address": address}
    wish = {key: text for key, text in given.items() if text is not None}
    found = either.daemon_or_here(
        lambda: _asked(loaded, name, wish), lambda: _here(loaded, channel, recipient, where)
    )
    if as_json:
        import json

        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(_lines(found, one) for one in found["messages"]))
    return exits.OK if found["ok"] else exits.NO


def _asked(config: "Config", name: str, wish: dict[str, str]) -> dict[str, Any]:
    """Return what came of it by way of the daemon; a message that got lost on the way is not sent twice."""
    found: dict[str, Any] = either.asked(
        config, f"channels/{quoted(name)}/test", wish, timeout=_SECONDS,
        headers={"Idempotency-Key": secrets.token_hex(16)},
    )  # fmt: skip
    return found


def _here(config: "Config", channel: "Channel", recipient: str, address: str) -> dict[str, Any]:
    """Return what came of it from this process."""
    import logging

    import trio

    from slawatch.answers import channel as channel_answers
    from slawatch.daemon.trying import try_channel

    # What libraries log is in the answer already, and may not be as careful with secrets.
    logging.getLogger().addHandler(logging.NullHandler())
    tried = trio.run(try_channel, config, channel, recipient, address)
    return channel_answers.answer(channel, tried)


def _lines(found: dict[str, Any], one: dict[str, Any]) -> str:
    from slawatch.cli.terminal import clean
    from slawatch.core.instant import SECOND
    from slawatch.core.text import format_duration

    shown = terminal.of()
    delivered = one["verdict"] == "ok"
    word = "delivered" if delivered else one["verdict"]
    if shown.colour:
        word = f"\x1b[{'32' if delivered else '31;1'}m{word}\x1b[0m"
    status = f" ({one['status']})" if one["status"] is not None else ""
    lines = [f"{found['channel']} ({found['type']}): {one['kind']} {word} in {one['seconds']:.2f} s"]
    lines.append(f"  answer     {clean(one['answer']) or '-'}{status}")
    if one["provider_id"]:
        lines.append(f"  id         {clean(one['provider_id'])}")
    if one["retry_after"] is not None:
        wait = format_duration(round(one["retry_after"] * SECOND))
        lines.append(f"  wait       {wait}, asks the provider")
    if one["possible_duplicate"]:
        lines.append("  note       it may have got through all the same")
    lines += [f"  warning    {clean(warning)}" for warning in one["warnings"]]
    if not delivered:
        lines.append(f"  next       {_ADVICE[one['verdict']]}")
    return "\n".join(lines) + "\n"


_ADVICE = {
    "retry": "slawatch would try again; look whether the provider is up and can be reached from here",
    "throttle": "slawatch would wait and try again: the provider has had too many messages",
    "permanent": "this message never gets through: look at the recipient's address",
    "disable": "the provider says that the address is gone for good: make a new one there",
    "misconfigured": "nothing gets through until this channel's keys are changed",
}

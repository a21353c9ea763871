"""`slawatch channel test`: one message through a configured channel, by the code of the daemon."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from slawatch.cli import exits, terminal
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.channel import Channel
    from slawatch.core.instant import Micros
    from slawatch.core.notification import Delivery, Notification


class Tried(NamedTuple):
    """One message and what came of it.

    Attributes:
        kind: what it said.
        delivery: what the provider made of it.
        took: how long that was.
    """

    kind: str
    delivery: "Delivery"
    took: "Micros"


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
    """Send one message."""
    loaded = load_config(config)
    channel = _channel(loaded, name)
    recipient, where = _recipient(loaded, channel, person, address)
    tried = _send(loaded, channel, recipient, where)
    if as_json:
        import json

        sys.stdout.write(json.dumps(_as_json(channel, tried), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(_lines(channel, one) for one in tried))
    return exits.OK if all(one.delivery.ok for one in tried) else exits.NO


def _channel(config: "Config", name: str) -> "Channel":
    from slawatch.config.problem import nearest

    if name in config.channels:
        return config.channels[name]
    known = f"there are {', '.join(config.channels)}" if config.channels else "no channel is configured"
    hint = nearest(name, config.channels) or known
    raise typer.BadParameter(f"there is no channel {name!r}: {hint}", param_hint="NAME")


def _recipient(
    config: "Config", channel: "Channel", person: str | None, address: str | None
) -> tuple[str, str]:
    """Return whom the message is for, and where the channel finds them; empty for its own recipients."""
    from slawatch.config.channels import has_own_recipients, needs_address
    from slawatch.config.problem import nearest
    from slawatch.core.channel import address_of
    from slawatch.core.people import ContactRule

    if address is not None:
        if person is not None:
            raise typer.BadParameter("it does not go with --person", param_hint="--address")
        return f"channel:{channel.name}", address
    if person is None:
        if not has_own_recipients(channel):
            raise typer.BadParameter(
                f"{channel.name} has no recipients of its own: say --person NAME or --address ADDRESS",
                param_hint="NAME",
            )
        return f"channel:{channel.name}", ""
    if person not in config.people:
        hint = nearest(person, config.people) or "see [people] in the configuration"
        raise typer.BadParameter(f"there is nobody called {person!r}: {hint}", param_hint="--person")
    found = config.people[person]
    own = (rule for rule in found.rules() if rule.channel == channel.name)
    where = address_of(found, next(own, ContactRule(channel=channel.name)), channel.type)
    if not where and needs_address(channel):
        raise typer.BadParameter(f"{channel.name} has no address of {person}", param_hint="--person")
    return f"person:{person}", where


def _send(config: "Config", channel: "Channel", recipient: str, address: str) -> list[Tried]:
    """Send the message; at a provider that keeps an alert of its own, close that again."""
    import logging

    import trio

    from slawatch import clock, notifiers
    from slawatch.core.instant import rfc3339
    from slawatch.core.notification import Kind, Notification

    # What libraries log is in the answer already, and may not be as careful with secrets.
    logging.getLogger().addHandler(logging.NullHandler())
    now = clock.now()
    kind = notifiers.load(channel.type)
    kind.prepare(channel.options)

    def message(why: Kind) -> Notification:
        return Notification(
            kind=why,
            idempotency_key=f"test:{channel.name}:{now}",
            at=now,
            title="Test message from slawatch",
            severity="info",
            summary="Somebody tries whether this channel works: nothing is wrong.",
            reason=f"slawatch channel test {channel.name}",
            since=now,
            timezone=config.timezone,
            details={"instance": config.alerting.instance, "sent": rfc3339(now)},
            recipient=recipient,
            address=address,
        )

    tried = [trio.run(_try, config, channel, message(Kind.META))]
    if kind.keeps_state and tried[0].delivery.ok:
        tried.append(trio.run(_try, config, channel, message(Kind.RESOLVE)))
    return tried


async def _try(config: "Config", channel: "Channel", notification: "Notification") -> Tried:
    from slawatch import clock, notifiers

    begun = clock.steady()
    sending = notifiers.Sending(now=clock.now(), channel=channel.name, instance=config.alerting.instance)
    delivery = await notifiers.load(channel.type).send(channel.options, notification, sending)
    word = "message" if notification.kind == "meta" else str(notification.kind)
    return Tried(word, delivery, clock.steady() - begun)


def _lines(channel: "Channel", one: Tried) -> str:
    from slawatch.cli.terminal import clean
    from slawatch.core.instant import seconds
    from slawatch.core.text import format_duration

    shown = terminal.of()
    delivery = one.delivery
    colour = "32" if delivery.ok else "31;1"
    word = "delivered" if delivery.ok else str(delivery.verdict)
    if shown.colour:
        word = f"\x1b[{colour}m{word}\x1b[0m"
    status = f" ({delivery.status})" if delivery.status is not None else ""
    lines = [f"{channel.name} ({channel.type}): {one.kind} {word} in {seconds(one.took):.2f} s"]
    lines.append(f"  answer     {clean(delivery.answer) or '-'}{status}")
    if delivery.provider_id:
        lines.append(f"  id         {clean(delivery.provider_id)}")
    if delivery.retry_after is not None:
        lines.append(f"  wait       {format_duration(delivery.retry_after)}, asks the provider")
    if delivery.possible_duplicate:
        lines.append("  note       it may have got through all the same")
    lines += [f"  warning    {clean(warning)}" for warning in delivery.warnings]
    if not delivery.ok:
        lines.append(f"  next       {_ADVICE[str(delivery.verdict)]}")
    return "\n".join(lines) + "\n"


_ADVICE = {
    "retry": "slawatch would try again; look whether the provider is up and can be reached from here",
    "throttle": "slawatch would wait and try again: the provider has had too many messages",
    "permanent": "this message never gets through: look at the recipient's address",
    "disable": "the provider says that the address is gone for good: make a new one there",
    "misconfigured": "nothing gets through until this channel's keys are changed",
}


def _as_json(channel: "Channel", tried: list[Tried]) -> dict[str, Any]:
    from slawatch.core.instant import seconds

    return {
        "channel": channel.name,
        "type": channel.type,
        "ok": all(one.delivery.ok for one in tried),
        "messages": [
            {
                "kind": one.kind,
                "verdict": str(one.delivery.verdict),
                "answer": one.delivery.answer,
                "status": one.delivery.status,
                "provider_id": one.delivery.provider_id,
                "retry_after": None
                if one.delivery.retry_after is None
                else seconds(one.delivery.retry_after),
                "possible_duplicate": one.delivery.possible_duplicate,
                "warnings": list(one.delivery.warnings),
                "seconds": round(seconds(one.took), 3),
            }
            for one in tried
        ],
    }

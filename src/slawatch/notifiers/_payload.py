"""The JSON document that programs and webhooks get."""

from typing import Any

from slawatch.core.instant import rfc3339
from slawatch.core.notification import Notification, as_json
from slawatch.notifiers import _texts
from slawatch.notifiers._sending import Sending


def document(
    notification: Notification, sending: Sending, folder: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the document, and what was noticed on the way.

    `type` and `timestamp` and `data` are as the Standard Webhooks specification recommends; `data` is the
    message with its rendered `subject` and `text`, the channel, the instance and the number of the attempt.
    """
    subject = _texts.title(notification, folder)
    text = _texts.render("text.txt", notification, folder)
    found = {
        "type": f"notification.{notification.kind}",
        "timestamp": rfc3339(notification.at),
        "data": {
            **as_json(notification),
            "subject": subject.text,
            "text": text.text,
            "channel": sending.channel,
            "instance": sending.instance,
        },
    }
    return found, tuple(dict.fromkeys((*subject.warnings, *text.warnings)))

"""Tell a service that Apprise knows (extra `apprise`), once.

The only file that knows Apprise, which is imported only when a channel uses it.  No message
holds the URL: it is a token.

Source: Apprise 1.9 documentation, "Development API".
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable
from typing import Any

from asa_transport.errors import DeliveryError, UserError
from asa_transport.model import Secret


def check(what: str, url: Secret, *, find: Callable[[str], object] = importlib.util.find_spec) -> str:
    """Return the service's name, e.g. ``Slack``.

    Args:
        find: Returns `None` where a package is not installed.

    Raises:
        UserError: Apprise is not installed, or does not know the URL.
    """
    if find("apprise") is None:
        raise UserError(
            f"{what}: the package apprise is not installed; install asa-transport[apprise], "
            "or use kind: webhook or email"
        )
    return str(_service(what, url).service_name)


def tell(what: str, url: Secret, *, title: str, body: str) -> None:
    """Send a title and a text in Markdown; raises DeliveryError where the service did not take it."""
    apprise = importlib.import_module("apprise")
    service = _service(what, url)
    try:
        is_taken = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.MARKDOWN)
    # A plugin's own faults: their texts may hold the URL.
    except (OSError, ValueError, TypeError) as error:
        raise DeliveryError(f"not sent: {type(error).__name__}") from None
    if not is_taken:
        raise DeliveryError("the service did not take it")


def _service(what: str, url: Secret) -> Any:
    apprise = importlib.import_module("apprise")
    # It logs what services answer; our messages are made here.
    logger = logging.getLogger("apprise")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    service = apprise.Apprise.instantiate(url.reveal(), suppress_exceptions=True)
    if not service:
        raise UserError(f"{what}: no URL that Apprise knows; what its source holds is not shown")
    return service

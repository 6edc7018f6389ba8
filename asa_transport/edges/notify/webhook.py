"""Post a JSON document to a webhook, once; signed where there is a key.

    X-Asa-Transport-Delivery:   the same in every attempt, so that a receiver can drop a second one
    X-Asa-Transport-Timestamp:  seconds since 1970
    X-Asa-Transport-Signature:  sha256=HEX of HMAC-SHA256(key, TIMESTAMP + "." + body)

Guarantees that no message holds the URL, its token or anything that the receiver answered, and
that a redirect is not followed: a signed document goes where the operator sent it.  Uses the
proxies of the environment (HTTPS_PROXY, NO_PROXY).

Source: RFC 2104 (HMAC); RFC 9110 §10.2.3 (Retry-After), §15 (status codes).
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from asa_transport.errors import DeliveryError, UserError
from asa_transport.model import Secret

# 429: too many requests; 5xx: the server's own fault.  Any other 4xx stays what it is.
_TRY_AGAIN: Final = frozenset({429, *range(500, 600)})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_named: object) -> None:
        """Follow none."""


def host_of(what: str, url: Secret) -> str:
    """Return the host of a URL, the one part of it that may be shown.

    Raises:
        UserError: It is no URL that a document can be posted to; the text does not show it.
    """
    try:
        parts = urlsplit(url.reveal())
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        # A port that is none raises here; a name and a password belong into no URL.
        is_good = is_good and parts.port != 0 and parts.username is None
    except ValueError:
        is_good, parts = False, SplitResult("", "", "", "", "")
    text = url.reveal()
    if not is_good or not text.isascii() or any(character.isspace() for character in text):
        raise UserError(f"{what}: expected https://HOST/PATH; what its source holds is not shown")
    return str(parts.hostname)


def post(
    url: Secret,
    body: bytes,
    *,
    key: Secret | None,
    delivery_id: str,
    timeout_s: float,
    ca_file: Path | None,
    now: Callable[[], float],
) -> None:
    """Post the document.

    Args:
        now: Seconds since 1970; the signature is as old as the attempt, not as the run.

    Raises:
        DeliveryError: It was not taken.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "asa-transport",
        "X-Asa-Transport-Delivery": delivery_id,
    }
    if key is not None:
        headers |= signature_headers(key, body, int(now()))
    # The scheme was checked when the URL was read.
    request = urllib.request.Request(url.reveal(), data=body, headers=headers, method="POST")  # noqa: S310
    try:
        context = ssl.create_default_context(cafile=ca_file)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))
        opener.open(request, timeout=timeout_s).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(error) from None
    # What an error of these says may hold the URL.
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(error) from None


def signature_headers(key: Secret, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the two headers by which a receiver knows who sent this, and when."""
    signed = b"%d.%b" % (timestamp, body)
    digest = hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return {
        "X-Asa-Transport-Timestamp": str(timestamp),
        "X-Asa-Transport-Signature": f"sha256={digest}",
    }


def _refused(error: urllib.error.HTTPError) -> DeliveryError:
    if error.code in _TRY_AGAIN:
        after = error.headers.get("Retry-After", "") if error.headers else ""
        is_seconds = after.isascii() and after.isdigit() and len(after) < 6
        return DeliveryError(
            f"it answered {error.code}", is_transient=True, retry_after_s=float(after) if is_seconds else None
        )
    if 300 <= error.code < 400:
        return DeliveryError(f"it answered {error.code}, a redirect, which is not followed; correct the URL")
    return DeliveryError(f"it answered {error.code}; correct the URL or the receiver")


def _failed(error: Exception) -> DeliveryError:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    match cause:
        case ssl.SSLCertVerificationError():
            return DeliveryError(f"its certificate is not trusted: {cause.verify_message}")
        case TimeoutError():
            return DeliveryError("no answer in time", is_transient=True)
        case OSError() if cause.strerror:
            return DeliveryError(f"not reached: {cause.strerror}", is_transient=True)
        case _:
            return DeliveryError(f"not reached: {type(cause).__name__}", is_transient=True)

"""Send a notice by mail, once: headline as the subject, the report attached.

Guarantees that no text can add a header or a recipient, and that no message of an error holds
what the server said, which may repeat a password.  A password is sent over TLS only; the
server's certificate is always checked.

Source: RFC 5321, RFC 8314 (TLS for submission), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from asa_transport.errors import DeliveryError
from asa_transport.model import EmailChannel, MailTls, Notice, Secret

# Longer subjects are cut by most readers; the whole stands in the body.
_SUBJECT: Final = 200


def message(channel: EmailChannel, notice: Notice, *, body: str, at: datetime) -> EmailMessage:
    """Return the mail.

    Args:
        body: What is read first; the whole report is attached.
        at: When the run ended; the mail is the same in every attempt.
    """
    summary = notice.summary
    mail = EmailMessage()
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.recipients)
    mail["Subject"] = f"asa-transport: {_one_line(summary.headline)[:_SUBJECT]}"
    mail["Date"] = format_datetime(at)
    domain = channel.sender.rpartition("@")[2]
    mail["Message-ID"] = f"<{notice.run_id}.{channel.name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_encodable(body))
    attachments = [(summary.markdown, "markdown", "md")]
    if notice.html is not None:
        attachments.append((notice.html, "html", "html"))
    for text, subtype, suffix in attachments:
        mail.add_attachment(
            _encodable(text).encode(),
            maintype="text",
            subtype=subtype,
            filename=f"{notice.run_id}.{suffix}",
            params={"charset": "utf-8"},
        )
    return mail


def send(channel: EmailChannel, password: Secret | None, mail: EmailMessage) -> None:
    """Hand the mail to the server; raises DeliveryError where any recipient was refused."""
    try:
        context = ssl.create_default_context(cafile=channel.delivery.ca_file)
        with contextlib.closing(_connected(channel, context)) as server:
            if channel.tls is MailTls.STARTTLS:
                server.starttls(context=context)
            if channel.username is not None and password is not None:
                _login(server, channel.username, password)
            refused = server.send_message(mail)
            # It was taken; how the server says good-bye changes nothing.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise _failed(error) from None
    if refused:
        raise DeliveryError(f"refused for {len(refused)} of {len(channel.recipients)} recipients")


def _login(server: smtplib.SMTP, username: str, password: Secret) -> None:
    """Log in by one method: `SMTP.login` repeats a refused password with each, which locks accounts."""
    server.ehlo_or_helo_if_needed()
    offered = server.esmtp_features.get("auth", "").upper().split()
    server.user, server.password = username, password.reveal()
    if "PLAIN" in offered:
        server.auth("PLAIN", server.auth_plain)
    elif "LOGIN" in offered:
        server.auth("LOGIN", server.auth_login)
    elif "CRAM-MD5" in offered:
        server.auth("CRAM-MD5", server.auth_cram_md5)
    else:
        raise smtplib.SMTPNotSupportedError


def _connected(channel: EmailChannel, context: ssl.SSLContext) -> smtplib.SMTP:
    limit = channel.delivery.timeout_s
    if channel.tls is MailTls.IMPLICIT:
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=limit, context=context)
    return smtplib.SMTP(channel.host, channel.port, timeout=limit)


def _failed(error: Exception) -> DeliveryError:
    is_transient = False
    match error:
        case smtplib.SMTPAuthenticationError():
            seen = f"the login was refused ({error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            codes = {code for code, _ in error.recipients.values()}
            seen = f"all recipients were refused ({', '.join(map(str, sorted(codes)))})"
            is_transient = all(map(_is_temporary, codes))
        case smtplib.SMTPResponseException():
            seen, is_transient = f"the server answered {error.smtp_code}", _is_temporary(error.smtp_code)
        case smtplib.SMTPNotSupportedError():
            seen = "the server offers no STARTTLS, or no login; look at tls in the file"
        case smtplib.SMTPServerDisconnected():
            seen, is_transient = "the server closed the connection", True
        case ssl.SSLCertVerificationError():
            seen = f"its certificate is not trusted: {error.verify_message}"
        case TimeoutError():
            seen, is_transient = "no answer in time", True
        case OSError() if error.strerror and not isinstance(error, smtplib.SMTPException):
            seen, is_transient = f"not reached: {error.strerror}", True
        case _:
            seen = f"not sent: {type(error).__name__}"
    return DeliveryError(seen, is_transient=is_transient)


def _is_temporary(code: int) -> bool:
    return 400 <= code < 500


def _one_line(text: str) -> str:
    """Return the text without anything that could end a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _encodable(text: str) -> str:
    """Return the text without half surrogate pairs, which no charset has."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

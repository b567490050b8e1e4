"""The engine speaks plain HTTP, and policies that deny whatever is not TLS would deny every request.

Nothing leaves this machine, so a request counts as secure; TLS itself would cost each stop 30 seconds.
"""

from __future__ import annotations


def apply() -> None:
    """Makes ``aws:SecureTransport`` true for every request."""
    from ministack import app

    pin = app.pin_request_origin

    def pin_secure(source_ip: str, _secure_transport: bool) -> None:
        pin(source_ip, True)

    app.pin_request_origin = pin_secure

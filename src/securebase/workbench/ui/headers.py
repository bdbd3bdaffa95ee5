"""Security headers of every response: the browser may load from and talk to this workbench only.

See the OWASP Secure Headers Project and ASVS 4.0.3, V14.4.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: Content security policy without inline scripts or styles. `default-src 'none'` blocks everything not listed.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class SecurityHeaders:
    """Sets security headers that a page has not set itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # X-Frame-Options repeats frame-ancestors for browsers that ignore the policy
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()"
        )
        # no-store: the back button must not show a record after sign-out (RFC 9111, 5.2.2.5; ASVS 4.0.3, V8.2.1)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

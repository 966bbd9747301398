# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One GET at COC: its endpoint, retries, the signature's clock, and answers told apart from errors.

What is tried again: refused and reset connections, time-outs, answers cut short, and the statuses of
:data:`TRANSIENT_STATUSES`. Everything else fails at once, 401 and 403 above all: more than five failed authentications
in a row lock an access key for five minutes (field report).
"""

from __future__ import annotations

import ipaddress
import os
import random
import re
import time
import typing as t
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.coc.plugins.module_utils import _answer
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import canonical_query, sign
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import (
    NOT_COC,
    Answer,
    Transport,
    TransportError,
    find_trust,
)

if t.TYPE_CHECKING:
    from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import Credentials

VERSION = "1.0.0"

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "region": {"type": "str"},
    "endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "max_retries": {"type": "int", "default": 4},
}

REGION_VARIABLE = "HW_REGION_NAME"
ENDPOINT_VARIABLE = "HUAWEICLOUD_COC_ENDPOINT"

# COC has one endpoint per site, not per region. The vendor's SDK knows these three regions.
SITES = {
    "cn-north-4": ("China", "https://coc.myhuaweicloud.com"),
    "ap-southeast-3": ("International", "https://coc-intl.myhuaweicloud.com"),
    "eu-west-101": ("Europe", "https://coc-eu-west-101-open-api.myhuaweicloud.eu"),
}

TRANSIENT_STATUSES = frozenset((408, 429, 500, 502, 503, 504))
RANGES = {"timeout": (0.001, 3600.0, "seconds"), "max_retries": (0, 20, "attempts")}
MAX_PAUSE = 60.0  # seconds; also the most that a Retry-After is waited for
MAX_SKEW = timedelta(minutes=5)  # the service itself allows 15 minutes (vendor's SDK)

HINTS = {
    401: "Check them before trying again: more than five failures in a row lock an access key for five minutes.",
    404: "Check the endpoint.",
    429: "Too many requests: run less often, or ask for more with each.",
    **dict.fromkeys((408, 500, 502, 503, 504), "Try again later. If it stays, tell the vendor's support."),
}
LOOK_UP = "Correct what it speaks of, or look its code up in the API reference of COC."


class CocError(Exception):
    """The one exception of this collection: what happened, where, and what to do, in a sentence or two.

    ``status`` is the HTTP status, ``error_code`` the service's code, ``request_id`` what the vendor's support asks for;
    each is None where there is none. ``transient`` tells whether the same request may succeed later. No attribute holds
    a secret.
    """

    transient = False

    def __init__(
        self, msg: str, status: int | None = None, error_code: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(msg)
        self.msg = msg
        self.status = status
        self.error_code = error_code
        self.request_id = request_id

    def add(self, sentence: str) -> None:
        """Put a sentence behind the message."""
        self.msg += f" {sentence}"
        self.args = (self.msg,)

    def as_result(self) -> dict[str, t.Any]:
        """Return what a failed module returns."""
        return {name: getattr(self, name) for name in ("msg", "status", "error_code", "request_id", "transient")}


class _Transient(CocError):
    """A failure that may pass. ``pause`` is how long the service asked to wait, in seconds."""

    transient = True
    pause: float | None = None


class Client:
    """Asks one COC endpoint, on one connection, with one identity.

    ``options`` are those of :data:`ARGUMENT_SPEC`; ``credentials`` gives the credentials to use now; ``warn`` takes a
    sentence that the user should see. Raises :class:`CocError` where an option cannot be used.
    """

    def __init__(
        self,
        options: t.Mapping[str, t.Any],
        credentials: t.Callable[[], Credentials],
        warn: t.Callable[[str], None],
    ) -> None:
        self.endpoint = find_endpoint(options, os.environ)
        self.warn = warn
        self._credentials = credentials
        for name, (low, high, unit) in RANGES.items():
            if not low <= options[name] <= high:
                raise CocError(f"{name}: {options[name]} is out of range; it takes {low:g} to {high:g} {unit}.")
        self._max_retries: int = options["max_retries"]
        try:
            trust = find_trust(options["validate_certs"], options.get("ca_path"))
            self._transport = Transport(self.endpoint, trust, options["timeout"])
        except ValueError as error:
            raise CocError(str(error)) from None
        self._clock_error = timedelta(0)  # what to add to this machine's clock
        self._secrets: set[str] = set()  # everything that no message may show
        self._latest: tuple[str, str | None] = ("", None)  # URL and request ID of the latest answer

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._transport.close()

    def get(self, path: str, query: t.Mapping[str, object]) -> dict[str, t.Any]:
        """Return the JSON object that the service answers to ``GET path?query``.

        Tries again what may pass, ``max_retries`` times, with growing pauses. Each attempt is signed anew and may take
        ``timeout`` seconds, from connecting to the last byte. Raises :class:`CocError` for everything else than a JSON
        object with status 200, and for one that carries an error code: some COC operations answer so (field report).
        """
        url = f"{self.endpoint}{path}?{canonical_query(query)}"
        attempt = 0
        while True:
            try:
                return self._attempt(url)
            except _Transient as failure:
                if attempt == self._max_retries:
                    if attempt:
                        failure.add(f"Tried {attempt + 1} times.")
                    raise
                pause = failure.pause
            own_pause = min(0.5 * 2**attempt, MAX_PAUSE) * random.uniform(0.5, 1)
            time.sleep(min(max(own_pause, pause or 0), MAX_PAUSE))
            attempt += 1

    def _attempt(self, url: str) -> dict[str, t.Any]:
        credentials = self._credentials()
        answer = self._send(url, credentials)
        if answer.status == 401 and self._clock_corrected(answer, credentials):
            answer = self._send(url, credentials)
        if answer.status == 200:
            return self._decode(url, answer, credentials)
        raise self._refusal(url, answer, credentials)

    def _send(self, url: str, credentials: Credentials) -> Answer:
        headers = self._headers(url, credentials)
        try:
            return self._transport.get(url, headers)
        except TransportError as error:
            kind = _Transient if error.transient else CocError
            raise self._error(kind, url, f"{self._safe(str(error))}. {error.advice}") from None

    def _headers(self, url: str, credentials: Credentials) -> dict[str, str]:
        scope = {"X-Domain-Id": credentials.domain_id, "X-Project-Id": credentials.project_id}
        covered = {name: value for name, value in scope.items() if value}
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"huaweicloud.coc/{VERSION} (Ansible collection)",
            "X-Language": "en-us",  # without it messages are Chinese (field report, Terraform provider)
        }
        if credentials.auth_token:
            self._secrets.add(credentials.auth_token)
            return {**headers, **covered, "X-Auth-Token": credentials.auth_token}
        if credentials.security_token:
            self._secrets.add(credentials.security_token)
            covered["X-Security-Token"] = credentials.security_token
        access_key, secret_key = credentials.access_key or "", credentials.secret_key or ""
        now = datetime.now(timezone.utc) + self._clock_error
        signed = sign("GET", url, covered, access_key, secret_key, now)
        self._secrets.update((secret_key, signed["Authorization"].rpartition("Signature=")[2]))
        return {**headers, **covered, **signed}

    def _decode(self, url: str, answer: Answer, credentials: Credentials) -> dict[str, t.Any]:
        """Return the JSON object of a 200, unless it is none or carries an error code."""
        try:
            decoded = _answer.parse(answer.body or b"")
        except (ValueError, RecursionError):
            decoded = None
        if not isinstance(decoded, dict):
            raise self._refusal(url, answer, credentials)
        code, message = _answer.service_error(decoded)
        if code is not None and not _answer.means_success(code):
            raise self._refusal(url, answer, credentials)
        self._latest = url, answer.headers.get("X-Request-Id")
        return decoded

    def _clock_corrected(self, answer: Answer, credentials: Credentials) -> bool:
        """Tell whether a refused signature deserves one more attempt, by the service's clock."""
        skew = _answer.skew(answer)
        if skew is None or credentials.auth_token or self._clock_error or abs(skew) <= MAX_SKEW:
            return False
        self._clock_error = skew
        self.warn(f"{_answer.clocks(skew)} Requests are signed with the service's time. Set the clock of this machine.")
        return True

    def wrong_answer(self, came: str, expected: str) -> CocError:
        """Return the error for the latest answer of :meth:`get`, in which ``came`` stands where ``expected`` should.

        Neither may quote the answer: nothing is hidden in them.
        """
        url, request_id = self._latest
        what = f"answered HTTP 200 with {came}, where {expected} is expected{self._named(request_id)}"
        what += f" Is this COC? {NOT_COC}"
        return self._error(CocError, url, what, 200, None, request_id)

    def _refusal(self, url: str, answer: Answer, credentials: Credentials) -> CocError:
        """Return the error for an answer that is none of status 200 with a JSON object that tells of success."""
        code, message, request_id, came = _answer.describe(answer)
        what = f"answered HTTP {answer.status}"
        if code or message:
            what += ", " + ": ".join(self._safe(part).rstrip(".") for part in (code, message) if part)
        else:
            what += f" with {self._safe(came)}"
            if answer.status == 200:
                what += " where a JSON object was expected"
        what += " ".join((self._named(request_id), *self._advice(answer, bool(code or message), credentials)))
        kind = _Transient if answer.status in TRANSIENT_STATUSES else CocError
        failure = self._error(kind, url, what, answer.status, code, request_id)
        if isinstance(failure, _Transient):
            failure.pause = _answer.asked_pause(answer.headers.get("Retry-After", ""), message)
        return failure

    def _advice(self, answer: Answer, explained: bool, credentials: Credentials) -> t.Iterator[str]:
        """Yield sentences on what to do about an error answer, which may be ``explained`` by a code or a message."""
        if 300 <= answer.status < 400:
            target = self._safe(answer.headers.get("Location", "nowhere"))
            yield f"Redirects are not followed; it points to {target}. Check the endpoint."
        elif answer.status in HINTS:
            if answer.status == 401:
                yield f"The credentials came from {credentials.source}."
            yield HINTS[answer.status]
            if answer.status == 401 and self._clock_error:
                yield f"{_answer.clocks(self._clock_error)} It was signed with the service's time, too."
        elif not explained:
            yield NOT_COC
        elif answer.status != 403:  # which permission is lacking, the resource knows
            yield LOOK_UP

    def _safe(self, text: str) -> str:
        return _answer.scrub(text, self._secrets)

    def _named(self, request_id: str | None) -> str:
        """Return the end of a sentence about an answer."""
        return f" (request ID {self._safe(request_id)})." if request_id else "."

    def _error(
        self,
        kind: type[CocError],
        url: str,
        what: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> CocError:
        return kind(
            f"GET {url} {what}",
            status,
            None if code is None else self._safe(code),
            None if request_id is None else self._safe(request_id),
        )


def find_endpoint(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the URL to ask, without a slash at its end: ``endpoint`` if given, else that of ``region``'s site.

    Nothing is guessed: the wrong site answers with an empty list, not with an error (field report).
    Raises :class:`CocError` if there is neither, for an unknown region, and for a URL that cannot be used.
    """
    endpoint = options.get("endpoint") or environ.get(ENDPOINT_VARIABLE, "").strip()
    if endpoint:
        source = "endpoint" if options.get("endpoint") else f"environment variable {ENDPOINT_VARIABLE}"
        return _checked_endpoint(endpoint, source)
    region = options.get("region") or environ.get(REGION_VARIABLE, "").strip()
    if region in SITES:
        return SITES[region][1]
    sites = "; ".join(f"{known} for {site} ({url})" for known, (site, url) in SITES.items())
    if region:
        source = "region" if options.get("region") else f"environment variable {REGION_VARIABLE}"
        problem = f"{source}: COC has no site for {region!r}"
    else:
        problem = (
            "Neither region nor endpoint is set, nor is the environment variable "
            f"{REGION_VARIABLE} or {ENDPOINT_VARIABLE}"
        )
    raise CocError(
        f"{problem}. Set region to that of the site of your account, wherever its resources are: {sites}. "
        "Or set endpoint to the URL of another site."
    )


def _checked_endpoint(endpoint: str, source: str) -> str:
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        usable = bool(
            # no user:password@, nothing to be encoded, nothing beside the brackets of an IPv6 address
            re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", parts.netloc)
            and host
            and (parts.port is None or parts.port > 0)
            and parts.scheme in ("http", "https")
            and parts.path in ("", "/")
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        usable = False
    if not usable:
        raise CocError(f"{source}: not a URL of the form https://host or https://host:port, without path or password.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise CocError(f"{source}: {endpoint!r} would send credentials in the clear. Use https://{parts.netloc}.")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

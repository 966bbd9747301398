# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request at COC, or at IAM: it signs, sends, tries again, and decodes.

What is tried again: connections that are refused or reset, timeouts, responses that were cut short, and the statuses
and error codes below that may pass. Everything else fails at once, above all 401 and 403: more than five failed
authentications in a row lock an access key for five minutes (field report).
"""

from __future__ import annotations

import os
import random
import re
import time
import typing as t
from datetime import datetime, timezone

from ansible_collections.huaweicloud.coc.plugins.module_utils import _response
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import ClockError, CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._redact import redact
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import Content, Response
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import Credentials, canonical_query, sign
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import (
    CHECK_NETWORK,
    CHECK_PATH,
    Transport,
    TransportError,
)

VERSION = "2.0.0"

RANGES = {"timeout": (0.001, 3600.0, "seconds"), "max_retries": (0, 20, "retries")}
LONGEST_DELAY = 60.0  # seconds
MAX_SKEW = 300  # seconds; the service itself allows 15 minutes (vendor's SDK)

TRANSIENT_STATUSES = frozenset((408, 429, 500, 502, 503, 504))
# The service's own errors are all HTTP 400, so the code decides (API reference). The gateway's codes come with and
# without W (field report).
TRANSIENT_CODES = frozenset(("COC.00010014", "COC.00040701", "APIGW.0308", "APIG.0308"))

THROTTLED = "Too many requests: send fewer requests, with more tasks in each."
LATER = "Try again later. If the problem persists, contact Huawei Cloud support."
CODE_ADVICE = {
    "APIGW.0308": THROTTLED,
    "APIG.0308": THROTTLED,
    "COC.00010014": "COC could not reach IAM: the fault is not on your side. Try again later.",
    "COC.00040701": LATER,  # "Internal server error"
    "COC.00011013": (
        "COC cannot tell which user the credentials belong to. Use the access key or the token of an IAM user of the "
        "account. If you already do, set domain_id or project_id too."
    ),
    "COC.00014121": (
        "The task belongs to another account. Use the credentials of that account, or fix the ID of the task."
    ),
}
STATUS_ADVICE = {
    401: "Check them before trying again: more than five failures in a row lock an access key for five minutes.",
    404: "Check the endpoint.",
    429: THROTTLED,
    **dict.fromkeys((408, 500, 502, 503, 504), LATER),
}
FIX_OPTION = "Fix the option that the message names, or look up the error code in the API reference of COC."
# What the gateway says when it calculated another signature than the one it got (field reports).
WRONG_SIGNATURE = r"canonical ?request|signature (fail|mismatch|(does |did |is )?not match)"
EXPIRED = "signature expired"  # in "calc aksk signature fail:signature expired, signature time:…" (field report)


class Call(t.NamedTuple):
    """A request, and what to say if it fails: ``advice`` has sentences by status, ``note`` ends each message."""

    method: str
    url: str
    advice: t.Mapping[int, str]
    note: str
    body: bytes = b""
    headers: t.Mapping[str, str] = {}


class Failure(t.NamedTuple):
    """Why an attempt did not get a reply. ``what`` continues a sentence that begins with the URL; all is redacted."""

    what: str
    advice: str
    status: int | None = None
    error_code: str | None = None
    request_id: str | None = None
    transient: bool = False
    retry_after: int | None = None  # seconds
    is_about_clock: bool = False

    def error(self, method: str, url: str, attempts: int, note: str) -> CocError:
        """Return the error to raise after so many attempts. It ends with ``note``, if that is not empty."""
        id_suffix = f" (request ID {self.request_id})" if self.request_id else ""
        is_long_wait = self.retry_after is not None and self.retry_after > LONGEST_DELAY
        sentences = [
            f"{method} {url} {self.what}{id_suffix}.",
            self.advice,
            f"The service asks to wait {self.retry_after} seconds before the next request." if is_long_wait else "",
            f"Tried {attempts} times." if attempts > 1 else "",
            note,
        ]
        msg = " ".join(filter(None, sentences))
        error = ClockError if self.is_about_clock else CocError
        return error(msg, self.status, self.error_code, self.request_id, self.transient, self.retry_after)


class Reply(t.NamedTuple):
    """A JSON object that the service returned, and where it is from. ``url`` and ``request_id`` are safe to show.

    ``headers`` are those of the response, and not safe to show.

    ``date`` is when the service sent it, in seconds since the epoch by the service's clock; None if it does not say.
    """

    document: dict[str, t.Any]
    url: str
    request_id: str | None
    date: float | None
    note: str
    headers: t.Mapping[str, str] = {}

    def unexpected(self, found: str, expected: str) -> CocError:
        """Return the error for ``found`` in the document where ``expected`` should be.

        Neither may quote the document: nothing is redacted in them.
        """
        what = f"returned HTTP 200 with {found} instead of {expected}"
        failure = Failure(what, f"Is this COC? {CHECK_PATH}", 200, request_id=self.request_id)
        return failure.error("GET", self.url, 1, self.note)


class Client:
    """Sends requests to one COC endpoint, on one connection, with one identity, for one thread.

    ``options`` are those of a connection; ``credentials`` returns the credentials to use now, and may use the client
    that it is called with to get them. ``warn`` takes the key of a warning, which stays the same when a number in its
    text changes, and a text that the user should see. Raises :class:`CocError` for an option that cannot be used.
    """

    def __init__(
        self,
        options: t.Mapping[str, t.Any],
        credentials: t.Callable[[Client], Credentials],
        warn: t.Callable[[str, str], None],
    ) -> None:
        self.endpoint = find_endpoint(options, os.environ)
        self.warn = warn
        self._credentials = credentials
        self._options = options
        self._is_aborted = False
        self._other: Client | None = None  # which posts for this one
        for name, (low, high, unit) in RANGES.items():
            if not low <= options[name] <= high:
                raise CocError(f"{name}: {options[name]} is out of range; it takes {low:g} to {high:g} {unit}.")
        self._max_retries: int = options["max_retries"]
        self.certificates = {"validate_certs": options["validate_certs"], "ca_path": options.get("ca_path")}
        self._transport = Transport(self.endpoint, options["timeout"], **self.certificates)
        self._secrets: set[str] = set()  # everything that no message may show
        self._knows_clock = False  # whether a reply has said what the service's clock is

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._transport.close()

    def abort(self) -> None:
        """End what another thread has this client do, and make it fail from now on, with a :class:`CocError`.

        Only name resolution, and a request for the credentials of an ECS or a pod, end by themselves.
        """
        self._is_aborted = True  # before the rest, since the other one may be made at the same time
        self._transport.abort()
        if self._other:
            self._other.abort()

    def get(self, path: str, query: t.Mapping[str, object], permission: str, note: str = "") -> Reply:
        """Return the reply to ``GET path?query``.

        Tries again what may pass, up to ``max_retries`` times, with growing delays. Each attempt is signed anew and may
        take ``timeout`` seconds, from connecting to the last byte. ``permission`` is the IAM permission that the user
        needs, ``note`` a sentence to end the message of any failure with.

        Raises :class:`CocError` for anything but a JSON object with status 200, and for one that has an error code:
        some COC operations report errors like that (field report).
        """
        url = f"{self.endpoint}{path}?{canonical_query(query)}"
        advice = f"The user needs the IAM permission {permission}, with the scope of all resources."
        return self._send(Call("GET", url, {403: advice}, note))

    def post(self, call: Call, credentials: Credentials, secrets: t.Collection[str] = ()) -> Reply:
        """Return the reply of another server, on a connection of its own, to a POST.

        It is signed if ``credentials`` are such that it can be, and tried again like a GET. ``secrets`` are those in
        the request. Raises :class:`CocError` for anything but a JSON object with status 200 or 201.
        """
        endpoint = "/".join(call.url.split("/")[:3])
        with Client({**self._options, "endpoint": endpoint}, lambda _client: credentials, self.warn) as other:
            other._secrets.update(secrets)
            self._other = other
            if self._is_aborted:
                other.abort()
            return other._send(call)

    def _send(self, call: Call) -> Reply:
        attempts = 0
        while True:
            outcome = self._attempt(call)
            attempts += 1
            if isinstance(outcome, Reply):
                self._check_clock(outcome.date)
                return outcome
            delay = retry_delay(outcome, attempts, self._max_retries)
            if delay is None:
                raise outcome.error(call.method, call.url, attempts, call.note)
            self._transport.pause(delay)

    def _check_clock(self, date: float | None) -> None:
        """Warn if this machine's clock is off, once: a token is accepted even then, and an age counts wrongly."""
        clocks = "" if self._knows_clock else compare_clocks(date)
        self._knows_clock = True
        if clocks:
            self.warn("clock", f"{clocks}. Ages such as -24h are counted from this machine's clock. Set the clock.")

    def _attempt(self, call: Call) -> Reply | Failure:
        """Send one request."""
        try:
            credentials = self._credentials(self)
        except CocError as error:  # they could not be renewed in the middle of a list
            msg = " ".join(filter(None, (error.msg, call.note)))
            raise type(error)(**{**error.as_result(), "msg": msg}) from None
        try:
            response = self._transport.send(call.method, call.url, self._headers(call, credentials), call.body)
        except TransportError as error:
            return Failure(self._redact(str(error)), error.advice, transient=error.transient)
        content = _response.read_content(response.body)
        is_post = call.method == "POST"
        if response.status == 200 or (is_post and response.status == 201):
            if content.document is not None and _response.means_success(content.code):
                request_id = self._redact(response.headers.get("X-Request-Id", "")) or None
                date = _response.parse_date(response.headers.get("Date"))
                return Reply(content.document, call.url, request_id, date, call.note, response.headers)
            if content.is_cut or response.body is None:
                return Failure("failed: the response was cut short", CHECK_NETWORK, transient=True)
            if is_post:  # what it returned instead may have a key in it
                return Failure("returned something other than a JSON object", CHECK_PATH, response.status)
        return self._build_failure(call, response, content, credentials)

    def _headers(self, call: Call, credentials: Credentials) -> dict[str, str]:
        """Return all headers of a request, and remember the secrets in them."""
        scope = {"X-Domain-Id": credentials.domain_id, "X-Project-Id": credentials.project_id}
        covered = {name: value for name, value in scope.items() if value}
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"huaweicloud.coc/{VERSION} (Ansible collection)",
            "X-Language": "en-us",  # without it messages are in Chinese (field report, Terraform provider)
            **({"Content-Type": "application/json"} if call.body else {}),
            **call.headers,
        }
        if credentials.auth_token:
            self._secrets.add(credentials.auth_token)
            return {**headers, **covered, "X-Auth-Token": credentials.auth_token}
        if not credentials.access_key:
            return {**headers, **covered}
        if credentials.security_token:
            self._secrets.add(credentials.security_token)
            covered["X-Security-Token"] = credentials.security_token
        access_key, secret_key = credentials.access_key, credentials.secret_key or ""
        now = datetime.now(timezone.utc)
        signed = sign(call.method, call.url, covered, access_key, secret_key, now, call.body)
        self._secrets.update((secret_key, signed["Authorization"].rpartition("Signature=")[2]))
        return {**headers, **covered, **signed}

    def _build_failure(self, call: Call, response: Response, content: Content, credentials: Credentials) -> Failure:
        """Return the failure that a response other than a success means."""
        status, code = response.status, self._redact(content.code)
        id_in_body = (content.document or {}).get("request_id")
        request_id = response.headers.get("X-Request-Id") or (id_in_body if isinstance(id_in_body, str) else "")
        clocks = "" if credentials.auth_token else _explain_clocks(response, content)
        advice = self._advice(call, response, content, credentials)
        return Failure(
            what=f"returned HTTP {status}{self._describe(status, content)}",
            advice=" ".join(filter(None, (clocks, *advice))),
            status=status,
            error_code=code or None,
            request_id=self._redact(request_id) or None,
            transient=status not in (401, 403) and (status in TRANSIENT_STATUSES or code in TRANSIENT_CODES),
            retry_after=_response.retry_after(response),
            is_about_clock=bool(clocks),
        )

    def _describe(self, status: int, content: Content) -> str:
        """Return code and message of an error, else what the body is, as the rest of a sentence."""
        code, message = (self._redact(part).rstrip(".") for part in (content.code, content.message))
        wrong = status == 401 and EXPIRED not in content.message.lower()
        if wrong and re.search(WRONG_SIGNATURE, content.message, re.IGNORECASE):
            # before the service's text, which is long and may be cut
            code = f"{code} (the secret key probably does not belong to this access key)".strip()
        if code or message:
            return ", " + ": ".join(filter(None, (code, message)))
        expected = " instead of a JSON object" if status == 200 else ""
        return f" with {self._redact(content.description)}{expected}"

    def _advice(self, call: Call, response: Response, content: Content, credentials: Credentials) -> t.Iterator[str]:
        """Yield sentences on what to do about an error."""
        status, is_explained = response.status, bool(content.code or content.message)
        if 300 <= status < 400:
            target = self._redact(response.headers.get("Location", "nowhere"))
            yield f"Redirects are not followed; this one points to {target}. Check the endpoint."
        elif status == 401:
            yield f"The credentials came from {credentials.source}."
            yield STATUS_ADVICE[401]
        elif content.code in CODE_ADVICE:
            yield CODE_ADVICE[content.code]
        elif status in call.advice:
            yield "" if is_explained else CHECK_PATH
            yield call.advice[status]
        else:
            yield STATUS_ADVICE.get(status, FIX_OPTION if is_explained else CHECK_PATH)

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)


def retry_delay(failure: Failure, attempts: int, max_retries: int) -> float | None:
    """Return how long to wait before the next attempt, in seconds; None to give up.

    Delays double from half a second, with jitter, up to a minute. A longer one that the service asks for is kept; one
    that is longer than a minute is not waited for.
    """
    requested = failure.retry_after or 0
    if not failure.transient or attempts > max_retries or requested > LONGEST_DELAY:
        return None
    growing = min(0.5 * 2.0 ** (attempts - 1), LONGEST_DELAY) * random.uniform(0.5, 1)
    return max(growing, requested)


def compare_clocks(date: float | None) -> str:
    """Return a clause with this machine's time and ``date``, the service's; '' if they are at most MAX_SKEW apart."""
    now = time.time()
    if date is None or abs(date - now) <= MAX_SKEW:
        return ""
    ours, theirs = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock)) for clock in (now, date))
    minutes = f"{abs(date - now) / 60:.0f} minutes"
    return f"This machine's clock says {ours}, the service's {theirs}: they are {minutes} apart"


def _explain_clocks(response: Response, content: Content) -> str:
    """Return sentences on the clocks if they may be why a signature was refused; '' if they are not."""
    if response.status != 401:
        return ""
    clocks = compare_clocks(_response.parse_date(response.headers.get("Date")))
    if not clocks and EXPIRED in content.message.lower():  # which also says what time it was for either
        clocks = "The clocks of this machine and of the service are apart"
    limit = "and the service refuses signatures that are more than 15 minutes off"
    return clocks and f"{clocks}, {limit}. Set the clock of this machine."

# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes out and in: one GET over a kept connection, with a deadline, a bound on size, and trust that nothing overrides.

It uses the transport of requests without its Session, which would read .netrc, prepare redirects, keep cookies, and let
REQUESTS_CA_BUNDLE replace ``verify=True``.
"""

from __future__ import annotations

import http.client
import os
import re
import ssl
import threading
import typing as t
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError as error:
    REQUESTS_IMPORT_ERROR: ImportError | None = error
else:
    REQUESTS_IMPORT_ERROR = None

    class _Adapter(HTTPAdapter):
        """One connection, TLS 1.2 at least, to the server or through a proxy."""

        def __init__(self, verify: bool | str) -> None:
            self._verify = verify
            super().__init__(pool_connections=1, pool_maxsize=1)

        def _tls(self) -> dict[str, t.Any]:
            context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if self._verify else ssl.CERT_NONE)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            return {"ssl_context": context}

        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: t.Any) -> None:
            super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls())

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            return super().proxy_manager_for(proxy, **kwargs, **self._tls())


T = t.TypeVar("T")

MAX_ANSWER = 64 * 1024 * 1024  # bytes, unpacked; a page of 1000 tasks takes less than 1 MiB
MAX_ERROR = 64 * 1024  # bytes of the body of an error
CHUNK = 64 * 1024  # bytes

NETWORK = "Check the endpoint, and the network of the host that runs this."
NOT_COC = "Check the endpoint, and what stands before it, such as a proxy or a firewall."


class TransportError(Exception):
    """No whole answer came. ``transient`` tells whether another attempt may fare better, ``advice`` what to do."""

    def __init__(self, msg: str, transient: bool, advice: str = "") -> None:
        super().__init__(msg)
        self.transient = transient
        self.advice = advice or (NETWORK if transient else NOT_COC)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. ``headers`` is case-insensitive; ``body`` is unpacked, None where it cannot be read."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes | None


class Transport:
    """One connection to one server.

    ``verify`` is False, True or the path of a file or folder of CA certificates; ``timeout`` is in seconds, from
    connecting to the last byte of the answer. Proxies come from the environment (HTTPS_PROXY, NO_PROXY), for https
    only: a proxy would read the credentials of plain http, which never leaves this machine.
    Raises ValueError for a proxy that is no URL.
    """

    def __init__(self, url: str, verify: bool | str, timeout: float) -> None:
        self._verify = verify
        self._timeout = timeout
        self._proxies = _find_proxies(url) if url.startswith("https:") else {}
        self._adapter = _Adapter(verify)

    def close(self) -> None:
        self._adapter.close()

    def get(self, url: str, headers: t.Mapping[str, str]) -> Answer:
        """Return the answer to ``GET url``, whatever its status. Raises :class:`TransportError`.

        A status that is not 200 says enough where its body does not come whole: a 401 must not pass for something to
        try again.
        """
        try:
            request = requests.Request("GET", url, headers=dict(headers)).prepare()
        except ValueError as error:
            raise TransportError(f"could not be sent: {_reason(error)}", False, "Correct the endpoint.") from None
        adapter = self._adapter
        refusals: list[Answer] = []

        def exchange() -> Answer:
            try:
                response = adapter.send(
                    request, stream=True, timeout=self._timeout, verify=self._verify, proxies=self._proxies
                )
            except AttributeError:  # from older versions of requests, for a Content-Type such as "text/html; charset"
                raise TransportError("answered with headers that cannot be read", False) from None
            with response:
                if response.status_code != 200:
                    refusals.append(Answer(response.status_code, response.headers, None))
                return Answer(response.status_code, response.headers, _read(response))

        try:
            return within(self._timeout, exchange)
        except (TransportError, urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # requests' are OSErrors
            if isinstance(error, TimeoutError):
                self._adapter = _Adapter(self._verify)  # the old connection is still busy: leave it alone
            if refusals:
                return refusals[0]
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> TransportError:
        """Return what an error of the exchange means."""
        reason = _reason(error)
        if isinstance(error, TransportError):
            return error
        if isinstance(error, (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)):
            return TransportError(
                f"timed out: no whole answer within {self._timeout:g} seconds",
                True,
                f"{NETWORK} Or raise timeout, or filter for fewer tasks.",
            )
        if isinstance(error, requests.exceptions.SSLError):
            if "EOF" in str(error):
                return TransportError("failed: the connection was closed during the TLS handshake", True)
            if "CERTIFICATE_VERIFY_FAILED" in str(error) or "CertificateError" in str(error):
                advice = "See the options ca_path and validate_certs."
                return TransportError(f"failed: the certificate cannot be trusted: {reason}", False, advice)
            advice = "Check the endpoint: it has to speak https there, with TLS 1.2 or later."
            return TransportError(f"failed: no TLS connection: {reason}", False, advice)
        if isinstance(error, requests.exceptions.ProxyError):
            return TransportError(
                f"failed at the proxy: {reason}",
                "Tunnel connection failed: 4" not in reason,  # it refuses, and may lock a user out
                "See the environment variables HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
            )
        if isinstance(error, (requests.exceptions.InvalidHeader, urllib3.exceptions.InvalidHeader)):
            return TransportError(f"answered with headers that contradict each other: {reason}", False)
        if isinstance(error, (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)) and not isinstance(
            error, ValueError
        ):
            return TransportError(f"failed: {reason}", True)
        return TransportError(f"could not be sent: {reason}", False, "Correct the endpoint.")


def find_trust(validate_certs: bool, ca_path: str | None) -> bool | str:
    """Return what :class:`Transport` is to ``verify`` with.

    The variable REQUESTS_CA_BUNDLE counts where neither option says otherwise.
    Raises ValueError for a path that does not exist, a file without certificates, and for ``ca_path`` where nothing is
    validated.
    """
    if not validate_certs:
        if ca_path:
            raise ValueError("ca_path: has no effect with validate_certs=false. Remove one of them.")
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user's own choice
        return False
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "").strip()
    for source, path in (("ca_path", ca_path), ("environment variable REQUESTS_CA_BUNDLE", bundle)):
        if path:
            if not os.path.exists(path):
                raise ValueError(f"{source}: {path} does not exist. It takes a file or a folder of CA certificates.")
            if not os.path.isdir(path):
                try:
                    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
                except OSError:
                    raise ValueError(
                        f"{source}: {path} cannot be read as CA certificates in PEM form. Correct it or name another."
                    ) from None
            return path
    return True


def _find_proxies(url: str) -> dict[str, str]:
    """Return the proxy for an https ``url``, by scheme. No message quotes it: it may hold a password."""
    proxy = (requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or "").strip()
    if not proxy:
        return {}
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        host = urlsplit(proxy).hostname and urllib3.util.parse_url(proxy).host  # requests reads it in both ways
    except ValueError:
        host = None
    if not host or not proxy.lower().startswith(("http://", "https://")):
        raise ValueError(
            "HTTPS_PROXY or ALL_PROXY: not a URL of the form http://host:port or http://user:password@host:port. "
            "Special characters in the password have to be percent-encoded."
        )
    return {"https": proxy}


def within(seconds: float, function: t.Callable[[], T]) -> T:
    """Return ``function()``, or raise TimeoutError after ``seconds``, whatever it waits for.

    The time-outs of sockets start again with each byte that arrives, and name resolution knows none at all. The thread
    that is left behind ends with its connection, or with the process.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:  # raised again below, in the thread that waits
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]


def _read(response: requests.Response) -> bytes:
    """Return the unpacked body, of bounded size and whole.

    Done here, since urllib3 1 takes a body that is shorter than its Content-Length for whole, and every version takes a
    gzip stream that was cut.
    """
    encoding = response.headers.get("Content-Encoding", "").strip()
    if encoding.lower() not in ("", "identity", "gzip", "x-gzip"):
        raise TransportError(f"answered with Content-Encoding {encoding!r}, which was not asked for", False)
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in encoding.lower() else None
    is_success = response.status_code == 200
    bound = MAX_ANSWER if is_success else MAX_ERROR
    body = bytearray()
    received = 0
    while len(body) <= bound:
        chunk = response.raw.read(CHUNK, decode_content=False)
        if not chunk:
            break
        received += len(chunk)
        try:
            body += unpack.decompress(chunk, bound + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise TransportError("answered with gzip data that cannot be unpacked", False) from None
    if len(body) > bound:
        if is_success:
            raise TransportError(
                f"answered with more than {MAX_ANSWER // 1024**2} MiB, which no list of tasks is", False
            )
        return bytes(body[:bound])
    announced = response.headers.get("Content-Length", "")
    if (
        (re.fullmatch("[0-9]{1,18}", announced) and received < int(announced))
        or (unpack and not unpack.eof)
        or not (received or announced or "Transfer-Encoding" in response.headers)  # cut among the headers
    ):
        raise TransportError("failed: the answer was cut short", True)
    return bytes(body)


def _reason(error: BaseException) -> str:
    """Return the innermost cause of a network error: the outer ones repeat the URL and show Python objects."""
    seen = set()
    while id(error) not in seen and not isinstance(error, http.client.HTTPException):
        seen.add(id(error))
        causes = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        causes = [cause for cause in causes if isinstance(cause, Exception) and id(cause) not in seen]
        # not a TypeError: urllib3 1 first makes a call that Python 3 does not know
        error = next((cause for cause in causes if not isinstance(cause, TypeError)), error)
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut short"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return f"the answer is not valid HTTP: {error!r}"
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return re.sub(r"<[^>]*>:? ?", "", text).rstrip(".")

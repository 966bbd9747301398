# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes out and in: one GET on a kept connection, bounded in time and size, with certificates that nothing overrides.

It uses the HTTPAdapter of requests without a Session, which would read .netrc, prepare redirects, keep cookies, and let
REQUESTS_CA_BUNDLE replace ``verify=True``.
"""

from __future__ import annotations

import http.client
import os
import re
import shlex
import ssl
import sys
import typing as t
import zlib
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.coc.plugins.module_utils._deadline import run_within
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import Response

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
        """One connection, with TLS 1.2 or later, to the server or through a proxy."""

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


MAX_BODY = 64 * 1024 * 1024  # bytes, unpacked; a page of 1000 tasks takes less than 1 MiB
MAX_ERROR_BODY = 64 * 1024  # bytes
CHUNK = 64 * 1024  # bytes

CHECK_NETWORK = "Check the endpoint, and the network of the host that runs this."
CHECK_PATH = "Check the endpoint, and anything in front of it, such as a proxy or a firewall."
CHECK_TLS = "Check the endpoint: it must speak HTTPS on that port, with TLS 1.2 or later."
CHECK_PROXY = "Check the environment variables HTTPS_PROXY, ALL_PROXY and NO_PROXY."
SEE_CERTIFICATES = "See the options ca_path and validate_certs."
RAISE_TIMEOUT = f"{CHECK_NETWORK} Or raise timeout, or filter for fewer tasks."
FIX_ENDPOINT = "Fix the endpoint."


class TransportError(Exception):
    """No complete response. ``transient`` says whether another attempt may do better, ``advice`` what to do."""

    def __init__(self, msg: str, transient: bool, advice: str) -> None:
        super().__init__(msg)
        self.transient = transient
        self.advice = advice


class Meaning(t.NamedTuple):
    """What an exception means whose class is one of ``classes`` and whose text has ``marker`` in it.

    ``{reason}`` and ``{timeout}`` in ``msg`` are filled in.
    """

    classes: tuple[type[Exception], ...]
    marker: str
    msg: str
    transient: bool
    advice: str


def _meanings() -> list[Meaning]:
    """Return the meanings of everything that requests and urllib3 raise; the first that fits counts."""
    of_requests, of_urllib3 = requests.exceptions, urllib3.exceptions
    untrusted = "failed: the certificate cannot be trusted: {reason}"
    unsendable = "could not be sent: {reason}"
    headers = "failed: the response has headers that contradict each other: {reason}"
    timeouts = (TimeoutError, of_requests.Timeout, of_urllib3.TimeoutError)
    tls, proxy = (of_requests.SSLError,), (of_requests.ProxyError,)
    return [
        Meaning(timeouts, "", "timed out: no complete response within {timeout:g} seconds", True, RAISE_TIMEOUT),
        Meaning(tls, "EOF", "failed: the connection was closed during the TLS handshake", True, CHECK_NETWORK),
        Meaning(tls, "CERTIFICATE_VERIFY_FAILED", untrusted, False, SEE_CERTIFICATES),
        Meaning(tls, "CertificateError", untrusted, False, SEE_CERTIFICATES),
        Meaning(tls, "", "failed: no TLS connection: {reason}", False, CHECK_TLS),
        # the proxy refuses, and may lock a user out
        Meaning(proxy, "Tunnel connection failed: 4", "failed at the proxy: {reason}", False, CHECK_PROXY),
        Meaning(proxy, "", "failed at the proxy: {reason}", True, CHECK_PROXY),
        Meaning((of_requests.InvalidHeader, of_urllib3.InvalidHeader), "", headers, False, CHECK_PATH),
        Meaning((ValueError,), "", unsendable, False, FIX_ENDPOINT),
        Meaning((of_requests.RequestException, of_urllib3.HTTPError), "", "failed: {reason}", True, CHECK_NETWORK),
        Meaning((Exception,), "", unsendable, False, FIX_ENDPOINT),
    ]


class Transport:
    """One connection to one server.

    ``verify`` is False, True, or the path of a file or folder of CA certificates; ``timeout`` is in seconds, from
    connecting to the last byte of the response. Proxies come from the environment (HTTPS_PROXY, NO_PROXY), for https
    only: a proxy could read the credentials in plain http, which never leaves this machine.
    Raises :class:`CocError` for a proxy that is not a URL.
    """

    def __init__(self, url: str, verify: bool | str, timeout: float) -> None:
        if not verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user's own choice
        self._verify = verify
        self._timeout = timeout
        self._proxies = _find_proxies(url) if url.startswith("https:") else {}
        self._adapter = _Adapter(verify)

    def close(self) -> None:
        self._adapter.close()

    def get(self, url: str, headers: t.Mapping[str, str]) -> Response:
        """Return the response to ``GET url``, whatever its status. Raises :class:`TransportError`.

        A status other than 200 says enough if its body does not arrive: a 401 must not look like something to try
        again.
        """
        try:
            request = requests.Request("GET", url, headers=dict(headers)).prepare()
        except ValueError as error:
            raise self._explain(error) from None
        adapter = self._adapter
        refusals: list[Response] = []

        def exchange() -> Response:
            try:
                response = adapter.send(
                    request, stream=True, timeout=self._timeout, verify=self._verify, proxies=self._proxies
                )
            except AttributeError:  # from older versions of requests, for a Content-Type such as "text/html; charset"
                raise TransportError(
                    "failed: the response has headers that cannot be read", False, CHECK_PATH
                ) from None
            with response:
                if response.status_code != 200:
                    refusals.append(Response(response.status_code, response.headers, None))
                return Response(response.status_code, response.headers, _read(response))

        try:
            return run_within(self._timeout, exchange)
        except (TransportError, urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # requests' are OSErrors
            if isinstance(error, TimeoutError):
                self._adapter = _Adapter(self._verify)  # the old connection is still busy: leave it alone
            if refusals:
                return refusals[0]
            raise self._explain(error) from None

    def _explain(self, error: Exception) -> TransportError:
        """Return what an exception of the exchange means."""
        if isinstance(error, TransportError):
            return error
        text = str(error)
        meaning = next(row for row in _meanings() if isinstance(error, row.classes) and row.marker in text)
        msg = meaning.msg.format(reason=root_cause(error), timeout=self._timeout)
        return TransportError(msg, meaning.transient, meaning.advice)


def require_requests() -> None:
    """Raise :class:`CocError` if the library requests cannot be imported."""
    if REQUESTS_IMPORT_ERROR:
        python = shlex.quote(sys.executable)
        raise CocError(
            f"{python} cannot import the Python library requests ({REQUESTS_IMPORT_ERROR}). Run on the same host: "
            f"{python} -m pip install requests"
        )


def certificate_verification(validate_certs: bool, ca_path: str | None) -> bool | str:
    """Return what requests calls ``verify``: False, True, or the path of CA certificates.

    The environment variable REQUESTS_CA_BUNDLE counts if neither option says otherwise.
    Raises :class:`CocError` for a path that does not exist, for a file without certificates, and for ``ca_path`` if
    nothing is validated.
    """
    if not validate_certs:
        if ca_path:
            raise CocError("ca_path: has no effect with validate_certs=false. Remove one of them.")
        return False
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "").strip()
    source, path = ("ca_path", ca_path) if ca_path else ("environment variable REQUESTS_CA_BUNDLE", bundle)
    if not path:
        return True
    if not os.path.exists(path):
        raise CocError(f"{source}: {path} does not exist. It takes a file or a folder of CA certificates.")
    if not os.path.isdir(path):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except OSError:
            raise CocError(
                f"{source}: {path} cannot be read as CA certificates in PEM format. Fix the file or name another."
            ) from None
    return path


def _find_proxies(url: str) -> dict[str, str]:
    """Return the proxy for an https ``url``, by scheme. No message shows it: it may contain a password."""
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
        raise CocError(
            "HTTPS_PROXY or ALL_PROXY: not a URL of the form http://host:port or http://user:password@host:port. "
            "Percent-encode special characters in the password."
        )
    return {"https": proxy}


def _read(response: requests.Response) -> bytes:
    """Return the body, unpacked, complete, and bounded in size: only the beginning of a large error.

    Done here because urllib3 1 accepts a body that is shorter than its Content-Length, and every version accepts a gzip
    stream that was cut.
    """
    unpack = _decompressor(response)
    is_success = response.status_code == 200
    bound = MAX_BODY if is_success else MAX_ERROR_BODY
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
            raise TransportError("returned gzip data that cannot be unpacked", False, CHECK_PATH) from None
    if len(body) > bound and is_success:
        size = MAX_BODY // 1024**2
        raise TransportError(f"sent a response larger than {size} MiB, too large for a task list", False, CHECK_PATH)
    if len(body) <= bound and ((unpack and not unpack.eof) or _is_cut(response, received)):
        raise TransportError("failed: the response was cut short", True, CHECK_NETWORK)
    return bytes(body[:bound])


def _decompressor(response: requests.Response) -> t.Any:
    """Return what unpacks the body, None for one that is not packed."""
    encoding = response.headers.get("Content-Encoding", "").strip()
    if encoding.lower() not in ("", "identity", "gzip", "x-gzip"):
        msg = f"returned Content-Encoding {encoding!r}, which was not asked for"
        raise TransportError(msg, False, CHECK_PATH)
    return zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in encoding.lower() else None


def _is_cut(response: requests.Response, received: int) -> bool:
    """Return whether fewer bytes than announced were ``received``, or the headers themselves were cut."""
    announced = response.headers.get("Content-Length", "")
    if re.fullmatch("[0-9]{1,18}", announced):
        return received < int(announced)
    return not (received or announced or "Transfer-Encoding" in response.headers)


def root_cause(error: BaseException) -> str:
    """Return the innermost cause of a network error: the outer ones repeat the URL and show Python objects."""
    seen = set()
    while id(error) not in seen and not isinstance(error, http.client.HTTPException):
        seen.add(id(error))
        causes = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        causes = [cause for cause in causes if isinstance(cause, Exception) and id(cause) not in seen]
        # not a TypeError: urllib3 1 first makes a call that Python 3 does not know
        error = next((cause for cause in causes if not isinstance(cause, TypeError)), error)
    if isinstance(error, http.client.IncompleteRead):
        return "the response was cut short"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return f"the response is not valid HTTP: {error!r}"
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return re.sub(r"<[^>]*>:? ?", "", text).rstrip(".")

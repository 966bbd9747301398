# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send and receive bytes, in bounded time and size. After a timeout, nothing of the attempt goes on.

It uses urllib3 without a Session of requests, which would read .netrc, follow redirects, keep cookies, and let
REQUESTS_CA_BUNDLE replace ``validate_certs``.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import socket
import ssl
import sys
import threading
import time
import typing as t
from importlib.util import find_spec
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._response import Response

try:
    if not find_spec("requests"):
        raise ImportError("No module named 'requests'")
    import urllib3  # what requests is made of; importing all of requests takes twice as long, at each task
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError as error:
    REQUESTS_IMPORT_ERROR: ImportError | None = error
else:
    REQUESTS_IMPORT_ERROR = None

MAX_BODY = 64 * 1024 * 1024  # bytes, unpacked; a page of 1000 tasks takes less than 1 MiB
MAX_ERROR_BODY = 64 * 1024  # bytes
CHUNK = 16 * 1024  # bytes as received; gzip makes at most a thousandfold of them

CHECK_NETWORK = "Check the endpoint, and the network of the host that runs this."
CHECK_PATH = "Check the endpoint, and anything in front of it, such as a proxy or a firewall."
CHECK_TLS = "Check the endpoint: it must speak HTTPS on that port, with TLS 1.2 or later."
CHECK_PROXY_TLS = (
    "If HTTPS_PROXY or ALL_PROXY begins with https://, write http:// instead, unless the proxy itself speaks TLS."
)
CHECK_PROXY = "Check the environment variables HTTPS_PROXY, ALL_PROXY and NO_PROXY."
SEE_CERTIFICATES = "See the options ca_path and validate_certs."
RAISE_TIMEOUT = f"{CHECK_NETWORK} You can also raise timeout, or filter for fewer tasks."


class TransportError(Exception):
    """No complete response. ``transient`` says whether another attempt may do better, ``advice`` what to do."""

    def __init__(self, msg: str, transient: bool, advice: str) -> None:
        super().__init__(msg)
        self.transient = transient
        self.advice = advice


class Transport:
    """One connection to one server, for one thread; any other may call :meth:`abort`.

    ``url`` begins with scheme, host and port; ``timeout`` is in seconds, from connecting to the last byte of the
    response; ``validate_certs`` and ``ca_path`` are those of a connection. Proxies come from the environment
    (HTTPS_PROXY, NO_PROXY), for https only: a proxy could read the credentials in plain http.
    Raises :class:`CocError` for certificates that cannot be used, and for a proxy that is not a URL.
    """

    def __init__(self, url: str, timeout: float, validate_certs: bool = True, ca_path: str | None = None) -> None:
        self._timeout = timeout
        self._deadline = 0.0
        self._aborted = threading.Event()
        self._lock = threading.Lock()  # for the two below
        self._is_over = False  # whether the attempt was ended from outside
        # A duplicate of the connection's descriptor. Shutting it down ends a read in another thread, which closing does
        # not; and, unlike SSLSocket.shutdown(), it never lets what is sent afterwards leave in plain text.
        self._duplicate: socket.socket | None = None
        self._pool = _open_pool(url, validate_certs, ca_path)

        def connect(connection: t.Any) -> socket.socket:
            try:
                return self._connect(connection.host, connection.port)
            except OSError as error:  # urllib3 would ignore some of these
                raise urllib3.exceptions.NewConnectionError(connection, "not connected") from error

        self._pool.ConnectionCls = type("Connection", (self._pool.ConnectionCls,), {"_new_conn": connect})

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
        self._set_duplicate(None)

    def abort(self) -> None:
        """End the running attempt or pause, and make each later one fail at once."""
        self._aborted.set()
        self._end_attempt()

    def pause(self, seconds: float) -> None:
        """Wait, unless somebody calls :meth:`abort`."""
        self._aborted.wait(seconds)

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: bytes = b"") -> Response:
        """Return the response to a request, whatever its status. Raises :class:`TransportError`.

        A status other than 200 says enough if its body does not arrive: a 401 must not look like something to try
        again. After a failure nothing of the attempt goes on: no thread, no connection.
        """
        self._deadline = time.monotonic() + self._timeout
        with self._lock:
            self._is_over = self._aborted.is_set()
        watchdog = threading.Timer(self._timeout, self._end_attempt)
        watchdog.daemon = True
        watchdog.start()
        try:
            if self._is_over:
                raise TimeoutError
            response = self._exchange(method, url, headers, body)
            if self._is_over and response.status == 200:
                raise TimeoutError
            return response
        except (TransportError, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self._set_duplicate(None)
            if self._aborted.is_set():
                raise TransportError("was stopped before the response came", False, "") from None
            raise explain(TimeoutError() if self._is_over else error, self._timeout) from None
        finally:
            watchdog.cancel()
            watchdog.join()

    def _exchange(self, method: str, url: str, headers: t.Mapping[str, str], body: bytes) -> Response:
        target = urlsplit(url)._replace(scheme="", netloc="").geturl()
        once: dict[str, t.Any] = {"retries": False, "redirect": False, "timeout": None, "preload_content": False}
        response = self._pool.request(method, target, body=body or None, headers=dict(headers), **once)
        content = None
        try:
            content = _read(response)
        except (urllib3.exceptions.HTTPError, OSError):
            if response.status == 200:
                raise
        finally:
            if content is None:
                response.close()
            response.release_conn()
        return Response(response.status, response.headers, content)

    def _connect(self, host: str, port: int) -> socket.socket:
        """Return a connection. Each address of the host gets an equal part of the time that is left."""
        addresses = socket.getaddrinfo(host.strip("[]"), port, 0, socket.SOCK_STREAM)
        failure = OSError(f"{host} has no address")
        for number, (*kind, _name, address) in enumerate(addresses):
            seconds = (self._deadline - time.monotonic()) / (len(addresses) - number)
            connection: socket.socket | None = None
            try:
                connection = socket.socket(*kind)
                connection.settimeout(max(seconds, 0.001))
                self._set_duplicate(connection.dup())
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.connect(address)
                connection.settimeout(None)  # from now on, the watchdog alone ends it
                return connection
            except OSError as error:
                if connection:
                    connection.close()
                failure = error
        raise failure

    def _set_duplicate(self, duplicate: socket.socket | None) -> None:
        """Replace the duplicate by that of a new connection, or by None. Raises TimeoutError if the attempt is over."""
        with self._lock:
            if self._duplicate:
                self._duplicate.close()
            self._duplicate = duplicate
            if duplicate and self._is_over:
                raise TimeoutError

    def _end_attempt(self) -> None:
        """End the attempt that runs in another thread."""
        with self._lock:
            self._is_over = True
            if self._duplicate:
                with contextlib.suppress(OSError):  # it is not connected yet, or not any more
                    self._duplicate.shutdown(socket.SHUT_RDWR)


def require_requests() -> None:
    """Raise :class:`CocError` with the command to run if requests cannot be imported."""
    if REQUESTS_IMPORT_ERROR:
        python = shlex.quote(sys.executable)
        raise CocError(
            f"{python} cannot import the Python library requests ({REQUESTS_IMPORT_ERROR}). Run on the same host: "
            f"{python} -m pip install requests"
        )


def _open_pool(url: str, validate_certs: bool, ca_path: str | None) -> t.Any:
    """Return a pool of one connection, with TLS 1.2 or later, to the server or through a proxy."""
    if not url.startswith("https:"):
        return urllib3.PoolManager(maxsize=1).connection_from_url(url)
    context = _tls_context(validate_certs, ca_path)
    options: dict[str, t.Any] = {"maxsize": 1, "ssl_context": context, "cert_reqs": context.verify_mode}
    proxy, proxy_headers = find_proxy(url)
    if proxy:
        speaks_tls = hasattr(urllib3.util, "proxy")  # since urllib3 1.26; before, it is plain HTTP whatever the URL
        if speaks_tls and proxy.lower().startswith("https:"):
            options["proxy_ssl_context"] = context
        return urllib3.ProxyManager(proxy, proxy_headers=proxy_headers, **options).connection_from_url(url)
    return urllib3.PoolManager(**options).connection_from_url(url)


def _tls_context(validate_certs: bool, ca_path: str | None) -> ssl.SSLContext:
    """Return what decides which servers are trusted.

    The environment variable REQUESTS_CA_BUNDLE counts if neither option says otherwise.
    Raises :class:`CocError` for a path that does not exist, for a file without certificates, and for ``ca_path`` if
    nothing is validated.
    """
    context: ssl.SSLContext = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if validate_certs else ssl.CERT_NONE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not validate_certs:
        if ca_path:
            raise CocError("ca_path: has no effect with validate_certs=false. Remove one of them.")
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user's own choice
        return context
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "").strip()
    source, path = ("ca_path", ca_path) if ca_path else ("environment variable REQUESTS_CA_BUNDLE", bundle)
    path = path or _default_authorities()
    if not os.path.exists(path):
        raise CocError(f"{source}: {path} does not exist. It takes a file or a folder of CA certificates.")
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
    except OSError:
        raise CocError(
            f"{source}: {path} cannot be read as CA certificates in PEM format. Fix the file or name another."
        ) from None
    return context


def _default_authorities() -> str:
    """Return the path of the certificates that requests trusts."""
    try:
        import certifi
    except ImportError:  # some distributions build requests without it
        import requests

        return str(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    return certifi.where()


def find_proxy(url: str) -> tuple[str, dict[str, str]]:
    """Return the proxy for an https ``url``, '' if there is none, and the headers for it.

    No message shows either: they may contain a password.
    """
    from urllib.request import getproxies

    if not getproxies().keys() & {"https", "all"}:
        return "", {}
    import requests

    proxy = (requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or "").strip()
    if not proxy:
        return "", {}
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if "\\" in proxy:  # urllib3 would connect to the host "DOMAIN"
        raise CocError(
            "HTTPS_PROXY or ALL_PROXY: has a backslash. Write %5C instead, as in http://DOMAIN%5Cuser:password@host:port."
        )
    if proxy.lower().startswith("socks"):
        raise CocError("HTTPS_PROXY or ALL_PROXY: SOCKS is not supported. Name an HTTP proxy, as in http://host:port.")
    try:
        parts = urlsplit(proxy)
        # both, since they differ on what is a URL
        is_url = parts.hostname and parts.port != 0 and urllib3.util.parse_url(proxy).host
    except ValueError:
        is_url = None
    if not is_url or not proxy.lower().startswith(("http://", "https://")):
        raise CocError(
            "HTTPS_PROXY or ALL_PROXY: not a URL of the form http://host:port or http://user:password@host:port. "
            "Percent-encode special characters in the password."
        )
    user, password = requests.utils.get_auth_from_url(proxy)
    login = f"{user}:{password}".encode().decode("latin-1")  # which urllib3 encodes
    return proxy, urllib3.util.make_headers(proxy_basic_auth=login) if user else {}


def _read(response: t.Any) -> bytes:
    """Return the body, unpacked and bounded in size: only the beginning of a large error."""
    is_success = response.status == 200
    bound = MAX_BODY if is_success else MAX_ERROR_BODY
    is_gzip = (
        response.headers.get("Content-Encoding", "").strip().lower() == "gzip"
    )  # the only encoding that was requested
    body = bytearray()
    for chunk in response.stream(CHUNK, decode_content=is_gzip):
        body += chunk
        if len(body) > bound:
            response.close()
            if is_success:
                size = MAX_BODY // 1024**2
                msg = f"sent a response larger than {size} MiB, too large for a task list"
                raise TransportError(msg, False, CHECK_PATH)
            break
    return bytes(body[:bound])


def explain(error: Exception, timeout: float) -> TransportError:
    """Return what an exception of an attempt means that had ``timeout`` seconds."""
    if isinstance(error, TransportError):
        return error
    cause = root_cause(error)
    reason = describe_cause(cause)
    known = urllib3.exceptions
    if isinstance(cause, (TimeoutError, socket.timeout)):  # one class from Python 3.10 on
        return TransportError(f"timed out: no complete response within {timeout:g} seconds", True, RAISE_TIMEOUT)
    if isinstance(error, (known.SSLError, ssl.SSLError)):
        return _explain_tls(cause, reason)
    if isinstance(error, known.ProxyError) and isinstance(cause, ssl.SSLError):
        return _explain_tls(cause, reason, "failed at the proxy", CHECK_PROXY_TLS)
    if isinstance(error, known.ProxyError):
        # a proxy that refuses may lock a user out
        is_refusal = "Tunnel connection failed: 4" in reason
        return TransportError(f"failed at the proxy: {reason}", not is_refusal, CHECK_PROXY)
    if isinstance(error, known.InvalidHeader):
        msg = f"failed: the response has headers that contradict each other: {reason}"
        return TransportError(msg, False, CHECK_PATH)
    if isinstance(error, known.DecodeError):
        return TransportError("returned gzip data that cannot be unpacked", False, CHECK_PATH)
    if isinstance(error, ValueError):
        return TransportError(f"could not be sent: {reason}", False, "Fix the endpoint.")
    return TransportError(f"failed: {reason}", True, CHECK_NETWORK)


def _explain_tls(cause: BaseException, reason: str, what: str = "failed", advice: str = "") -> TransportError:
    if "EOF" in str(cause):
        msg = f"{what}: the connection was closed during the TLS handshake"
        return TransportError(msg, True, advice or CHECK_NETWORK)
    # urllib3 2 has a class of its own
    if isinstance(cause, ssl.CertificateError) or type(cause).__name__ == "CertificateError":
        return TransportError(f"{what}: the certificate cannot be trusted: {reason}", False, SEE_CERTIFICATES)
    return TransportError(f"{what}: no TLS connection: {reason}", False, advice or CHECK_TLS)


def root_cause(error: BaseException) -> BaseException:
    """Return the innermost cause of an error of urllib3: the outer ones repeat it."""
    while True:
        inner = error.__cause__ or (error.args[-1] if error.args else None)
        if not isinstance(inner, Exception):
            return error
        error = inner


def describe_cause(cause: BaseException) -> str:
    """Return in words what went wrong."""
    if isinstance(cause, (http.client.IncompleteRead, urllib3.exceptions.ProtocolError)):
        return "the response was cut short"
    if isinstance(cause, http.client.HTTPException) and not isinstance(cause, ConnectionError):
        return f"the response is not valid HTTP: {cause!r}"
    text = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "")
    text = text or str(cause.args[0] if len(cause.args) == 1 else cause)  # str() of an SSLError shows a tuple
    return (text or type(cause).__name__).rstrip(".")

# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real sockets, certificates and proxies. What becomes of each fault of a response is in tests/unit/test_faults.py."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import socketserver
import ssl
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import trustme

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import (
    Transport,
    TransportError,
    find_proxy,
)

NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)
# The server's certificates: the host that each is for, and until when it is valid.
CERTIFICATES = {
    "good": ("127.0.0.1", NOW + DAY),
    "expired": ("127.0.0.1", NOW - DAY),
    "elsewhere": ("192.0.2.1", NOW + DAY),
    "named": ("coc.test", NOW + DAY),
}
CA_HASH = "c8e7676c.0"  # what ``openssl rehash`` calls the certificate of our authority
UNTRUSTED = "the certificate cannot be trusted: "
UNKNOWN_AUTHORITY = UNTRUSTED + "unable to get local issuer certificate"
NAMED = "https://coc.test"  # reached through a proxy only
SECRET = "FakeSecretHeader"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"  # and nothing more
BANNER = b"SSH-2.0-OpenSSH_9.6\r\n"
NOT_A_URL = "not a URL of the form http://host:port or http://user:password@host:port."
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")


class Server(socketserver.ThreadingTCPServer):
    """Sends ``answer`` to each request, until the client ends the connection.

    It first does what a proxy does if it has ``connects``, and speaks TLS if it has a ``context``.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer=ANSWER, context=None, connects=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.context, self.connects = answer, context, connects
        self.connections = 0
        self.heads = []  # of requests, also of those to a proxy
        self.ended = threading.Event()  # a connection

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self):
        self.server.connections += 1
        with contextlib.suppress(OSError):
            if self.server.answer == BANNER:
                self.request.sendall(BANNER)
            if self.server.connects is not None and self.read_head(self.request):
                self.request.sendall(self.server.connects)
            connection = self.request
            if self.server.context:
                connection = self.server.context.wrap_socket(self.request, server_side=True)
            while self.read_head(connection):
                connection.sendall(self.server.answer)
        self.server.ended.set()

    def read_head(self, connection):
        """Return the next head; nothing at the end of the connection."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            content = connection.recv(1)
            if not content:
                return b""
            head += content
        self.server.heads.append(head)
        return head


@contextlib.contextmanager
def serving(server):
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextlib.contextmanager
def transport(url, verify=True, timeout=30.0):
    """``verify`` is False, True, or the path of certificates."""
    opened = Transport(url, timeout, bool(verify), verify if isinstance(verify, str) else None)
    try:
        yield opened
    finally:
        opened.close()


def get(url, verify=True, timeout=30.0):
    """Return the body of the response."""
    with transport(url, verify, timeout) as opened:
        return opened.send("GET", f"{url}/path?a=b", {"X-Secret": SECRET}).body


def failure(url, verify=True, timeout=30.0):
    with pytest.raises(TransportError) as raised:
        get(url, verify, timeout)
    return raised.value


@pytest.fixture(scope="session")
def contexts(authority):
    """What a server needs to show each of CERTIFICATES, and to speak nothing newer than TLS 1.1."""
    contexts = {}
    for name, (host, end) in CERTIFICATES.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, not_after=end).configure_cert(contexts[name])
    old = contexts["TLS 1.1"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(old)
    old.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL speaks nothing that old
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return contexts


@pytest.fixture(scope="session")
def ca_files(ca_file, authority, tmp_path_factory):
    """Where certificates of authorities are: ours, another one, and ours in folders with and without its hash."""
    folder = tmp_path_factory.mktemp("cas")
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    for name in (CA_HASH, "ca.pem"):
        (folder / name[-3:]).mkdir()
        authority.cert_pem.write_to_path(str(folder / name[-3:] / name))
    names = {"ours": ca_file, "other": "other.pem", "hashed": "c.0", "not hashed": "pem"}
    return {name: str(folder / path) for name, path in names.items()}


# Time


def silent(stage, contexts):
    """Return a server that says nothing more at this stage."""
    return {
        "TLS handshake": Server(b"", connects=b"", context=contexts["good"]),
        "headers": Server(b""),
        "middle of the headers": Server(HEAD[:25]),
        "body": Server(HEAD),
        "body over TLS": Server(HEAD, context=contexts["good"]),
        "CONNECT": Server(connects=b""),
        "TLS handshake through a proxy": Server(b"", connects=CONNECTED),
    }[stage]


@pytest.fixture(
    params=[
        "TLS handshake",
        "headers",
        "middle of the headers",
        "body",
        "body over TLS",
        "CONNECT",
        "TLS handshake through a proxy",
    ]
)
def silence(request, contexts, monkeypatch):
    """A server that says nothing more at each stage, and the URL that leads to it."""
    with serving(silent(request.param, contexts)) as server:
        url = f"http{'s' * ('TLS' in request.param)}://{server.address}"
        if "proxy" in request.param or request.param == "CONNECT":
            monkeypatch.setenv("HTTPS_PROXY", f"http://{server.address}")
            url = NAMED
        yield server, url


def test_after_a_time_out_nothing_goes_on(silence, ca_file):
    server, url = silence
    threads = threading.active_count()
    with transport(url, ca_file, 0.2) as opened:
        with pytest.raises(TransportError, match="timed out: no complete response within 0.2 seconds") as raised:
            opened.send("GET", url + "/", {"X-Secret": SECRET})
        assert raised.value.transient
        assert server.ended.wait(10)  # although the transport is still open
        with contextlib.suppress(TransportError):
            opened.send("GET", url + "/", {})  # on a connection of its own
        for _look in range(1000):  # a busy machine may accept it after the request has given up
            if server.connections == 2:
                break
            time.sleep(0.01)
        assert server.connections == 2
    assert threading.active_count() <= threads + 2  # those of the server


def test_another_thread_can_abort(silence, ca_file):
    server, url = silence
    with transport(url, ca_file) as opened:

        def abort():
            while not server.connections:
                time.sleep(0.001)
            time.sleep(0.02)
            opened.abort()

        aborting = threading.Thread(target=abort)
        aborting.start()
        for _attempt in range(2):  # the later one is not even sent
            with pytest.raises(TransportError, match="was stopped before the response came") as raised:
                opened.send("GET", url + "/", {})
            assert not raised.value.transient
        aborting.join()
        opened.pause(3600)
        assert server.connections == 1
        assert server.ended.wait(10)


def test_a_kept_connection_is_not_used_after_abort():
    with serving(Server()) as server, transport(f"http://{server.address}") as opened:
        for _request in range(2):
            assert opened.send("GET", f"http://{server.address}/", {}).body == b"{}"
        assert (server.connections, len(server.heads)) == (1, 2)
        opened.abort()
        with pytest.raises(TransportError):
            opened.send("GET", f"http://{server.address}/", {})
        assert len(server.heads) == 2


def test_the_second_address_is_tried_if_the_first_is_dead(monkeypatch):
    with contextlib.ExitStack() as stack:
        dead = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _connection in range(3):  # more than its queue holds: the next gets no answer
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(dead.getsockname())
        server = stack.enter_context(serving(Server()))
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        addresses = [(*kind, dead.getsockname()), (*kind, server.server_address)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: addresses)
        assert get("http://localhost", timeout=2) == b"{}"
        addresses.pop()
        opened = []

        class Recorded(socket.socket):
            def __init__(self, *arguments, **keywords):
                super().__init__(*arguments, **keywords)
                opened.append(self)

        monkeypatch.setattr(socket, "socket", Recorded)
        assert "timed out" in str(failure("http://localhost", timeout=0.2))
    assert {one.fileno() for one in opened} == {-1}


def test_the_connection_ends_with_the_transport():
    with serving(Server()) as server:
        with transport(f"http://{server.address}") as opened:
            opened.send("GET", f"http://{server.address}/", {})
            assert not server.ended.is_set()
        assert server.ended.wait(10)


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_request_may_have_a_body(simulator, body):
    with transport(simulator.endpoint) as opened:
        response = opened.send("PUT", f"{simulator.endpoint}/a%20b?c=~%2A", {"X-A": "b"}, body)
    (request,) = simulator.requests
    assert (request.method, request.path, request.raw_query) == ("PUT", "/a%20b", "c=~%2A")
    assert (request.content, request.header("X-A"), response.status) == (body, "b", 404)
    assert request.header("Content-Length") == str(len(body))


# TLS


@pytest.mark.parametrize(
    "certificate, verify, reason",
    [
        ("good", "ours", None),
        ("good", "hashed", None),
        ("good", "not hashed", UNKNOWN_AUTHORITY),
        ("good", "other", UNKNOWN_AUTHORITY),
        ("good", True, UNKNOWN_AUTHORITY),
        ("expired", "ours", UNTRUSTED + "certificate has expired"),
        ("elsewhere", "ours", "'127.0.0.1'"),  # the words before it are those of urllib3 1 or 2
        *((certificate, False, None) for certificate in CERTIFICATES),
        ("TLS 1.1", "ours", "no TLS connection"),
        ("TLS 1.1", False, "no TLS connection"),
        (BANNER, "ours", "no TLS connection"),
    ],
)
def test_which_servers_are_trusted(contexts, ca_files, recwarn, certificate, verify, reason):
    with serving(Server(BANNER if certificate == BANNER else ANSWER, contexts.get(certificate))) as server:
        url, verify = f"https://{server.address}", ca_files.get(verify, verify)
        if reason is None:
            assert get(url, verify) == b"{}"
        else:
            error = failure(url, verify)
            assert reason in str(error)
            assert ("ca_path" in error.advice) == ("TLS" not in reason)
            assert not error.transient
        assert len([head for head in server.heads if SECRET.encode() in head]) == (reason is None)
    assert [warning for warning in recwarn if "Insecure" in warning.category.__name__] == []


def test_a_connection_that_is_closed_in_the_handshake_may_do_better_later(contexts):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close():
            with server.accept()[0] as connection:
                connection.recv(65536)

        threading.Thread(target=close, daemon=True).start()
        error = failure(f"https://127.0.0.1:{server.getsockname()[1]}")
    assert str(error) == "failed: the connection was closed during the TLS handshake"
    assert error.transient


@pytest.mark.parametrize(
    "variables, verify, works",
    [
        ({"REQUESTS_CA_BUNDLE": "ours"}, True, True),
        ({"REQUESTS_CA_BUNDLE": "ours"}, "other", False),
        ({"REQUESTS_CA_BUNDLE": "other"}, "ours", True),
        ({"REQUESTS_CA_BUNDLE": "other"}, False, True),
        ({"REQUESTS_CA_BUNDLE": " ", "CURL_CA_BUNDLE": "ours"}, True, False),
        ({"CURL_CA_BUNDLE": ""}, True, False),  # an empty one makes requests' own sessions validate nothing
        ({"CURL_CA_BUNDLE": "other"}, "ours", True),
        ({"SSL_CERT_FILE": "ours"}, True, False),
    ],
)
def test_variables_do_not_override_options(contexts, ca_files, monkeypatch, variables, verify, works):
    for name, value in variables.items():
        monkeypatch.setenv(name, ca_files.get(value, value))
    with serving(Server(context=contexts["good"])) as server:
        url, verify = f"https://{server.address}", ca_files.get(verify, verify)
        assert get(url, verify) == b"{}" if works else UNKNOWN_AUTHORITY in str(failure(url, verify))


def test_certificates_that_cannot_be_used_are_refused(ca_files, monkeypatch):
    def refusal(*options):
        with pytest.raises(CocError) as raised:
            Transport(NAMED, 30.0, *options)
        return raised.value.msg

    assert refusal(False, ca_files["ours"]).startswith("ca_path: has no effect with validate_certs=false.")
    assert refusal(True, "none").startswith("ca_path: none does not exist.")
    assert "cannot be read as CA certificates in PEM format." in refusal(True, __file__)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "none")
    assert refusal().startswith("environment variable REQUESTS_CA_BUNDLE: none does not exist.")


# Proxies


class Proxy(Server):
    """A proxy that connects every host to ``target``."""

    def __init__(self, target, refusal=b"", context=None):
        super().__init__(context=context)
        self.target, self.refusal = target, refusal
        self.relayed = b""  # what clients sent through it
        self.RequestHandlerClass = Tunnel


class Tunnel(Handler):
    server: Proxy

    def handle(self):
        self.server.connections += 1
        if self.server.context:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.read_head(self.request)
        self.request.sendall(self.server.refusal or CONNECTED)
        if self.server.refusal:
            return
        with socket.create_connection(self.server.target.server_address) as upstream:
            other = {self.request: upstream, upstream: self.request}
            while True:
                for side in select.select(list(other), [], [])[0]:
                    content = side.recv(65536)
                    if not content:
                        return
                    if side is self.request:
                        self.server.relayed += content
                    other[side].sendall(content)


@pytest.mark.parametrize(
    "variable, prefix",
    [
        *((variable, "http://") for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")),
        *(("HTTPS_PROXY", f"{scheme}corp%5Cuser:p%40ss%2Fw%C3%B6rd@") for scheme in ("http://", "")),
    ],
)
def test_a_proxy_sees_its_own_password_only(contexts, ca_files, monkeypatch, variable, prefix):
    with serving(Server(context=contexts["named"])) as server, serving(Proxy(server)) as proxy:
        monkeypatch.setenv(variable, prefix + proxy.address)
        assert get(NAMED, ca_files["ours"]) == b"{}"
        assert UNKNOWN_AUTHORITY in str(failure(NAMED))
        assert get(NAMED, False) == b"{}"
    head = proxy.heads[0].decode().lower()
    assert head.startswith("connect coc.test:443 ")
    password = base64.b64encode("corp\\user:p@ss/wörd".encode()).decode()
    assert (f"proxy-authorization: basic {password}".lower() in head) == ("user" in prefix)
    assert SECRET.encode() not in b"".join(proxy.heads) + proxy.relayed
    assert len(server.heads) == 2 and b"roxy-" not in b"".join(server.heads)


def test_the_certificates_count_for_a_proxy_that_speaks_tls(contexts, ca_files, monkeypatch):
    with serving(Server()) as server, serving(Proxy(server, b"HTTP/1.1 407 No\r\n\r\n", contexts["good"])) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.address}")
        assert "failed at the proxy: Tunnel connection failed: 407" in str(failure(NAMED, ca_files["ours"]))
        assert "failed at the proxy: the certificate cannot be trusted" in str(failure(NAMED))


def test_the_name_in_the_certificate_counts_through_a_proxy(contexts, ca_files, monkeypatch):
    with serving(Server(context=contexts["good"])) as server, serving(Proxy(server)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        assert "'coc.test'" in str(failure(NAMED, ca_files["ours"])).partition(UNTRUSTED)[2]


@pytest.mark.parametrize(
    "forms, host, is_exempt",
    [
        *(
            (form, "coc.example.com", True)
            for form in ("*", "coc.example.com", "example.com", ".example.com", "a, COM")
        ),
        *((form, "coc.example.com", False) for form in ("*.example.com", "a.coc.example.com", "a com", "a;com")),
        ("coc.example.com:443", "coc.example.com", False),
        ("coc.example.com:443", "coc.example.com:443", True),
        *((form, "192.0.2.1", form != "2001:db8::/32") for form in ("192.0.2.1", "a, 192.0.2.0/24", "2001:db8::/32")),
        ("192.0.2.", "192.0.2.1", False),
    ],
)
def test_which_forms_of_no_proxy_count(monkeypatch, forms, host, is_exempt):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", forms)
    assert find_proxy(f"https://{host}")[0] == ("" if is_exempt else "http://127.0.0.1:9")


def test_an_exempt_host_is_reached_without_the_proxy(contexts, ca_files, monkeypatch):
    with serving(Server(context=contexts["good"])) as server:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert get(f"https://{server.address}", ca_files["ours"]) == b"{}"


@pytest.mark.parametrize(
    "refusal, transient",
    [("403 Forbidden", False), ("407 Proxy Authentication Required", False), ("503 Service Unavailable", True)],
)
def test_a_proxy_that_refuses_is_named(monkeypatch, refusal, transient):
    with serving(Proxy(None, f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode())) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:FakePassword@{proxy.address}")
        error = failure(NAMED)
    assert str(error) == f"failed at the proxy: Tunnel connection failed: {refusal}"
    assert "HTTPS_PROXY, ALL_PROXY and NO_PROXY" in error.advice
    assert error.transient == transient


def test_a_proxy_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:FakePassword@127.0.0.1:9")
    error = failure(NAMED)
    assert str(error) == "failed at the proxy: Connection refused"
    assert error.transient


def test_a_proxy_that_speaks_no_tls_is_named(monkeypatch):
    with serving(Server(BANNER)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://user:FakePassword@{proxy.address}")
        error = failure(NAMED)
    assert str(error).startswith("failed at the proxy: no TLS connection: ")
    assert "begins with https://, write http:// instead" in error.advice
    assert not error.transient


@pytest.mark.parametrize(
    "url, words",
    [
        ("http://user:FakePassword#1@127.0.0.1:3128", NOT_A_URL),
        ("http://user:FakePassword@127.0.0.1:port", NOT_A_URL),
        ("http://user:FakePassword@127.0.0.1:99999", NOT_A_URL),
        ("http://user:FakePassword@", NOT_A_URL),
        ("http://FakePassword:[@127.0.0.1", NOT_A_URL),
        ("ftp://user:FakePassword@127.0.0.1", NOT_A_URL),
        ("socks5://user:FakePassword@127.0.0.1:1080", "SOCKS is not supported. Name an HTTP proxy"),
        ("http://DOMAIN\\user:FakePassword@127.0.0.1:9", "has a backslash. Write %5C instead"),
        ("DOMAIN\\user:FakePassword@127.0.0.1:9", "has a backslash. Write %5C instead"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_and_not_quoted(monkeypatch, url, words):
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(CocError, match=f"HTTPS_PROXY or ALL_PROXY: {words}") as raised:
        Transport(NAMED, 30.0)
    assert "FakePassword" not in raised.value.msg

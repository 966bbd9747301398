# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real certificates, real proxies: which servers are trusted, and what a proxy sees."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import socketserver
import ssl
import threading
from datetime import datetime, timedelta, timezone

import pytest
import trustme

from ansible_collections.huaweicloud.coc.plugins.module_utils import _transport
from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._credentials import Credentials
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import ids_of

NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)
# The server's certificates: the host that each is for, and when it is valid.
CERTIFICATES: dict[str, tuple[str, datetime, datetime]] = {
    "good": ("127.0.0.1", NOW - DAY, NOW + DAY),
    "expired": ("127.0.0.1", NOW - 2 * DAY, NOW - DAY),
    "early": ("127.0.0.1", NOW + DAY, NOW + 2 * DAY),
    "elsewhere": ("192.0.2.1", NOW - DAY, NOW + DAY),
    "named": ("coc.test", NOW - DAY, NOW + DAY),
}
CA_HASH = "c8e7676c.0"  # what ``openssl rehash`` calls the certificate of our authority
UNTRUSTED = "the certificate cannot be trusted: "
UNKNOWN_AUTHORITY = UNTRUSTED + "unable to get local issuer certificate"
NAMED = {"endpoint": "https://coc.test"}  # reached through a proxy only
PROXY_PASSWORD = "FakeProxyPassword"

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")


@pytest.fixture(scope="session")
def contexts(authority):
    """What a server needs to show each of CERTIFICATES, and to speak nothing newer than TLS 1.1."""
    contexts = {}
    for name, (host, start, end) in CERTIFICATES.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, not_before=start, not_after=end).configure_cert(contexts[name])
    old = contexts["TLS 1.1"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(old)
    old.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL speaks nothing that old
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return contexts


@pytest.fixture
def certificate():
    """The one that the simulator shows; tests replace it."""
    return "good"


@pytest.fixture
def simulator(contexts, certificate):
    with coc_simulator.Simulator(tls=contexts.get(certificate), page_cap=20) as running:
        yield running


@pytest.fixture
def connection(connection):
    https = connection["endpoint"].replace("http:", "https:")
    return {**connection, "endpoint": https, "security_token": coc_simulator.SECURITY_TOKEN}


@pytest.fixture(scope="session")
def ca_files(ca_file, tmp_path_factory):
    other = str(tmp_path_factory.mktemp("ca") / "other.pem")
    trustme.CA().cert_pem.write_to_path(other)
    return {"ours": ca_file, "other": other}


# Certificates


def test_ca_path_takes_a_file(ask, simulator, ca_file):
    assert ask(ca_path=ca_file).ids == ids_of(simulator.tasks)
    assert (len(simulator.requests), simulator.connections) == (3, 1)


def test_ca_path_takes_a_folder_that_is_prepared(ask, simulator, authority, tmp_path):
    content = authority.cert_pem.bytes()
    (tmp_path / "ca.pem").write_bytes(content)
    assert UNKNOWN_AUTHORITY in ask(ca_path=str(tmp_path)).error
    (tmp_path / CA_HASH).write_bytes(content)
    assert ask(ca_path=str(tmp_path)).ids == ids_of(simulator.tasks)


@pytest.mark.parametrize(
    "certificate, authority_of, reason",
    [
        ("expired", "ours", "certificate has expired"),
        ("early", "ours", "certificate is not yet valid"),
        ("elsewhere", "ours", "'127.0.0.1'"),  # the words before it are those of urllib3 1 or 2
        ("good", "other", UNKNOWN_AUTHORITY),
        ("good", "", UNKNOWN_AUTHORITY),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_refused(ask, simulator, ca_files, pauses, authority_of, reason):
    error = ask(ca_path=ca_files.get(authority_of)).error
    assert UNTRUSTED in error
    assert reason in error.partition("failed: ")[2]
    assert "ca_path" in error and "validate_certs" in error
    assert (simulator.requests, pauses) == ([], [])  # it got no request, and there was no retry


@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_validate_certs_can_be_switched_off(ask, simulator, recwarn, certificate):
    outcome = ask(validate_certs=False)
    assert outcome.ids == ids_of(simulator.tasks)
    assert outcome.warnings == []
    assert [warning for warning in recwarn if "Insecure" in warning.category.__name__] == []


@pytest.mark.parametrize(
    "variables, options, works",
    [
        ({"REQUESTS_CA_BUNDLE": "ours"}, {}, True),
        ({"REQUESTS_CA_BUNDLE": "ours"}, {"ca_path": "other"}, False),
        ({"REQUESTS_CA_BUNDLE": "other"}, {"ca_path": "ours"}, True),
        ({"REQUESTS_CA_BUNDLE": "other"}, {"validate_certs": False}, True),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "ours"}, {}, False),
        ({"CURL_CA_BUNDLE": ""}, {}, False),  # an empty one makes requests' own sessions validate nothing
        ({"CURL_CA_BUNDLE": "other"}, {"ca_path": "ours"}, True),
        ({"SSL_CERT_FILE": "ours"}, {}, False),
    ],
    ids=str,
)
def test_variables_do_not_override_options(ask, simulator, ca_files, monkeypatch, variables, options, works):
    for name, value in variables.items():
        monkeypatch.setenv(name, ca_files.get(value, value))
    outcome = ask(**{name: ca_files.get(value, value) for name, value in options.items()})
    assert outcome.failed is not works
    assert bool(simulator.requests) is works


def test_ca_path_without_certificates_is_refused_before_any_request(ask, simulator, tmp_path, monkeypatch):
    empty, none = tmp_path / "empty.pem", str(tmp_path / "none.pem")
    empty.touch()
    assert ask(ca_path=none).error.startswith(f"ca_path: {none} does not exist")
    assert ask(ca_path=str(empty)).error.startswith(f"ca_path: {empty} cannot be read as CA certificates")
    both = ask(ca_path=str(tmp_path), validate_certs=False).error
    assert both.startswith("ca_path: has no effect with validate_certs=false")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", none)
    assert ask().error.startswith(f"environment variable REQUESTS_CA_BUNDLE: {none} does not exist")
    assert simulator.connections == 0


# TLS itself


@pytest.mark.parametrize("verify", [True, False])
def test_tls_1_2_is_the_least(verify):
    adapter = _transport._Adapter(verify)
    for manager in (adapter.poolmanager, adapter.proxy_manager_for("http://127.0.0.1:9")):
        assert manager.connection_pool_kw["ssl_context"].minimum_version == ssl.TLSVersion.TLSv1_2


@contextlib.contextmanager
def serving(server):
    with server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class Leave(socketserver.BaseRequestHandler):
    """Reads the client's greeting, then closes the connection."""

    def handle(self):
        self.request.recv(65536)


class Outlast(socketserver.StreamRequestHandler):
    """Answers one request, and waits until the client ends the connection."""

    ended = threading.Event()

    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        assert self.rfile.read() == b""
        self.ended.set()


def test_the_connection_ends_with_the_client():
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Outlast)) as server:
        server.daemon_threads = True  # or it would wait for a connection that does not end
        url = f"http://127.0.0.1:{server.server_address[1]}"
        options = {"endpoint": url, "validate_certs": True, "timeout": 30.0, "max_retries": 0}
        with Client(options, lambda: Credentials("a test", auth_token="FakeToken"), pytest.fail) as client:
            client.get("/", {}, "none")
            assert not Outlast.ended.is_set()
        assert Outlast.ended.wait(10)


def test_a_connection_that_is_closed_in_the_handshake_is_tried_again(ask, pauses):
    with serving(socketserver.TCPServer(("127.0.0.1", 0), Leave)) as server:
        error = ask(endpoint=f"https://127.0.0.1:{server.server_address[1]}", max_retries=1).error
    assert "failed: the connection was closed during the TLS handshake. Check the endpoint" in error
    assert "Tried 2 times." in error
    assert len(pauses) == 1


@pytest.mark.parametrize("certificate", ["TLS 1.1", None], ids=str)
def test_a_server_without_tls_1_2_is_refused(ask, simulator, ca_file, pauses, certificate):
    error = ask(ca_path=ca_file).error
    assert "no TLS connection" in error and "it must speak HTTPS on that port, with TLS 1.2 or later." in error
    assert (simulator.requests, pauses) == ([], [])


# Proxies


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that knows CONNECT only, and connects every host to ``target``. With a ``refusal`` it connects nobody."""

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Tunnel)
        host, port = target.rpartition("/")[2].split(":")
        self.target = (host, int(port))
        self.refusal = ""
        self.heads = []  # of the requests to the proxy itself
        self.relayed = b""  # what clients sent through it

    def url(self, prefix="http://"):
        return f"{prefix}127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self):
        self.server.heads.append(b"".join(iter(self.rfile.readline, b"\r\n")).decode())
        if self.server.refusal:
            self.wfile.write(f"HTTP/1.1 {self.server.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        with socket.create_connection(self.server.target) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {self.connection: upstream, upstream: self.connection}
            while True:
                for side in select.select(list(other), [], [])[0]:
                    content = side.recv(65536)
                    if not content:
                        return
                    if side is self.connection:
                        self.server.relayed += content
                    other[side].sendall(content)


@pytest.fixture
def proxy(simulator):
    with serving(Proxy(simulator.endpoint)) as running:
        yield running


@pytest.mark.parametrize("certificate", ["named"])
@pytest.mark.parametrize(
    "variable, prefix",
    [
        *((variable, "http://") for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")),
        *(("HTTPS_PROXY", f"{scheme}user:p%40ss%2Fword@") for scheme in ("http://", "")),
    ],
)
def test_a_proxy_sees_its_own_password_only(ask, simulator, proxy, ca_file, monkeypatch, variable, prefix):
    monkeypatch.setenv(variable, proxy.url(prefix))
    assert ask(**NAMED, ca_path=ca_file).ids == ids_of(simulator.tasks)
    [head] = proxy.heads
    assert head.startswith("CONNECT coc.test:443 ")
    own = f"Proxy-Authorization: Basic {base64.b64encode(b'user:p@ss/word').decode()}"
    assert (own.lower() in head.lower()) == ("user" in prefix)
    assert "authorization" not in head.lower().replace(own.lower(), "")
    secrets = (coc_simulator.SECRET_KEY, coc_simulator.SECURITY_TOKEN, coc_simulator.ACCESS_KEY)
    seen = (head.encode() + proxy.relayed).lower()
    told = (*secrets, "X-Sdk-Date", "X-Security-Token", "SDK-HMAC")
    assert [text for text in told if text.lower().encode() in seen] == []
    first, _second, _third = simulator.requests
    assert first.header("Host") == "coc.test"
    assert first.header("Proxy-Authorization") is None
    assert (first.header("Authorization") or "").startswith("SDK-HMAC-SHA256 ")


def test_the_certificate_is_validated_through_a_proxy(ask, simulator, proxy, ca_file, monkeypatch, pauses):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url())
    assert UNKNOWN_AUTHORITY in ask().error
    assert "'coc.test'" in ask(**NAMED, ca_path=ca_file).error.partition(UNTRUSTED)[2]
    assert (simulator.requests, pauses) == ([], [])
    assert ask(**NAMED, validate_certs=False).ids == ids_of(simulator.tasks)


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "example.com, 127.0.0.0/8"])
def test_no_proxy_is_respected(ask, simulator, proxy, ca_file, monkeypatch, exempt):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url())
    assert ask(ca_path=ca_file).ids == ids_of(simulator.tasks)
    assert len(proxy.heads) == 1
    monkeypatch.setenv("NO_PROXY", exempt)
    assert ask(ca_path=ca_file).ids == ids_of(simulator.tasks)
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    "refusal, attempts",
    [("403 Forbidden", 1), ("407 Proxy Authentication Required", 1), ("503 Service Unavailable", 3)],
)
def test_a_proxy_that_refuses_is_named(ask, simulator, proxy, monkeypatch, pauses, refusal, attempts):
    proxy.refusal = refusal
    monkeypatch.setenv("HTTPS_PROXY", proxy.url(f"http://user:{PROXY_PASSWORD}@"))
    outcome = ask(max_retries=2)
    assert f"failed at the proxy: Tunnel connection failed: {refusal}" in outcome.error
    assert "HTTPS_PROXY, ALL_PROXY and NO_PROXY" in outcome.msg
    assert PROXY_PASSWORD not in outcome.output
    assert (len(proxy.heads), len(pauses), simulator.connections) == (attempts, attempts - 1, 0)


def test_a_proxy_that_is_not_there_is_named(ask, monkeypatch, pauses):
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_PASSWORD}@127.0.0.1:9")
    outcome = ask(max_retries=1)
    assert "failed at the proxy: Connection refused. Check the environment variables HTTPS_PROXY" in outcome.error
    assert PROXY_PASSWORD not in outcome.output
    assert len(pauses) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://user:{password}#1@127.0.0.1:3128",
        "http://user:{password}@127.0.0.1:port",
        "http://user:{password}@127.0.0.1:99999",
        "http://user:{password}@",
        "http://{password}:[@127.0.0.1",
        "socks5://user:{password}@127.0.0.1:1080",
    ],
)
def test_a_proxy_that_is_not_a_url_is_refused_and_not_quoted(ask, simulator, monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", url.format(password=PROXY_PASSWORD))
    outcome = ask()
    assert outcome.error.startswith("HTTPS_PROXY or ALL_PROXY: not a URL of the form http://host:port")
    assert PROXY_PASSWORD not in outcome.output
    assert simulator.connections == 0

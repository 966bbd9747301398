# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the plugins trust, with real certificates, and how they go through a proxy."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import select
import socket
import socketserver
import ssl
import threading
import typing as t
from datetime import datetime, timedelta, timezone

import pytest
import trustme
from cryptography import x509

from ansible_collections.huaweicloud.coc.plugins.module_utils import _transport
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, ask

NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)
# The server's certificates: the host they are for, and their time.
CERTIFICATES: dict[str, tuple[str, datetime, datetime]] = {
    "good": ("127.0.0.1", NOW - DAY, NOW + DAY),
    "expired": ("127.0.0.1", NOW - 2 * DAY, NOW - DAY),
    "early": ("127.0.0.1", NOW + DAY, NOW + 2 * DAY),
    "elsewhere": ("192.0.2.1", NOW - DAY, NOW + DAY),
    "named": ("coc.test", NOW - DAY, NOW + DAY),
}
SECRETS = (coc_simulator.SECRET_KEY, coc_simulator.SECURITY_TOKEN, coc_simulator.ACCESS_KEY)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def contexts(authority):
    """What a server needs to show each of CERTIFICATES."""
    contexts = {}
    for name, (host, start, end) in CERTIFICATES.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, not_before=start, not_after=end).configure_cert(contexts[name])
    return contexts


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def other_ca_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def rehash(certificate: bytes) -> str:
    """Return the name that ``openssl rehash`` gives to a CA certificate (PEM): a hash of its subject, simplified."""
    subject = x509.load_pem_x509_certificate(certificate).subject
    simple = x509.Name([x509.NameAttribute(part.oid, " ".join(str(part.value).lower().split())) for part in subject])
    encoded = simple.public_bytes()
    digest = hashlib.sha1(encoded[2 if encoded[1] < 128 else 3 :]).digest()  # without the head of the outer sequence
    return f"{int.from_bytes(digest[:4], 'little'):08x}.0"


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None, **settings: t.Any) -> t.Iterator[tuple[coc_simulator.Simulator, dict]]:
    """Run a simulator; yield it, and options that reach it as a temporary user."""
    with coc_simulator.Simulator(tls=tls, **settings) as simulator:
        options = {
            "endpoint": simulator.endpoint.replace("http://", "https://"),
            "access_key": coc_simulator.ACCESS_KEY,
            "secret_key": coc_simulator.SECRET_KEY,
            "security_token": coc_simulator.SECURITY_TOKEN,
        }
        yield simulator, options


# Certificates


@pytest.mark.parametrize("plugin", PLUGINS)
def test_ca_path_takes_a_file(plugin, contexts, ca_file):
    with serving(contexts["good"], page_cap=20) as (simulator, options):
        outcome = ask(plugin, {**options, "ca_path": str(ca_file)})
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    assert (len(simulator.requests), simulator.connections) == (3, 1)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_ca_path_takes_a_folder_that_is_prepared(plugin, contexts, ca_file, tmp_path):
    content = ca_file.read_bytes()
    with serving(contexts["good"]) as (simulator, options):
        (tmp_path / "ca.pem").write_bytes(content)
        before = ask(plugin, {**options, "ca_path": str(tmp_path)})
        (tmp_path / rehash(content)).write_bytes(content)
        after = ask(plugin, {**options, "ca_path": str(tmp_path)})
    assert "unable to get local issuer certificate" in before.msg
    assert after.msg == ""
    assert len(after.tasks) == len(simulator.tasks)


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "certificate, reason",
    [
        ("expired", "certificate has expired"),
        ("early", "certificate is not yet valid"),
        ("elsewhere", "'127.0.0.1'"),  # does not match, or is not valid for: urllib3 1 and 2 word it differently
    ],
)
def test_wrong_certificate_is_refused(plugin, certificate, reason, contexts, ca_file, pauses):
    with serving(contexts[certificate]) as (simulator, options):
        outcome = ask(plugin, {**options, "ca_path": str(ca_file)})
    assert outcome.failed
    assert reason in outcome.msg.partition("the certificate cannot be trusted: ")[2]
    assert "ca_path" in outcome.msg and "validate_certs" in outcome.msg
    assert (simulator.requests, pauses) == ([], [])  # nothing was told to it, and it was not asked again


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_validate_certs_can_be_switched_off(plugin, certificate, contexts):
    with serving(contexts[certificate]) as (simulator, options):
        outcome = ask(plugin, {**options, "validate_certs": False})
    assert outcome.msg == ""
    assert (len(outcome.tasks), outcome.warnings) == (len(simulator.tasks), [])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_unknown_authority_is_refused(plugin, contexts, other_ca_file, pauses):
    with serving(contexts["good"]) as (simulator, options):
        for trusted in ({}, {"ca_path": str(other_ca_file)}):
            outcome = ask(plugin, {**options, **trusted})
            assert outcome.failed
            assert "the certificate cannot be trusted: unable to get local issuer certificate" in outcome.msg
            assert "ca_path" in outcome.msg and "validate_certs" in outcome.msg
    assert (simulator.requests, pauses) == ([], [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "variable, option, works",
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
)
def test_variables_do_not_override_options(
    plugin, variable, option, works, contexts, ca_file, other_ca_file, monkeypatch
):
    files = {"ours": str(ca_file), "other": str(other_ca_file)}
    for name, value in variable.items():
        monkeypatch.setenv(name, files.get(value, value))
    with serving(contexts["good"]) as (simulator, options):
        options.update({name: files.get(value, value) for name, value in option.items()})
        outcome = ask(plugin, options)
    assert outcome.failed is not works
    assert bool(simulator.requests) is works


@pytest.mark.parametrize("plugin", PLUGINS)
def test_ca_path_without_certificates_is_refused_before_any_request(plugin, contexts, tmp_path, monkeypatch):
    (tmp_path / "empty.pem").touch()
    with serving(contexts["good"]) as (simulator, options):
        missing = ask(plugin, {**options, "ca_path": str(tmp_path / "none.pem")})
        empty = ask(plugin, {**options, "ca_path": str(tmp_path / "empty.pem")})
        both = ask(plugin, {**options, "ca_path": str(tmp_path), "validate_certs": False})
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        variable = ask(plugin, options)
    assert missing.msg.startswith("ca_path: ") and "none.pem does not exist" in missing.msg
    assert empty.msg.startswith("ca_path: ") and "empty.pem cannot be read as CA certificates" in empty.msg
    assert "ca_path: has no effect with validate_certs=false" in both.msg
    assert "REQUESTS_CA_BUNDLE" in variable.msg and "does not exist" in variable.msg
    assert simulator.connections == 0


# TLS itself


@pytest.mark.parametrize("verify", [True, False])
def test_tls_1_2_is_the_least(verify):
    adapter = _transport._Adapter(verify)
    for manager in (adapter.poolmanager, adapter.proxy_manager_for("http://127.0.0.1:9")):
        assert manager.connection_pool_kw["ssl_context"].minimum_version == ssl.TLSVersion.TLSv1_2


class Leave(socketserver.BaseRequestHandler):
    """Hears the client's greeting, and says nothing."""

    def handle(self):
        self.request.recv(65536)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_connection_that_is_closed_in_the_handshake_is_tried_again(plugin, pauses):
    with socketserver.TCPServer(("127.0.0.1", 0), Leave) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        endpoint = f"https://127.0.0.1:{server.server_address[1]}"
        keys = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
        outcome = ask(plugin, {"endpoint": endpoint, "max_retries": 1, **keys})
        server.shutdown()
    assert "failed: the connection was closed during the TLS handshake. Check the endpoint" in outcome.msg
    assert "Tried 2 times." in outcome.msg
    assert len(pauses) == 1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("plugin", PLUGINS)
def test_server_of_tls_1_1_is_refused(plugin, authority, ca_file, pauses):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(old)
    old.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL speaks nothing that old
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(old) as (simulator, options):
        outcome = ask(plugin, {**options, "ca_path": str(ca_file)})
    assert outcome.failed
    assert "no TLS connection" in outcome.msg and "TLS 1.2 or later" in outcome.msg
    assert (simulator.requests, pauses) == ([], [])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_server_of_plain_http_is_named(plugin, pauses):
    with serving(None) as (simulator, options):
        outcome = ask(plugin, options)
    assert outcome.failed
    assert "no TLS connection" in outcome.msg and "must speak HTTPS" in outcome.msg
    assert (simulator.requests, pauses) == ([], [])


# Proxies


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that knows CONNECT only, and takes every host for ``target``. With a ``refusal`` it connects nobody."""

    daemon_threads = True

    def __init__(self, target: str, refusal: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        host, _separator, port = target.rpartition("/")[2].partition(":")
        self.target = (host, int(port))
        self.refusal = refusal
        self.heads: list[str] = []  # of the requests to the proxy itself
        self.relayed = b""  # what clients sent through it

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()
        self.server_close()


class _Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
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


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_is_used_and_sees_nothing(plugin, variable, contexts, ca_file, monkeypatch):
    with serving(contexts["named"], page_cap=20) as served, Proxy(served[0].endpoint) as proxy:
        simulator, options = served
        monkeypatch.setenv(variable, f"http://{proxy.address}")
        outcome = ask(plugin, {**options, "endpoint": "https://coc.test", "ca_path": str(ca_file)})
    assert outcome.msg == ""
    assert len(outcome.tasks) == len(simulator.tasks)
    assert (len(simulator.requests), len(proxy.heads)) == (3, 1)
    assert simulator.requests[0].header("Host") == "coc.test"
    assert proxy.heads[0].startswith("CONNECT coc.test:443 ")
    assert "authorization" not in proxy.heads[0].lower()
    seen = proxy.heads[0].encode() + proxy.relayed
    assert not [secret for secret in SECRETS if secret.encode() in seen]
    assert not [name for name in (b"X-Sdk-Date", b"X-Security-Token", b"SDK-HMAC") if name.lower() in seen.lower()]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_proxy_is_told_its_own_password_only(plugin, scheme, contexts, ca_file, monkeypatch):
    with serving(contexts["named"]) as served, Proxy(served[0].endpoint) as proxy:
        simulator, options = served
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}user:p%40ss%2Fword@{proxy.address}")
        outcome = ask(plugin, {**options, "endpoint": "https://coc.test", "ca_path": str(ca_file)})
    assert outcome.msg == ""
    expected = base64.b64encode(b"user:p@ss/word").decode()
    assert f"Proxy-Authorization: Basic {expected}" in proxy.heads[0]
    assert simulator.requests[0].header("Proxy-Authorization") is None
    assert (simulator.requests[0].header("Authorization") or "").startswith("SDK-HMAC-SHA256 ")


@pytest.mark.parametrize("plugin", PLUGINS)
def test_certificate_is_validated_through_a_proxy(plugin, contexts, ca_file, monkeypatch, pauses):
    with serving(contexts["good"]) as served, Proxy(served[0].endpoint) as proxy:
        simulator, options = served
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        unknown = ask(plugin, options)
        elsewhere = ask(plugin, {**options, "endpoint": "https://coc.test", "ca_path": str(ca_file)})
        unsafe = ask(plugin, {**options, "endpoint": "https://coc.test", "validate_certs": False})
    assert "the certificate cannot be trusted: unable to get local issuer certificate" in unknown.msg
    assert "'coc.test'" in elsewhere.msg.partition("the certificate cannot be trusted: ")[2]
    assert len(unsafe.tasks) == len(simulator.tasks)
    assert (len(simulator.requests), pauses) == (1, [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "example.com, 127.0.0.0/8"])
def test_no_proxy_is_respected(plugin, exempt, contexts, ca_file, monkeypatch):
    with serving(contexts["good"]) as served, Proxy(served[0].endpoint) as proxy:
        simulator, options = served
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        options["ca_path"] = str(ca_file)
        through = ask(plugin, options)
        assert len(proxy.heads) == 1
        monkeypatch.setenv("NO_PROXY", exempt)
        past = ask(plugin, options)
    assert through.tasks == past.tasks != []
    assert len(proxy.heads) == 1


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "refusal, attempts",
    [("403 Forbidden", 1), ("407 Proxy Authentication Required", 1), ("503 Service Unavailable", 3)],
)
def test_proxy_that_refuses_is_named(plugin, refusal, attempts, contexts, monkeypatch, pauses):
    with serving(contexts["good"]) as served, Proxy(served[0].endpoint, refusal) as proxy:
        simulator, options = served
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:FakeProxyPassword@{proxy.address}")
        outcome = ask(plugin, {**options, "max_retries": 2})
    assert outcome.failed
    assert f"failed at the proxy: Tunnel connection failed: {refusal}" in outcome.msg
    assert "HTTPS_PROXY, ALL_PROXY and NO_PROXY" in outcome.msg
    assert "FakeProxyPassword" not in outcome.output
    assert (len(proxy.heads), len(pauses), simulator.connections) == (attempts, attempts - 1, 0)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_proxy_that_is_not_there_is_named(plugin, contexts, monkeypatch, pauses):
    with serving(contexts["good"]) as (simulator, options):
        with Proxy(simulator.endpoint) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:FakeProxyPassword@{proxy.address}")
        outcome = ask(plugin, {**options, "max_retries": 1})
    assert "failed at the proxy: Connection refused. Check the environment variables HTTPS_PROXY" in outcome.msg
    assert "FakeProxyPassword" not in outcome.output
    assert len(pauses) == 1


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:FakeProxyPassword#1@127.0.0.1:3128",
        "http://user:FakeProxyPassword@127.0.0.1:port",
        "http://user:FakeProxyPassword@127.0.0.1:99999",
        "http://user:FakeProxyPassword@",
        "http://FakeProxyPassword:[@127.0.0.1",
        "socks5://user:FakeProxyPassword@127.0.0.1:1080",
    ],
)
def test_proxy_that_is_no_url_is_refused_and_not_quoted(plugin, proxy, contexts, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with serving(contexts["good"]) as (simulator, options):
        outcome = ask(plugin, options)
    assert outcome.failed
    assert outcome.msg.startswith("HTTPS_PROXY or ALL_PROXY: not a URL of the form http://host:port")
    assert "FakeProxyPassword" not in outcome.output
    assert simulator.connections == 0

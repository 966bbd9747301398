# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a server: what it records, and its connections."""

from __future__ import annotations

import dataclasses
import email.utils
import http.server
import json
import os
import socket
import socketserver
import struct
import sys
import threading
import time
import uuid

from . import iam
from .authentication import AGENCY_ACCESS_KEY, Authentication
from .behavior import SETTINGS, Behavior
from .changes import apply_change, check_script
from .messages import ERRORS, Answer, ApiError, Created, Request, to_json
from .samples import sample_tasks
from .service import list_tasks, read_parameters

SCHEDULED_TASKS = "/v1/schedule/task"
METADATA_TOKEN = "/meta-data/latest/api/token"
METADATA_SECURITY_KEY = "/openstack/latest/securitykey"
SECRETS = ("authorization", "x-auth-token", "x-security-token", "x-metadata-token", "x-subject-token")


class Simulator:
    """The service: starts on entering a ``with`` block, stops at once on leaving it.

    :param tasks: (list of dict, or how many samples)
    :param tls: (ssl.SSLContext) default: plain HTTP
    :param log: (path) a file for one JSON line per request, secrets masked
    :param changes: (list of dict) a script of changes, see changes.py; their time begins when it starts
    :param behavior: settings of :class:`Behavior` by name; they are attributes, too, that can be assigned while it
        runs
    """

    def __init__(self, tasks=60, tls=None, port=0, log=None, changes=(), **behavior):
        self.behavior = Behavior(**behavior)
        self.tasks = sample_tasks(tasks) if isinstance(tasks, int) else tasks
        self.agency_tasks = sample_tasks(80)[60:]  # of another account
        self.tls = tls
        self.port = port
        self.log = log
        self.requests = []  # every Request, in order of arrival
        self.connections = 0  # TCP connections accepted so far
        self.faults = []  # one is taken per request, in order; None: answer this one normally
        self.closing = threading.Event()
        self._script = check_script(self.tasks, list(changes))
        self._lock = threading.Lock()
        self._page_end = None  # ID of the last task of the page before
        self._authentication = Authentication()

    def __getattr__(self, name):
        if name not in SETTINGS:
            raise AttributeError(f"a Simulator has no attribute and no setting {name!r}")
        return getattr(self.behavior, name)

    def __setattr__(self, name, value):
        if name in SETTINGS:
            name, value = "behavior", dataclasses.replace(self.behavior, **{name: value})
        super().__setattr__(name, value)

    @property
    def endpoint(self):
        """Its URL (str): what a client is given as the endpoint, and tests as the metadata service's address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        self._log = open(self.log, "a", encoding="utf-8") if self.log else None
        self.listen()
        threading.Thread(target=self._play, args=(self._script,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.closing.set()
        self.refuse()
        with self._lock:
            if self._log:
                self._log.close()
                self._log = None

    def listen(self):
        """Accept connections; on the same port as before, after :meth:`refuse`."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def refuse(self):
        """Refuse new connections; those that there are go on."""
        self._server.shutdown()
        self._server.server_close()

    def change(self, **change):
        """Change, add or remove a task at once: ``simulator.change(task=0, run="ABNORMAL")``, see changes.py.

        :returns: (dict) the task, as it is now or was when it was removed
        """
        with self._lock:
            self.tasks, task = apply_change(self.tasks, change, self.now())
            return task

    def _play(self, script):
        started = time.monotonic()
        for after, change in script:
            if self.closing.wait(max(0, started + after - time.monotonic())):
                return
            self.change(**change)

    def now(self):
        """Its time, seconds since the epoch (float)."""
        return time.time() + self.clock_offset

    # What the connections' threads call

    def connected(self):
        """Count a connection; returns its serial number."""
        with self._lock:
            self.connections += 1
            return self.connections

    def receive(self, request):
        """Record a request; returns the fault that is its lot, if any."""
        with self._lock:
            self.requests.append(request)
            if self._log:
                shown = [(name, "***" if name.lower() in SECRETS else value) for name, value in request.headers]
                line = {**vars(request), "query": request.query, "headers": shown, "content": len(request.content)}
                print(json.dumps(line, ensure_ascii=False), file=self._log, flush=True)
            return self.faults.pop(0) if self.faults else None

    def handle(self, request):
        """The normal answer to a request, a document for JSON, unless it raises ApiError."""
        operation, behavior = (request.method, request.path), self.behavior
        if operation == ("GET", SCHEDULED_TASKS):
            access_key = self._authentication.check(request, self.now())
            tasks = self.agency_tasks if access_key == AGENCY_ACCESS_KEY else self.tasks
            document = list_tasks(tasks, read_parameters(request.query), behavior, self._page_end)
            page = document["scheduled_tasks"]
            self._page_end = page[-1]["id"] if page else None
            return document
        if operation == ("PUT", METADATA_TOKEN):
            return self._authentication.metadata_token(request, behavior)
        if operation == ("GET", METADATA_SECURITY_KEY):
            return self._authentication.metadata_credentials(request, behavior, self.now())
        if operation in iam.OPERATIONS:
            return iam.OPERATIONS[operation](request, self._authentication, behavior.exchange_expires_in, self.now())
        raise ERRORS[404]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, simulator):
        self.simulator = simulator
        super().__init__(address, Exchange)

    def finish_request(self, request, client_address):
        if self.simulator.tls:  # here, not on accepting: a slow handshake keeps nobody else waiting
            request = self.simulator.tls.wrap_socket(request, server_side=True)
        with request:
            super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """Be silent about clients that went away; tell everything else."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Exchange(http.server.BaseHTTPRequestHandler):
    """A connection, one request after another. The methods with a docstring are what faults are made of."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65536
    server: _Server

    def setup(self):
        super().setup()
        self.simulator = self.server.simulator
        self.serial = self.simulator.connected()

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = self.headers.get("Content-Length", "0")
        content = self.rfile.read(int(length)) if length.isdigit() else b""
        path, _separator, query = self.path.partition("?")
        self.request_read = Request(self.command, path, query, self.headers.items(), content, self.serial)
        fault = self.simulator.receive(self.request_read)
        try:
            answer = self._answer(200, self.simulator.handle(self.request_read))
        except ApiError as error:
            answer = self.error(error)
        self.wait(self.simulator.latency)
        if fault:
            fault(self, answer)
        else:
            self.deliver(answer)

    def _answer(self, code, document):
        is_text = isinstance(document, str)
        headers: dict[str, str | None] = {
            "Date": email.utils.formatdate(self.simulator.now(), usegmt=True),
            "Content-Type": "text/plain" if is_text else "application/json;charset=utf8",
            "X-Request-Id": uuid.uuid4().hex,
        }
        if isinstance(document, Created):
            code = 201
            headers.update(document.headers)
        packed = self.simulator.gzip and "gzip" in (self.request_read.header("Accept-Encoding") or "")
        return Answer(code, headers, document.encode() if is_text else to_json(document), packed)

    def error(self, error):
        """The Answer that tells of an ApiError, in English if the request asks for it and else in Chinese."""
        in_english = (self.request_read.header("X-Language") or "").lower() == "en-us"
        message = error.english if in_english else error.chinese
        answer = self._answer(error.status, {})
        request_id = answer.headers["X-Request-Id"]
        return answer.replace(to_json({"error_code": error.code, "error_msg": message, "request_id": request_id}))

    def send(self, content):
        """Send bytes as they are."""
        self.connection.sendall(content)

    def deliver(self, answer):
        """Send a whole Answer and keep the connection."""
        self.send(b"".join(answer.encode()))

    def disconnect(self, content=b"", reset=False):
        """Send bytes, then close the connection, or ``reset`` it."""
        self.close_connection = True
        self.send(content)
        if reset:
            if content:
                self.wait(0.05)  # a reset throws away what the client has not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def wait(self, seconds):
        """Wait for seconds (None: without an end), but no longer than the simulator runs."""
        if self.simulator.closing.wait(seconds):
            raise ConnectionAbortedError("the simulator closes")

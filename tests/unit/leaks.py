# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that a service sends back, in many forms and places, and the search for what is left of them in an output."""

from __future__ import annotations

import html
import json
import re
import typing as t
from urllib.parse import quote, unquote

from ansible_collections.huaweicloud.coc.tests.coc_simulator import Simulator, body, status


def readings(text: str) -> set[str]:
    """Return ``text`` as it stands, and as it reads when its escapes are taken for what they mean."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return {form for plain in (text, unescaped) for form in (plain, unquote(plain), html.unescape(plain))}


def leaks(output: str, secrets: t.Iterable[str]) -> list[str]:
    """Return what of the secrets is in ``output``: any 8 characters in a row."""
    texts = readings(output) | readings(output.replace("\\\\", "\\").replace('\\"', '"').replace("\\/", "/"))
    pieces = {secret[start : start + 8] for secret in secrets for start in range(len(secret) - 7)}
    pieces -= {piece for piece in pieces if piece[:7] == "0000000"}  # the tasks' IDs have these, too
    return sorted(piece for piece in pieces if any(piece in text for text in texts))


FORMS: dict[str, t.Callable[[str], str]] = {
    "raw": str,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded in lower case": lambda secret: re.sub("%..", lambda m: m.group().lower(), quote(secret, safe="")),
    "percent-encoded in part": quote,
    "percent-encoded whole": lambda secret: "".join(f"%{ord(character):02X}" for character in secret),
    "HTML": html.escape,
    "HTML in numbers": lambda secret: re.sub(r"\W", lambda m: f"&#{ord(m.group())};", secret),
    "HTML in hexadecimal": lambda secret: re.sub(r"\W", lambda m: f"&#x{ord(m.group()):x};", secret),
    "cut at the start": lambda secret: secret[5:],
    "cut at the end": lambda secret: secret[:-5],
    "cut within an escape": lambda secret: quote(secret, safe="")[:-1],
    "twice": lambda secret: secret * 2,
    "in quotes": repr,
}

REFUSED = {"error_code": "APIGW.0301", "error_msg": "refused"}
# Where it does so: from a status and the text to the fault that sends them.
PLACES: dict[str, t.Callable[[int, str], t.Callable[..., None]]] = {
    "error_msg": lambda code, text: status(code, {**REFUSED, "error_msg": text}),
    "error_code": lambda code, text: status(code, {**REFUSED, "error_code": text}),
    "errorMsg": lambda code, text: status(code, {"errorCode": "APIGW.0301", "errorMsg": text}),
    "nested": lambda code, text: status(code, {"error": {"code": "1", "message": text}}),
    "request_id": lambda code, text: status(code, {**REFUSED, "request_id": text}, {"X-Request-Id": None}),
    "X-Request-Id": lambda code, text: status(code, headers={"X-Request-Id": text}),
    "HTML": lambda code, text: status(code, f"<p>{text}</p>".encode(), content_type="text/html"),
    "title": lambda code, text: status(code, f"<title>{text}</title>".encode(), content_type="text/html"),
    "text": lambda code, text: status(code, text.encode(), content_type="text/plain"),
    "broken JSON": lambda code, text: status(code, json.dumps({"error_msg": text}).encode()[:-1]),
    "ASCII JSON": lambda code, text: status(
        code, re.sub(r"[+/=]", lambda m: f"\\u{ord(m.group()):04x}", json.dumps([text])).encode()[:-1]
    ),
    "Location": lambda code, text: status(302, headers={"Location": f"https://else.test/?{text}"}),
    "200 with error_code": lambda code, text: body({"error_code": "COC.1", "error_msg": text}),
    "200 with text": lambda code, text: body(text.encode()),
}


def signature(request):
    return (request.header("Authorization") or "").rpartition("Signature=")[2]


def echo(headers=("X-Auth-Token", "X-Security-Token", "Authorization"), place="error_msg", form=str, code=401):
    """Return a fault that sends ``headers`` of the request back; of the Authorization, the signature too by itself."""

    def fault(exchange, answer):
        request = exchange.request_read
        values = [request.header(name) or "" for name in headers]
        values += [signature(request)] if "Authorization" in headers else []
        text = " | ".join(form(value) for value in values if value)
        PLACES[place](code, f"before {text} after")(exchange, answer)

    return fault


def secrets_sent(simulator: Simulator) -> set[str]:
    """Return what no output may contain of the requests that arrived: tokens and signatures."""
    names = ("X-Auth-Token", "X-Security-Token", "X-Metadata-Token")
    found = {request.header(name) or "" for request in simulator.requests for name in names}
    return (found | set(map(signature, simulator.requests))) - {""}

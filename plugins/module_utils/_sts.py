# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Temporary credentials: what IAM and STS give in exchange for others, and what an ECS or a pod gets of its agency.

Paths, headers and bodies are those of the vendor's SDK and of its Terraform provider. Durations are not asked for where
there is a default, which every agency allows: what expires is renewed.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from datetime import datetime, timezone
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.coc.plugins.module_utils._client import Call, Client
from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_iam, is_near
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._signer import Credentials
from ansible_collections.huaweicloud.coc.plugins.module_utils._transport import Transport, TransportError

Temporary = t.Tuple[Credentials, datetime]  # and when they expire

# What the services call the fields of Credentials.
KEYS = {
    "access_key": ("access", "access_key_id", "accessKeyId"),
    "secret_key": ("secret", "secret_access_key", "secretAccessKey"),
    "security_token": ("securitytoken", "security_token", "securityToken"),
}

SECURITY_TOKENS = "/v3.0/OS-CREDENTIAL/securitytokens"

ADDRESS = "169.254.169.254"  # tests replace it; nothing else may
TIMEOUT = 3.0  # seconds, for each attempt of the two requests
PAUSE = 0.5  # seconds, before the second attempt
MAY_PASS = (429, 500, 502, 503, 504)
ECS = "the ECS metadata service"
ECS_ONLY = "Use auth_source=ecs_metadata on a Huawei Cloud ECS only."
POD = "the agent of pod identities"
POD_ONLY = "Check the environment variables HC_CONTAINER_*, and that the pod's service account has an agency."
POD_TIMEOUT = 5.0  # seconds, as in the vendor's SDK


def read_credentials(document: object, sender: str, source: str, advice: str) -> Temporary:
    """Return the credentials in ``document``. ``sender`` is who sent it, ``source`` what the credentials are to have.

    Raises :class:`CocError`, which ends with ``advice``, if they are not all there, or have expired.
    """
    try:
        holder = t.cast(t.Dict[str, t.Any], document)
        credential = holder["credential"] if "credential" in holder else holder["credentials"]
        end = re.sub(r"\.\d+", "", credential.get("expires_at") or credential["expiration"])
        expires_at = datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z")  # it takes Z and +00:00
        values = {field: [credential[key] for key in keys if key in credential] for field, keys in KEYS.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise CocError(f"{sender} returned something other than credentials. {advice}") from None
    found = {field: value[0].strip() for field, value in values.items() if value and isinstance(value[0], str)}
    missing = [keys[0] for field, keys in KEYS.items() if not found.get(field)]
    if missing:
        raise CocError(f"{sender} returned credentials without {' and '.join(missing)}. {advice}")
    if not all(value.isascii() and value.isprintable() for value in found.values()):
        raise CocError(f"{sender} returned credentials with characters that credentials never have. {advice}")
    if expires_at <= datetime.now(timezone.utc):
        expiry = f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"
        raise CocError(f"{sender} returned credentials that expired at {expiry}. Set the clock of this machine.")
    return Credentials(source, **found), expires_at


# An agency of another account


def agency_call(
    agency: t.Mapping[str, str], base: str, has_key: bool, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]
) -> Call:
    """Return the request for the credentials of ``agency``, in exchange for those in ``base`` (words).

    STS takes only the ID of an account, and only requests signed with a key, which ``has_key`` says that there is.
    Raises :class:`CocError` if it is not known where to send it.
    """
    name, domain_id = agency["agency_name"], agency.get("agency_domain_id")
    account = {"domain_id": domain_id} if domain_id else {"domain_name": agency["agency_domain_name"]}
    sts = find_iam(options, environ, sts=True) if domain_id and has_key else ""
    document: dict[str, t.Any]
    if sts:
        url, permission = f"{sts}/v5/agencies/assume", "sts:agencies:assume"
        document = {"agency_urn": f"iam::{domain_id}:agency:{name}", "agency_session_name": "huaweicloud.coc"}
    else:
        url, permission = find_iam(options, environ) + SECURITY_TOKENS, "Agent Operator"
        document = {"methods": ["assume_role"], "assume_role": {"agency_name": name, **account}}
        document = {"auth": {"identity": document}}
    advice = (
        f"Check name and account of the agency. It must trust the account of the credentials in {base}, whose user "
        f"needs the permission {permission}."
    )
    return _call(url, document, advice, f"This was the request for the credentials of {describe_agency(agency)}.")


def describe_agency(agency: t.Mapping[str, str]) -> str:
    """Return ``agency`` in words."""
    account = agency.get("agency_domain_id") or agency["agency_domain_name"]
    return f"agency {agency['agency_name']!r} of account {account!r}"


def _call(url: str, document: object, advice: str, note: str, **headers: str) -> Call:
    return Call("POST", url, dict.fromkeys((400, 403, 404), advice), note, json.dumps(document).encode(), headers)


def exchange(client: Client, call: Call, base: Credentials, source: str, secrets: t.Collection[str] = ()) -> Temporary:
    """Return what ``call`` gives for ``base``. Raises :class:`CocError`."""
    reply = client.post(call, base, secrets)
    return read_credentials(reply.document, f"POST {call.url}", source, call.note)


# An identity token


def fetch_for_identity_token(
    fields: t.Mapping[str, str], words: str, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]
) -> t.Callable[[Client], Temporary]:
    """Return the function that exchanges an identity token for an IAM token, and this for temporary credentials.

    ``fields`` have idp_id, and id_token or id_token_file, which is read each time. No request is signed.
    Raises :class:`CocError` if it is not known where to send them.
    """
    iam, idp_id = find_iam(options, environ), fields["idp_id"]
    unsigned = Credentials(f"the identity token of {words}")
    advice = f"Check that IAM trusts the identity provider {idp_id!r}, and whom the token is for."

    def fetch(client: Client) -> Temporary:
        token = fields.get("id_token") or read_token(fields["id_token_file"])
        note = f"This was the request for an IAM token for one of the identity provider {idp_id!r}."
        document: dict[str, t.Any] = {"auth": {"id_token": {"id": token}}}
        call = _call(f"{iam}/v3.0/OS-AUTH/id-token/tokens", document, advice, note, **{"X-Idp-Id": idp_id})
        iam_token = client.post(call, unsigned, [token]).headers.get("X-Subject-Token")
        if not iam_token:
            raise CocError(f"POST {call.url} returned no token. {note}")
        note = f"This was the request for a key for an IAM token of the identity provider {idp_id!r}."
        document = {"methods": ["token"], "token": {"id": iam_token, "duration_seconds": 21600}}
        call = _call(iam + SECURITY_TOKENS, {"auth": {"identity": document}}, advice, note)
        return exchange(client, call, unsigned, unsigned.source, [iam_token])

    return fetch


# The agency of this ECS


def fetch_metadata(_client: Client) -> Temporary:
    """Return the credentials of the agency of the ECS that this runs on.

    Raises :class:`CocError` if the service does not give all three, or they have expired.
    """
    base = f"http://{ADDRESS}"
    status, body = _send(ECS, "GET", f"{base}/openstack/latest/securitykey", _token_header(base))
    if status != 200:
        raise CocError(f"{ECS} returned HTTP {status} to a request for credentials. Check that this ECS has an agency.")
    return read_credentials(_parse(body), ECS, ECS, ECS_ONLY)


def _token_header(base: str) -> dict[str, str]:
    """Return the header that a request for metadata needs, none if this ECS asks for none."""
    headers = {"X-Metadata-Token-Ttl-Seconds": "21600"}
    status, body = _send(ECS, "PUT", f"{base}/meta-data/latest/api/token", headers)
    if status in (404, 405, 503):  # there are no tokens here
        return {}
    if status != 200:
        raise CocError(
            f"{ECS} returned HTTP {status} to a request for a token. Check that this ECS may ask for metadata."
        )
    token = body.strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise CocError(f"{ECS} returned something other than a token. {ECS_ONLY}")
    return {"X-Metadata-Token": token}


# A pod of CCE


def fetch_from_container(url: str, token_file: str) -> t.Callable[[Client], Temporary]:
    """Return the function that returns the credentials of the pod that this runs in, from the agent at ``url``.

    Raises :class:`CocError` for a URL that would send the token to another machine unencrypted.
    """
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_near(parts.hostname or ""))
        is_safe = is_safe and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        is_safe = False
    if not is_safe:
        raise CocError("HC_CONTAINER_CREDENTIALS_FULL_URI: takes https, or http to a loopback or link-local address.")

    def fetch(client: Client) -> Temporary:
        headers = {"Authorization": read_token(token_file), "Content-Type": "application/json"}
        status, body = _send(POD, "POST", url, headers, b"{}", **client.certificates)
        if status != 200:
            raise CocError(f"{POD} returned HTTP {status} to a request for credentials. {POD_ONLY}")
        return read_credentials(_parse(body), POD, POD, POD_ONLY)

    return fetch


def read_token(path: str) -> str:
    """Return the token in a file, which Kubernetes replaces now and then. Raises :class:`CocError` if there is none."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
    else:
        if re.fullmatch(r"[!-~]+", token):
            return token
        reason = "it has characters that tokens never have" if token else "it is empty"
    raise CocError(f"The token file {path} cannot be used: {reason}. Check that the pod mounts it.")


def _parse(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _send(
    who: str, method: str, url: str, headers: dict[str, str], body: bytes = b"", retries: int = 1, **certificates: t.Any
) -> tuple[int, str]:
    """Return status and text of a response; tries again what may pass. For plain http, the transport uses no proxy."""
    timeout, advice = (TIMEOUT, ECS_ONLY) if who == ECS else (POD_TIMEOUT, POD_ONLY)
    transport = Transport(url, timeout, **certificates)
    try:
        response = transport.send(method, url, headers, body)
    except TransportError as error:
        if not (retries and error.transient):
            raise CocError(f"{who} did not respond: {method} {url} {error}. {advice}") from None
    else:
        if not (retries and response.status in MAY_PASS):
            return response.status, (response.body or b"").decode(errors="replace")
    finally:
        transport.close()
    transport.pause(PAUSE)
    return _send(who, method, url, headers, body, retries - 1, **certificates)

# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are sent to the endpoint and shown to nobody, whatever the service says and however much Ansible tells."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
import typing as t
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.huaweicloud.coc.plugins.module_utils import _credentials
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.unit.conftest import PLUGINS, Outcome, run_plugin as ask, run_lookup

COLLECTION = Path(__file__).parents[2]
SPECIAL = "Fake\"Secret'with\\all<of>&the+sp/ec%41ial={{characters}}#;$`!"
ESCAPES = "%41%42%43%44&#43;&amp;&lt;%2B%2f"
WRONG_SECRET_KEY = "FakeWrongSecretKey/with+signs=0000000001"


def forms(text: str) -> set[str]:
    """Return ``text`` as it stands, and as it reads when its escapes are taken for what they mean."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return {form for plain in (text, unescaped) for form in (plain, unquote(plain), html.unescape(plain))}


def leaks(output: str, secrets: t.Iterable[str]) -> list[str]:
    """Return what of the secrets is in ``output``: any 8 characters in a row."""
    readings = forms(output) | forms(output.replace("\\\\", "\\").replace('\\"', '"').replace("\\/", "/"))
    pieces = {secret[start : start + 8] for secret in secrets for start in range(len(secret) - 7)}
    pieces -= {piece for piece in pieces if piece[:7] == "0000000"}  # which the tasks' IDs have, too
    return sorted(piece for piece in pieces if any(piece in reading for reading in readings))


def test_leaks_are_found():
    secret = coc_simulator.SECURITY_TOKEN
    for shown in (secret, secret[3:], secret[:-3], quote(secret, safe=""), html.escape(f"<{secret}"), repr([secret])):
        assert leaks(f'{{"msg": "before {shown} after"}}', [secret])
    assert leaks(json.dumps({"msg": SPECIAL}), [SPECIAL])
    assert not leaks("FakeSec ********", [secret])


# What the service echoes

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

# Where it does so: from the text to the fault that sends it with a status.
Place = t.Callable[[int, str], t.Callable[..., None]]
PLACES: dict[str, Place] = {
    "error_msg": lambda code, text: coc_simulator.status(code, {"error_code": "APIGW.0301", "error_msg": text}),
    "error_code": lambda code, text: coc_simulator.status(code, {"error_code": text, "error_msg": "refused"}),
    "errorMsg": lambda code, text: coc_simulator.status(code, {"errorCode": "APIGW.0301", "errorMsg": text}),
    "nested": lambda code, text: coc_simulator.status(code, {"error": {"code": "1", "message": text}}),
    "request_id": lambda code, text: coc_simulator.status(
        code, {"error_code": "APIGW.0301", "error_msg": "refused", "request_id": text}, {"X-Request-Id": None}
    ),
    "X-Request-Id": lambda code, text: coc_simulator.status(code, headers={"X-Request-Id": text}),
    "HTML": lambda code, text: coc_simulator.status(code, f"<p>{text}</p>".encode(), content_type="text/html"),
    "title": lambda code, text: coc_simulator.status(code, f"<title>{text}</title>".encode(), content_type="text/html"),
    "text": lambda code, text: coc_simulator.status(code, text.encode(), content_type="text/plain"),
    "broken JSON": lambda code, text: coc_simulator.status(code, json.dumps({"error_msg": text}).encode()[:-1]),
    "ASCII JSON": lambda code, text: coc_simulator.status(
        code, re.sub(r"[+/=]", lambda m: f"\\u{ord(m.group()):04x}", json.dumps([text])).encode()[:-1]
    ),
    "Location": lambda code, text: coc_simulator.status(302, headers={"Location": f"https://else.test/?{text}"}),
    "200 with error_code": lambda code, text: coc_simulator.body({"error_code": "COC.1", "error_msg": text}),
    "200 with text": lambda code, text: coc_simulator.body(text.encode()),
    "Content-Encoding": lambda code, text: coc_simulator.status(200, {}, {"Content-Encoding": text}),
}


def echo(
    place: Place, form: t.Callable[[str], str], headers: t.Sequence[str], code: int = 401
) -> t.Callable[..., None]:
    """Return a fault that sends ``headers`` of the request back; of the Authorization, the signature too by itself."""

    def fault(exchange: coc_simulator.Exchange, answer: coc_simulator.Answer) -> None:
        values = [exchange.request_read.header(name) or "" for name in headers]
        values += [value.rpartition("Signature=")[2] for value in values if "Signature=" in value]
        place(code, f"before {' | '.join(map(form, values))} after")(exchange, answer)

    return fault


def secrets_sent(simulator: coc_simulator.Simulator) -> set[str]:
    """Return what no output may hold of the requests that arrived: tokens and signatures."""
    found: set[str] = set()
    for request in simulator.requests:
        found.update(request.header(name) or "" for name in ("X-Auth-Token", "X-Security-Token", "X-Metadata-Token"))
        found.add((request.header("Authorization") or "").rpartition("Signature=")[2])
    return found - {""}


# The message is made for both plugins in one place: every form for one of them, some for the other.
ECHOES = [("lookup", form) for form in FORMS] + [("module", "raw"), ("module", "percent-encoded")]


@pytest.mark.parametrize("place", PLACES)
def test_echo_is_scrubbed(place, connection, simulator):
    options = {**connection, "security_token": coc_simulator.SECURITY_TOKEN}
    for plugin, form in ECHOES:
        simulator.requests.clear()
        simulator.faults.append(echo(PLACES[place], FORMS[form], ["X-Security-Token", "Authorization"]))
        outcome = ask(plugin, options)
        assert outcome.failed
        secrets = secrets_sent(simulator)
        assert len(secrets) == 2
        assert leaks(outcome.output, secrets | {coc_simulator.SECRET_KEY}) == [], (plugin, form)
        assert "before" in outcome.msg.lower()  # the rest is shown
        assert "********" in outcome.msg


@pytest.mark.parametrize("plugin", PLUGINS)
def test_token_is_scrubbed(plugin, simulator):
    for name, form in FORMS.items():
        simulator.faults.append(echo(PLACES["error_msg"], form, ["X-Auth-Token"]))
        outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_token": coc_simulator.AUTH_TOKEN})
        assert outcome.failed
        assert leaks(outcome.output, [coc_simulator.AUTH_TOKEN]) == [], name
        assert "APIGW.0301: before " in outcome.msg
        assert "********" in outcome.msg


@pytest.mark.parametrize("place", ["error_msg", "text", "broken JSON", "ASCII JSON"])
@pytest.mark.parametrize("secret", [SPECIAL, ESCAPES], ids=["signs", "escapes"])
def test_special_characters_are_scrubbed(place, secret, connection, simulator):
    for name, form in FORMS.items():
        simulator.faults.append(echo(PLACES[place], form, ["X-Security-Token"]))
        outcome = run_lookup({**connection, "security_token": secret})
        assert simulator.requests[-1].header("X-Security-Token") == secret
        assert leaks(outcome.output, [secret]) == [], name
        assert "before" in outcome.msg


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("status", [400, 403, 404, 418, 429, 500, 503])
def test_every_status_is_scrubbed(plugin, status, connection, simulator, pauses):
    simulator.faults += [echo(PLACES["error_msg"], str, ["X-Security-Token", "Authorization"], status)] * 3
    outcome = ask(plugin, {**connection, "security_token": coc_simulator.SECURITY_TOKEN, "max_retries": 2})
    assert f"HTTP {status}, APIGW.0301: before ******** |" in outcome.msg
    assert leaks(outcome.output, secrets_sent(simulator)) == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_secrets_of_earlier_requests_are_scrubbed(plugin, connection, simulator, pauses):
    simulator.page_cap = 20
    late = []

    def fault(exchange: coc_simulator.Exchange, answer: coc_simulator.Answer) -> None:
        late.append((simulator.requests[0].header("Authorization") or "").rpartition("Signature=")[2])
        PLACES["error_msg"](500, f"before {late[0]} after")(exchange, answer)

    simulator.faults += [None, None, fault]
    outcome = ask(plugin, {**connection, "max_retries": 0})
    assert "before ******** after" in outcome.msg
    assert leaks(outcome.output, late) == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_canonical_request_is_shown_without_secrets(plugin, connection, simulator):
    """The simulator repeats it, as the gateway does, where a signature is wrong."""
    options = {**connection, "secret_key": WRONG_SECRET_KEY, "security_token": coc_simulator.SECURITY_TOKEN}
    outcome = ask(plugin, options)
    assert "verify aksk signature fail, canonicalRequest:GET /v1/schedule/task/ limit=1000" in outcome.msg
    assert "x-security-token:********" in outcome.msg
    assert leaks(outcome.output, secrets_sent(simulator) | {WRONG_SECRET_KEY}) == []


# Neither too much nor too little


@pytest.mark.parametrize("secret", ["a", "in", "is", "1", "GET", "verify", "1234567"])
def test_short_secret_does_not_hide_the_message(secret, connection, simulator):
    text = f"no {secret}, no [{secret}] and no %{ord(secret[0]):x}{secret[1:]}; what is xx{secret}xx is in xx301xx"
    simulator.faults.append(PLACES["error_msg"](400, text))
    outcome = run_lookup({**connection, "secret_key": secret})  # Ansible itself masks it anywhere in a module's output
    message = outcome.msg.partition("APIGW.0301: ")[2]
    assert message.startswith("no ********, no [********] and no ********; what ")
    assert f"xx{secret}xx" in message
    assert "xx301xx" in message


@pytest.mark.parametrize("plugin", PLUGINS)
def test_message_without_secrets_stays_as_it_is(plugin, connection, simulator):
    text = 'a % sign, "quotes", C:\\new, 50%20 &amp; &#8364; – 中文, ' + "x" * 64
    simulator.faults.append(PLACES["error_msg"](400, text))
    outcome = ask(plugin, connection)
    assert f"APIGW.0301: {text} (request ID" in outcome.msg
    assert "*" not in outcome.msg


@pytest.mark.parametrize("plugin", PLUGINS)
def test_message_is_one_line_of_bounded_length(plugin, connection, simulator):
    simulator.faults.append(PLACES["error_msg"](400, "\x1b[31mred\r\n\0\t\x9b" + "word " * 10000))
    outcome = ask(plugin, connection)
    assert "APIGW.0301: [31mred word word" in outcome.msg
    assert outcome.msg.isprintable()
    assert len(outcome.msg) < 1000


@pytest.mark.parametrize("plugin", PLUGINS)
def test_long_token_in_a_long_message(plugin, simulator):
    token = "".join(f"{number:04d}+/Fake" for number in range(1000))
    simulator.faults.append(
        echo(PLACES["error_msg"], lambda secret: f"{secret} {quote(secret, safe='')}", ["X-Auth-Token"])
    )
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "auth_token": token})
    assert "before ******** ********" in outcome.msg
    assert leaks(outcome.output, [token]) == []


# Where an error of Python or of a library would quote a secret


def give(source: str, fields: dict[str, str], options: dict[str, t.Any], monkeypatch: t.Any, folder: Path) -> None:
    """Put credentials where ``source`` says: options, environment or file."""
    if source == "options":
        options.update(fields)
    elif source == "environment":
        for field, value in fields.items():
            monkeypatch.setenv(_credentials.SDK_ENVIRONMENT[field], value)
    else:
        names = _credentials.FILE_KEYS
        lines = ["[basic]", *(f"{names[field]} = {value}" for field, value in fields.items()), ""]
        path = folder / "profile"
        path.write_text("\n".join(lines))
        path.chmod(0o600)
        options["credentials_file"] = str(path)


def everything(outcome: Outcome) -> str:
    """Return all that a user could see of ``outcome``, the traceback of a lookup's error included."""
    error = outcome.result.get("exception")
    if isinstance(error, BaseException):
        return outcome.output + "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return outcome.output


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("source", ["options", "environment", "file"])
@pytest.mark.parametrize("field", ["access_key", "secret_key", "security_token"])
def test_impossible_secret_is_not_quoted(plugin, source, field, simulator, monkeypatch, tmp_path):
    half = "FakeHalfOfASecret"
    options = {"endpoint": simulator.endpoint}
    fields = {
        "access_key": coc_simulator.ACCESS_KEY,
        "secret_key": coc_simulator.SECRET_KEY,
        "security_token": coc_simulator.SECURITY_TOKEN,
    }
    for wrong in ("{}\n {}", "{}\u200b{}", "{}ä{}", "{}\x7f{}"):
        give(source, {**fields, field: wrong.format(half, half)}, options, monkeypatch, tmp_path)
        outcome = ask(plugin, options)
        assert "has characters that credentials never have" in outcome.msg
        if field != "access_key":  # which is no secret: Ansible shows it with the module's invocation
            assert leaks(everything(outcome), [half, coc_simulator.SECRET_KEY]) == []
        assert half not in outcome.msg
    assert simulator.connections == 0


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "content", ["sk FakeSecretKeyInAFile", "[basic\nsk = FakeSecretKeyInAFile", "[basic]\nsk\n= Fake"]
)
def test_file_that_cannot_be_read_is_not_quoted(plugin, content, simulator, tmp_path):
    path = tmp_path / "profile"
    path.write_text(content + "\nFakeSecretKeyInAFile")
    outcome = ask(plugin, {"endpoint": simulator.endpoint, "credentials_file": str(path)})
    assert f"The profile file {path} cannot be read: it is not an INI file" in outcome.msg
    assert leaks(everything(outcome), ["FakeSecretKeyInAFile"]) == []


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("source", ["options", "environment", "file"])
def test_half_a_set_is_not_quoted(plugin, source, simulator, monkeypatch, tmp_path):
    options = {"endpoint": simulator.endpoint}
    fields = {"secret_key": coc_simulator.SECRET_KEY, "security_token": coc_simulator.SECURITY_TOKEN}
    give(source, fields, options, monkeypatch, tmp_path)
    outcome = ask(plugin, options)
    assert "are incomplete" in outcome.msg
    assert leaks(everything(outcome), fields.values()) == []


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("source", ["options", "environment", "file"])
@pytest.mark.parametrize(
    "fault", [coc_simulator.reset("headers"), coc_simulator.raw(b"\xff\r\n"), None], ids=["reset", "raw", "refused"]
)
def test_failure_shows_no_secret(plugin, source, fault, simulator, monkeypatch, tmp_path):
    options = {"endpoint": simulator.endpoint, "max_retries": 0}
    fields = {
        "access_key": coc_simulator.ACCESS_KEY,
        "secret_key": WRONG_SECRET_KEY,
        "security_token": coc_simulator.SECURITY_TOKEN,
    }
    give(source, fields, options, monkeypatch, tmp_path)
    simulator.faults.append(fault)
    outcome = ask(plugin, options)
    assert outcome.failed
    assert leaks(everything(outcome), {WRONG_SECRET_KEY, *secrets_sent(simulator)}) == []


@pytest.mark.parametrize("source", ["options", "environment", "file"])
@pytest.mark.parametrize("plugin", PLUGINS)
def test_result_shows_no_secret(plugin, source, simulator, monkeypatch, tmp_path):
    options = {"endpoint": simulator.endpoint}
    fields = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": coc_simulator.SECRET_KEY}
    give(source, fields, options, monkeypatch, tmp_path)
    outcome = ask(plugin, options)
    assert len(outcome.tasks) == len(simulator.tasks)
    assert leaks(outcome.output, {coc_simulator.SECRET_KEY, *secrets_sent(simulator)}) == []


# Nobody else is told


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize(
    "target", ["{}/v1/schedule/task?limit=1000", "//127.0.0.1:{port}/", "https://127.0.0.1:{port}/"]
)
def test_redirect_is_not_followed(plugin, target, connection, simulator, pauses):
    statuses = [301, 302, 303, 307, 308]
    with coc_simulator.Simulator() as other:
        location = target.format(other.endpoint, port=other.port)
        for status in statuses:
            simulator.faults.append(coc_simulator.status(status, headers={"Location": location}))
            outcome = ask(plugin, connection)
            assert outcome.failed
            assert f"Redirects are not followed; it points to {location}" in outcome.msg
    assert (len(simulator.requests), other.connections, pauses) == (len(statuses), 0, [])


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("entry", ["machine 127.0.0.1", "default"])
@pytest.mark.parametrize("variable", ["HOME", "NETRC"])
def test_netrc_replaces_nothing(plugin, entry, variable, connection, simulator, monkeypatch, tmp_path):
    path = tmp_path / (".netrc" if variable == "HOME" else "another")
    path.write_text(f"{entry} login someone password FakePassword\n")
    path.chmod(0o600)
    if variable == "NETRC":
        monkeypatch.setenv("NETRC", str(path))
    signed = ask(plugin, connection)
    with_token = ask(plugin, {"endpoint": simulator.endpoint, "auth_token": coc_simulator.AUTH_TOKEN})
    assert signed.msg == with_token.msg == ""
    first, second = (request.header("Authorization") for request in simulator.requests)
    assert (first or "").startswith("SDK-HMAC-SHA256 Access=")
    assert second is None


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_plain_http_uses_no_proxy(plugin, variable, connection, simulator, monkeypatch):
    with coc_simulator.Simulator() as proxy:
        monkeypatch.setenv(variable, proxy.endpoint)
        outcome = ask(plugin, connection)
    assert outcome.msg == ""
    assert (len(simulator.requests), proxy.connections) == (1, 0)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_cookies_are_not_kept(plugin, connection, simulator):
    simulator.page_cap = 20

    def fault(exchange: coc_simulator.Exchange, answer: coc_simulator.Answer) -> None:
        answer.headers["Set-Cookie"] = "session=1"
        exchange.deliver(answer)

    simulator.faults.append(fault)
    outcome = ask(plugin, connection)
    assert outcome.msg == ""
    assert [request.header("Cookie") for request in simulator.requests] == [None] * 3


# Real commands that tell all they know

VAULT_PASSWORD = "FakeVaultPassword"
# The options of a task by where its credentials come from, each with the variable that it gets. The environment is the
# same for all tasks: the other sources come before it, or exclude it.
SOURCES: dict[str, dict[str, str]] = {
    "options": {"access_key": "my_key", "secret_key": "my_secret", "security_token": "my_token"},
    "vault": {"access_key": "my_key", "secret_key": "my_vaulted_secret"},
    "token": {"auth_token": "my_iam_token"},
    "file": {"credentials_file": "my_file"},
    "environment": {},
    "metadata": {"auth_source": "my_source"},
}
TOLD = {
    coc_simulator.SECRET_KEY,
    coc_simulator.SECURITY_TOKEN,
    coc_simulator.AUTH_TOKEN,
    coc_simulator.METADATA_SECRET_KEY,
    VAULT_PASSWORD,
}


def copy_collection(root: Path, metadata_address: str) -> None:
    """Make ``root`` a collections path with this collection, its metadata service at another address."""
    copied = root / "ansible_collections" / "huaweicloud" / "coc"
    for folder in ("plugins", "meta"):
        shutil.copytree(COLLECTION / folder, copied / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = copied / "plugins" / "module_utils" / "_ecs_metadata.py"
    text = path.read_text()
    assert text.count('"169.254.169.254"') == 1
    path.write_text(text.replace('"169.254.169.254"', repr(metadata_address)))


def run_ansible(folder: Path, command: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``ansible`` (adhoc) or ``ansible-playbook`` (playbook) with the collection that is copied to ``folder``."""
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INJECT_INVOCATION": "1",  # ansible-core 2.21 shows a module's arguments no more
        "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": str(folder),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", f"ansible.cli.{command}", *arguments, "-vvvv"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def write_playbook(folder: Path) -> list[str]:
    """Write a playbook that runs both plugins with each source; return the arguments for ansible-playbook."""
    tasks: list[dict[str, t.Any]] = []
    for source, options in SOURCES.items():
        given = {name: f"{{{{ {variable} }}}}" for name, variable in options.items()}
        tasks.append({"name": f"module, {source}", "huaweicloud.coc.scheduled_task_info": given})
        tasks.append(
            {
                "name": f"lookup, {source}",
                "ansible.builtin.debug": {"msg": "{{ query('huaweicloud.coc.scheduled_task') | length }} tasks"},
                "vars": {f"ansible_huaweicloud_{name}": value for name, value in given.items()},
            }
        )
    for task in tasks:
        task["ignore_errors"] = True
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (folder / "playbook.yml").write_text(json.dumps([play]))  # JSON is YAML
    credentials_file = folder / "credentials"
    credentials_file.write_text(f"[basic]\nak = {coc_simulator.ACCESS_KEY}\nsk = {coc_simulator.SECRET_KEY}\n")
    credentials_file.chmod(0o644)
    variables = {
        "my_key": coc_simulator.ACCESS_KEY,
        "my_secret": coc_simulator.SECRET_KEY,
        "my_token": coc_simulator.SECURITY_TOKEN,
        "my_iam_token": coc_simulator.AUTH_TOKEN,
        "my_file": str(credentials_file),
        "my_source": "ecs_metadata",
    }
    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    lines = [f"{name}: {json.dumps(value)}" for name, value in variables.items()]
    lines += ["my_vaulted_secret: !vault |"]
    lines += [f"  {line}" for line in vault.encrypt(coc_simulator.SECRET_KEY).decode().splitlines()]
    (folder / "variables.yml").write_text("\n".join([*lines, ""]))
    (folder / "vault_password").write_text(VAULT_PASSWORD)
    arguments = [
        "--extra-vars",
        f"@{folder / 'variables.yml'}",
        "--vault-password-file",
        str(folder / "vault_password"),
    ]
    return [str(folder / "playbook.yml"), *arguments]


@pytest.mark.parametrize("refused", [False, True], ids=["success", "failure"])
def test_playbook_shows_no_secret(refused, simulator, tmp_path):
    copy_collection(tmp_path, f"127.0.0.1:{simulator.port}")
    if refused:
        fault = echo(PLACES["error_msg"], str, ["X-Auth-Token", "X-Security-Token", "Authorization"])
        simulator.faults += [fault] * 2 * (len(SOURCES) - 1) + [None, None, fault] * 2
    process = run_ansible(
        tmp_path,
        "playbook",
        *write_playbook(tmp_path),
        HUAWEICLOUD_COC_ENDPOINT=simulator.endpoint,
        HUAWEICLOUD_SDK_AK=coc_simulator.ACCESS_KEY,
        HUAWEICLOUD_SDK_SK=coc_simulator.SECRET_KEY,
        HUAWEICLOUD_SDK_SECURITY_TOKEN=coc_simulator.SECURITY_TOKEN,
    )
    output = process.stdout
    tasks = 2 * len(SOURCES)
    assert process.returncode == 0, output
    assert len([request for request in simulator.requests if request.method == "GET"]) == tasks + 2
    assert re.search(rf"ok={tasks} .* ignored={tasks if refused else 0}\b", output)
    assert output.count('"msg": "60 tasks"') == (0 if refused else len(SOURCES))
    assert output.count("returned HTTP 401, APIGW.0301: before ") >= (tasks if refused else 0)
    assert "contains secrets and others may read it (mode 0644)" in " ".join(output.split())
    assert '"secret_key": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"' in output
    assert leaks(output, TOLD | secrets_sent(simulator)) == []


@pytest.mark.parametrize("refused", [False, True], ids=["success", "failure"])
def test_command_shows_no_secret(refused, simulator, tmp_path):
    copy_collection(tmp_path, "127.0.0.1:9")
    if refused:
        simulator.faults.append(echo(PLACES["error_msg"], str, ["X-Security-Token", "Authorization"]))
    arguments = {
        "endpoint": simulator.endpoint,
        "ak": coc_simulator.ACCESS_KEY,
        "sk": coc_simulator.SECRET_KEY,
        "security_token": coc_simulator.SECURITY_TOKEN,
    }
    process = run_ansible(
        tmp_path, "adhoc", "localhost", "-m", "huaweicloud.coc.scheduled_task_info", "-a", json.dumps(arguments)
    )
    assert ("before ********" in process.stdout) is refused, process.stdout
    assert ('"count": 60' in process.stdout) is not refused
    assert '"sk": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"' in process.stdout
    assert leaks(process.stdout, TOLD | secrets_sent(simulator)) == []


def test_command_is_kept_on_this_machine(simulator, tmp_path, only_loopback):
    """The tests' guard reaches a module that Ansible starts; tried with an address that leads nowhere (RFC 5737)."""
    copy_collection(tmp_path, "192.0.2.1")
    arguments = {"endpoint": simulator.endpoint, "auth_source": "ecs_metadata"}
    process = run_ansible(
        tmp_path, "adhoc", "localhost", "-m", "huaweicloud.coc.scheduled_task_info", "-a", json.dumps(arguments)
    )
    assert "did not respond (PermissionError)" in process.stdout
    assert only_loopback.read_text() == "socket.connect ('192.0.2.1', 80)\n"
    only_loopback.unlink()  # else it fails this test

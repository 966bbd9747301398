# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are sent to the endpoint and shown to nobody, whatever the service says and however much Ansible tells."""

from __future__ import annotations

import html
import json
import re
import shutil
import typing as t
from urllib.parse import quote

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.huaweicloud.coc.plugins.module_utils import _credentials
from ansible_collections.huaweicloud.coc.tests import coc_simulator
from ansible_collections.huaweicloud.coc.tests.coc_simulator import AUTH_TOKEN, SECRET_KEY, SECURITY_TOKEN
from ansible_collections.huaweicloud.coc.tests.unit.conftest import (
    COLLECTION,
    WRONG_SECRET_KEY,
    by_plugin,
    run_plugin,
    run_python,
)
from ansible_collections.huaweicloud.coc.tests.unit.leaks import FORMS, PLACES, echo, leaks, secrets_sent, signature

SPECIAL = "Fake\"Secret'with\\all<of>&the+sp/ec%41ial={{characters}}#;$`!%41%42%43%44&#43;&amp;&lt;%2B%2f"
HALF = "FakeHalfOfASecret"


def test_leaks_are_found():
    secret = SECURITY_TOKEN
    for shown in (secret, secret[3:], secret[:-3], quote(secret, safe=""), html.escape(f"<{secret}"), repr([secret])):
        assert leaks(f'{{"msg": "before {shown} after"}}', [secret])
    assert leaks(json.dumps({"msg": SPECIAL}), [SPECIAL])
    assert not leaks("FakeSec ********", [secret])


# What the service echoes

# The message is made in one place for both plugins: every form for one of them, some for the other.
ECHOES = [("lookup", form) for form in FORMS] + [("module", "raw"), ("module", "percent-encoded")]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "option, secret",
    [("security_token", SECURITY_TOKEN), ("security_token", SPECIAL), ("auth_token", AUTH_TOKEN)],
    ids=["temporary keys", "signs and escapes", "token"],
)
def test_an_echo_is_redacted(place, option, secret, connection, endpoint, simulator):
    signed = option == "security_token"
    for plugin, form in ECHOES:
        simulator.requests.clear()
        simulator.faults.append(echo(place=place, form=FORMS[form]))
        outcome = run_plugin(plugin, {**(connection if signed else endpoint), option: secret})
        secrets = secrets_sent(simulator)
        assert secret in secrets and len(secrets) == 1 + signed
        assert leaks(outcome.output, secrets | {SECRET_KEY}) == [], (plugin, form)
        assert "before" in outcome.error.lower()  # the rest is shown
        assert "********" in outcome.msg


@pytest.mark.parametrize("code", [400, 403, 404, 418, 429, 500, 503])
def test_every_status_is_redacted(ask, simulator, pauses, code):
    simulator.faults += [echo(code=code)] * 3
    outcome = ask(security_token=SECURITY_TOKEN, max_retries=2)
    assert f"HTTP {code}, APIGW.0301: before ******** |" in outcome.error
    assert leaks(outcome.output, secrets_sent(simulator)) == []


def test_secrets_of_earlier_requests_are_redacted(ask, simulator):
    simulator.page_cap = 20

    def fault(exchange, answer):
        PLACES["error_msg"](500, f"before {signature(simulator.requests[0])} after")(exchange, answer)

    simulator.faults += [None, None, fault]
    outcome = ask(max_retries=0)
    assert "before ******** after" in outcome.error
    assert leaks(outcome.output, [signature(simulator.requests[0])]) == []


def test_the_canonical_request_is_shown_without_secrets(ask, simulator):
    """The simulator repeats it if a signature is wrong, as the gateway does."""
    outcome = ask(secret_key=WRONG_SECRET_KEY, security_token=SECURITY_TOKEN)
    assert "verify aksk signature fail, canonicalRequest:GET /v1/schedule/task/ limit=1000" in outcome.error
    assert "x-security-token:********" in outcome.msg
    assert leaks(outcome.output, secrets_sent(simulator) | {WRONG_SECRET_KEY}) == []


# Where an error of Python or of a library would quote a secret


@pytest.fixture(params=["options", "environment", "file"])
def give(request, monkeypatch, tmp_path):
    """A function that puts credentials in each place in turn, and returns the options that they take."""

    def put(**fields):
        if request.param == "options":
            return fields
        if request.param == "environment":
            for field, value in fields.items():
                monkeypatch.setenv(_credentials.SDK_ENVIRONMENT[field], value)
            return {}
        lines = [f"{_credentials.FILE_KEYS[field]} = {value}" for field, value in fields.items()]
        return {"credentials_file": write_profile(tmp_path / "profile", *lines)}

    return put


def write_profile(path, *lines, mode=0o600):
    path.write_text("\n".join(["[basic]", *lines, ""]))
    path.chmod(mode)
    return str(path)


@by_plugin
@pytest.mark.parametrize("field", ["access_key", "secret_key", "security_token"])
def test_an_impossible_secret_is_not_quoted(ask, endpoint, simulator, give, field):
    keys = {"access_key": coc_simulator.ACCESS_KEY, "secret_key": SECRET_KEY, "security_token": SECURITY_TOKEN}
    for wrong in (f"{HALF}\n {HALF}", f"{HALF}\u200b{HALF}", f"{HALF}ä{HALF}", f"{HALF}\x7f{HALF}"):
        outcome = ask(endpoint, **give(**{**keys, field: wrong}))
        assert "has characters that credentials never have" in outcome.error
        if field != "access_key":  # which is not secret: Ansible shows it with the module's invocation
            assert leaks(outcome.output, [HALF, SECRET_KEY]) == []
        assert HALF not in outcome.msg
    assert simulator.connections == 0


@by_plugin
@pytest.mark.parametrize(
    "fault", [coc_simulator.reset("headers"), coc_simulator.raw(b"\xff\r\n"), None], ids=["reset", "raw", "refused"]
)
def test_a_failure_shows_no_secret(ask, endpoint, simulator, give, fault):
    simulator.faults.append(fault)
    keys = give(access_key=coc_simulator.ACCESS_KEY, secret_key=WRONG_SECRET_KEY, security_token=SECURITY_TOKEN)
    outcome = ask(endpoint, **keys, max_retries=0)
    assert outcome.failed
    assert leaks(outcome.output, {WRONG_SECRET_KEY, *secrets_sent(simulator)}) == []


# Nobody else is told


@pytest.mark.parametrize("entry", ["machine 127.0.0.1", "default"])
@pytest.mark.parametrize("variable", ["HOME", "NETRC"])
def test_netrc_replaces_nothing(ask, endpoint, simulator, monkeypatch, tmp_path, entry, variable):
    path = tmp_path / (".netrc" if variable == "HOME" else "another")
    path.write_text(f"{entry} login someone password FakePassword\n")
    path.chmod(0o600)
    if variable == "NETRC":
        monkeypatch.setenv("NETRC", str(path))
    assert ask().msg == ask(endpoint, auth_token=AUTH_TOKEN).msg == ""
    signed, with_token = (request.header("Authorization") for request in simulator.requests)
    assert (signed or "").startswith("SDK-HMAC-SHA256 Access=")
    assert with_token is None


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_plain_http_uses_no_proxy(ask, simulator, monkeypatch, variable):
    with coc_simulator.Simulator() as proxy:
        monkeypatch.setenv(variable, proxy.endpoint)
        assert ask().msg == ""
    assert (len(simulator.requests), proxy.connections) == (1, 0)


def test_cookies_are_not_kept(ask, simulator):
    simulator.page_cap = 20

    def fault(exchange, answer):
        answer.headers["Set-Cookie"] = "session=1"
        exchange.deliver(answer)

    simulator.faults.append(fault)
    assert ask().msg == ""
    assert [request.header("Cookie") for request in simulator.requests] == [None] * 3


# Real commands that tell all they know

VAULT_PASSWORD = "FakeVaultPassword"
VARIABLES = {
    "my_key": coc_simulator.ACCESS_KEY,
    "my_secret": SECRET_KEY,
    "my_token": SECURITY_TOKEN,
    "my_iam_token": AUTH_TOKEN,
    "my_source": "ecs_metadata",
}
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
TOLD = {SECRET_KEY, SECURITY_TOKEN, AUTH_TOKEN, coc_simulator.METADATA_SECRET_KEY, VAULT_PASSWORD}


def copy_collection(folder, metadata_address):
    """Copy the collection to ``folder``, with another address for the metadata service."""
    copied = folder / "ansible_collections/huaweicloud/coc"
    for part in ("plugins", "meta"):
        shutil.copytree(COLLECTION / part, copied / part, ignore=shutil.ignore_patterns("__pycache__"))
    path = copied / "plugins/module_utils/_sts.py"
    text = path.read_text()
    assert text.count('"169.254.169.254"') == 1
    path.write_text(text.replace('"169.254.169.254"', repr(metadata_address)))


def write_playbook(folder):
    """Write a playbook that runs both plugins with each source; return the arguments for ansible-playbook."""
    short_names = {"ak": "{{ my_key }}", "sk": "{{ my_secret }}"}  # the module has these, too
    tasks: list[dict[str, t.Any]] = [{"huaweicloud.coc.scheduled_task_info": short_names, "ignore_errors": True}]
    for options in SOURCES.values():
        given = {name: f"{{{{ {variable} }}}}" for name, variable in options.items()}
        debug = {"msg": "{{ query('huaweicloud.coc.scheduled_task') | length }} tasks"}
        variables = {f"ansible_huaweicloud_{name}": value for name, value in given.items()}
        tasks.append({"huaweicloud.coc.scheduled_task_info": given, "ignore_errors": True})
        tasks.append({"ansible.builtin.debug": debug, "vars": variables, "ignore_errors": True})
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (folder / "playbook.yml").write_text(json.dumps([play]))  # JSON is YAML
    file = write_profile(folder / "credentials", f"ak = {coc_simulator.ACCESS_KEY}", f"sk = {SECRET_KEY}", mode=0o644)
    vaulted = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))]).encrypt(SECRET_KEY).decode()
    lines = [f"{name}: {json.dumps(value)}" for name, value in {**VARIABLES, "my_file": file}.items()]
    lines += ["my_vaulted_secret: !vault |", *(f"  {line}" for line in vaulted.splitlines()), ""]
    (folder / "variables.yml").write_text("\n".join(lines))
    (folder / "vault_password").write_text(VAULT_PASSWORD)
    files = [f"--extra-vars=@{folder / 'variables.yml'}", f"--vault-password-file={folder / 'vault_password'}"]
    return [str(folder / "playbook.yml"), *files]


@pytest.mark.parametrize("refused", [False, True], ids=["success", "failure"])
def test_a_playbook_shows_no_secret(refused, simulator, tmp_path):
    def refuse_tasks(exchange, answer):
        respond = echo() if exchange.path.startswith(coc_simulator.SCHEDULED_TASKS) else type(exchange).deliver
        respond(exchange, answer)

    simulator.faults += [refuse_tasks] * 100 if refused else []
    copy_collection(tmp_path, f"127.0.0.1:{simulator.port}")
    environment = {
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INJECT_INVOCATION": "1",  # ansible-core 2.21 no longer shows a module's arguments
        "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
        "HUAWEICLOUD_COC_ENDPOINT": simulator.endpoint,
        "HUAWEICLOUD_SDK_AK": coc_simulator.ACCESS_KEY,
        "HUAWEICLOUD_SDK_SK": SECRET_KEY,
        "HUAWEICLOUD_SDK_SECURITY_TOKEN": SECURITY_TOKEN,
    }
    run = run_python("-m", "ansible.cli.playbook", *write_playbook(tmp_path), "-vvvv", **environment)
    tasks, output = 1 + 2 * len(SOURCES), run.stdout + run.stderr
    assert run.returncode == 0, output
    asked = [request for request in simulator.requests if request.path == coc_simulator.SCHEDULED_TASKS]
    assert len(asked) == tasks or refused and len(SOURCES) < len(asked) < tasks  # lookups send a refused key once
    assert re.search(rf"ok={tasks} .* ignored={tasks if refused else 0}\b", output)
    assert output.count('"msg": "60 tasks"') == (0 if refused else len(SOURCES))
    assert output.count('"count": 60') >= (0 if refused else len(SOURCES))
    assert output.count("returned HTTP 401, APIGW.0301: before ") >= (tasks if refused else 0)
    assert "contains secrets and others may read it (mode 0644)" in " ".join(output.split())
    mask = r"(VALUE_SPECIFIED_IN_NO_LOG_PARAMETER|\$REDACTED\$)"  # the latter from ansible-core 2.22 on
    for name in ("secret_key", "sk"):
        assert re.search(f'"{name}": "{mask}"', output)
    assert leaks(output, TOLD | secrets_sent(simulator)) == []

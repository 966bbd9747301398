# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types are what AWX saves, and hide what is secret."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _credentials, _endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.tests.awx.conftest import credential_type, inject
from ansible_collections.huaweicloud.coc.tests.awx.controller import Refusal, check_injectors, check_inputs

KINDS = ("environment", "profile")
OPTIONS: dict[str, dict[str, t.Any]] = CONNECTION


@pytest.mark.parametrize("kind", [*KINDS, "account", "upload"])
def test_awx_saves_it_and_hides_secrets(kind):
    inputs, injectors = credential_type(kind)
    check_inputs(inputs)
    check_injectors(injectors, inputs)
    secret = {field["id"]: field.get("secret", False) for field in inputs["fields"]}
    assert any(secret.values())
    own = {"account": False, "url": True}  # fields that are not options
    assert secret == {name: own[name] if name in own else OPTIONS[name].get("no_log", False) for name in secret}


def test_environment_has_a_field_for_each_credential():
    inputs, injectors = credential_type("environment")
    fields = {field["id"] for field in inputs["fields"]}
    assert fields == {"region", "endpoint", *_credentials.TERRAFORM_ENVIRONMENT}
    filled = {name for name, template in injectors["env"].items() if template}
    assert filled == {
        *_credentials.TERRAFORM_ENVIRONMENT.values(),
        _endpoint.REGION_VARIABLE,
        _endpoint.ENDPOINT_VARIABLE,
    }


def test_profile_has_a_field_for_each_key_of_the_file():
    fields = {field["id"] for field in credential_type("profile")[0]["fields"]}
    assert fields == {"region", "endpoint", *_credentials.FILE_KEYS}


@pytest.mark.parametrize("kind", KINDS)
def test_field_reaches_the_collection(kind, tmp_path):
    """Every field of a type, filled with its own value, arrives as the credential of that name."""
    inputs, injectors = credential_type(kind)
    filled = {field["id"]: f"FAKE-{field['id']}" for field in inputs["fields"]}
    filled.pop("auth_token", None)
    environ = inject(injectors, filled, tmp_path)
    found = _credentials.find_credentials({}, pytest.fail, environ)()
    given = {name: getattr(found, name) for name in _credentials.OPTIONS if getattr(found, name)}
    assert given == {name: value for name, value in filled.items() if name not in ("region", "endpoint")}
    assert environ[_endpoint.REGION_VARIABLE] == "FAKE-region"
    assert environ[_endpoint.ENDPOINT_VARIABLE] == "FAKE-endpoint"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "image",
    [
        {names[field]: f"FAKE-of-the-image-{field}" for field in names}
        for names in (_credentials.SDK_ENVIRONMENT, _credentials.TERRAFORM_ENVIRONMENT)
    ],
)
@pytest.mark.parametrize("extra", [{}, {"security_token": "FAKE-security_token"}])
def test_credential_wins_over_what_the_image_has(kind, image, extra, tmp_path):
    filled = {"access_key": "FAKE-access_key", "secret_key": "FAKE-secret_key", **extra}
    environ = {**image, **inject(credential_type(kind)[1], filled, tmp_path)}
    found = _credentials.find_credentials({}, pytest.fail, environ)()
    assert {name: getattr(found, name) for name in _credentials.OPTIONS if getattr(found, name)} == filled


def test_token_wins_over_what_the_image_has_and_excludes_a_key(tmp_path):
    injectors = credential_type("environment")[1]
    image = {"HUAWEICLOUD_SDK_AK": "FAKE-ak", "HUAWEICLOUD_SDK_SK": "FAKE-sk", "HW_ACCESS_KEY": "FAKE-ak"}
    environ = {**image, **inject(injectors, {"auth_token": "FAKE-token"}, tmp_path)}
    assert _credentials.find_credentials({}, pytest.fail, environ)().auth_token == "FAKE-token"
    environ.update(inject(injectors, {"auth_token": "FAKE-token", "access_key": "FAKE-access_key"}, tmp_path))
    with pytest.raises(CocError, match="HW_AUTH_TOKEN excludes HW_ACCESS_KEY"):
        _credentials.find_credentials({}, pytest.fail, environ)


def broken(path: str, value: t.Any) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the type ``environment`` with one thing changed, ``path`` being keys that a slash separates."""
    inputs, injectors = copy.deepcopy(credential_type("environment"))
    target: t.Any = {"inputs": inputs, "injectors": injectors}
    *keys, last = path.split("/")
    for key in keys:
        target = target[int(key) if key.isdigit() else key]
    target[last] = value
    return inputs, injectors


@pytest.mark.parametrize(
    "path,value",
    [
        ("injectors/env/ANSIBLE_CONFIG", "/tmp/x"),
        ("injectors/env/HW-REGION", "x"),
        ("injectors/env/HW_REGION_NAME", "{{ regoin }}"),
        ("injectors/env/HW_REGION_NAME", "{{ tower.filename }}"),
        ("injectors/env/HW_REGION_NAME", 1),
        ("injectors/file", {"template": "", "template.b": ""}),
        ("injectors/files", {"template": ""}),
        ("inputs/fields/0/id", "secret_key"),
        ("inputs/fields/0/id", "tower"),
        ("inputs/fields/0/type", "password"),
        ("inputs/fields/0/no_log", True),
        ("inputs/fields/1/type", "boolean"),
        ("inputs/required", ["acces_key"]),
    ],
)
def test_stand_in_refuses_what_awx_refuses(path, value):
    inputs, injectors = broken(path, value)
    with pytest.raises(Refusal) as refusal:
        check_inputs(inputs)
        check_injectors(injectors, inputs)
    assert str(refusal.value).startswith(path.partition("/")[0])

# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types are such that AWX saves them, and hide what is secret."""

from __future__ import annotations

import typing as t

import jinja2.sandbox
import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils import _credentials, _endpoint, _options
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION
from ansible_collections.huaweicloud.coc.tests.awx.conftest import credential_type, inject

KINDS = ("environment", "profile")
FIELDS = (*_credentials.KEY_FIELDS, *_options.SCOPE_FIELDS)
FIELD_KEYS = {"id", "label", "type", "secret", "help_text"}  # of those that AWX knows


def found_credentials(environ: dict[str, str]) -> dict[str, str]:
    """Return what the collection takes from the environment, by option."""
    no_client: t.Any = None  # nothing has to be asked for
    found = _credentials.find_credentials({}, lambda _key, text: pytest.fail(text), environ)(no_client)
    return {name: value for name, value in found._asdict().items() if value and name != "source"}


@pytest.mark.parametrize("kind", [*KINDS, "account", "agency", "upload"])
def test_awx_saves_it_and_hides_secrets(kind):
    inputs, injectors = credential_type(kind)
    assert set(inputs) <= {"fields", "required"}
    assert all({"id", "label", "type"} <= set(field) <= FIELD_KEYS for field in inputs["fields"])
    assert {field["type"] for field in inputs["fields"]} == {"string"}
    secret = {field["id"]: field.get("secret", False) for field in inputs["fields"]}
    assert len(secret) == len(inputs["fields"])
    assert set(inputs.get("required", [])) <= set(secret)

    assert set(injectors) <= {"env", "extra_vars", "file"}
    known = {**secret, "tower": {"filename": ""} if injectors.get("file") else {}}
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for name, template in (item for part in injectors.values() for item in part.items()):
        assert name.isidentifier() and not name.startswith("ANSIBLE_")
        environment.from_string(template).render(known)  # fails where a field does not exist
    assert any(secret.values()) is (kind != "agency")
    own = {"account": False, "url": True}  # fields that are not options
    assert secret == {name: own[name] if name in own else CONNECTION[name].get("no_log", False) for name in secret}


@pytest.mark.parametrize(
    "kind,credentials,variables",
    [
        (
            "environment",
            (*FIELDS, "auth_token"),
            [*map(_credentials.TERRAFORM_ENVIRONMENT.get, (*FIELDS, "auth_token"))],
        ),
        ("profile", FIELDS, ["HUAWEICLOUD_SDK_CREDENTIALS_FILE"]),
    ],
)
def test_there_is_a_field_for_each_credential_and_it_reaches_the_collection(kind, credentials, variables, tmp_path):
    inputs, injectors = credential_type(kind)
    filled = {field["id"]: f"FAKE-{field['id']}" for field in inputs["fields"]}
    assert set(filled) == {"region", "endpoint", *credentials}
    used = {name for name, template in injectors["env"].items() if template}
    assert used == {*variables, _endpoint.REGION_VARIABLE, _endpoint.ENDPOINT_VARIABLE}
    filled.pop("auth_token", None)  # excludes a key
    environ = inject(injectors, filled, tmp_path)
    assert environ[_endpoint.REGION_VARIABLE] == filled.pop("region")
    assert environ[_endpoint.ENDPOINT_VARIABLE] == filled.pop("endpoint")
    assert found_credentials(environ) == filled


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "image",
    [
        *(
            {names[field]: f"FAKE-of-the-image-{field}" for field in names}
            for names in (_credentials.SDK_ENVIRONMENT, _credentials.TERRAFORM_ENVIRONMENT)
        ),
        {"HW_SHARED_CONFIG_FILE": "/nowhere", "HW_PROFILE": "FAKE-of-the-image"},
    ],
)
@pytest.mark.parametrize("extra", [{}, {"security_token": "FAKE-security_token"}])
def test_credential_wins_over_what_the_image_has(kind, image, extra, tmp_path):
    filled = {"access_key": "FAKE-access_key", "secret_key": "FAKE-secret_key", **extra}
    environ = {**image, **inject(credential_type(kind)[1], filled, tmp_path)}
    assert found_credentials(environ) == filled


def test_token_wins_over_what_the_image_has_and_excludes_a_key(tmp_path):
    injectors = credential_type("environment")[1]
    image = {"HUAWEICLOUD_SDK_AK": "FAKE-ak", "HUAWEICLOUD_SDK_SK": "FAKE-sk", "HW_ACCESS_KEY": "FAKE-ak"}
    environ = {**image, **inject(injectors, {"auth_token": "FAKE-token"}, tmp_path)}
    assert found_credentials(environ) == {"auth_token": "FAKE-token"}
    environ.update(inject(injectors, {"auth_token": "FAKE-token", "access_key": "FAKE-access_key"}, tmp_path))
    with pytest.raises(CocError, match="HW_AUTH_TOKEN excludes HW_ACCESS_KEY"):
        _credentials.find_credentials({}, lambda _key, text: pytest.fail(text), environ)

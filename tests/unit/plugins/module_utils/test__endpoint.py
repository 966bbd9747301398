# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which URL is asked."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint
from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError

CHINA = "https://coc.myhuaweicloud.com"
INTERNATIONAL = "https://coc-intl.myhuaweicloud.com"
EUROPE = "https://coc-eu-west-101-open-api.myhuaweicloud.eu"
SITES = (
    f"cn-north-4 for China ({CHINA}); ap-southeast-3 for International ({INTERNATIONAL}); "
    f"eu-west-101 for Europe ({EUROPE})"
)
ADVICE = (
    f"Set region to the one that stands for the site of your account, wherever its resources are: {SITES}. "
    "Or set endpoint to the URL of another site."
)
SECRET = "FakePassword"


@pytest.mark.parametrize(
    "options, environ, endpoint",
    [
        ({"region": "cn-north-4"}, {}, CHINA),
        ({"region": "ap-southeast-3"}, {}, INTERNATIONAL),
        ({"region": "eu-west-101"}, {}, EUROPE),
        ({}, {"HW_REGION_NAME": "eu-west-101"}, EUROPE),
        ({}, {"HW_REGION_NAME": " eu-west-101 "}, EUROPE),
        ({"region": "cn-north-4"}, {"HW_REGION_NAME": "eu-west-101"}, CHINA),
        ({"region": "cn-north-4"}, {"HW_REGION_NAME": "nowhere"}, CHINA),
        ({"endpoint": "https://coc.example.com"}, {}, "https://coc.example.com"),
        ({"endpoint": "https://coc.example.com", "region": "cn-north-4"}, {}, "https://coc.example.com"),
        ({"endpoint": "https://coc.example.com", "region": "nowhere"}, {}, "https://coc.example.com"),
        ({"endpoint": "https://a"}, {"HUAWEICLOUD_COC_ENDPOINT": "https://b", "HW_REGION_NAME": "c"}, "https://a"),
        ({}, {"HUAWEICLOUD_COC_ENDPOINT": "https://b", "HW_REGION_NAME": "cn-north-4"}, "https://b"),
        ({"region": "cn-north-4"}, {"HUAWEICLOUD_COC_ENDPOINT": "https://b"}, "https://b"),
        # blank is not set
        ({"endpoint": "", "region": "cn-north-4"}, {"HUAWEICLOUD_COC_ENDPOINT": " "}, CHINA),
        ({"endpoint": None, "region": ""}, {"HUAWEICLOUD_COC_ENDPOINT": "", "HW_REGION_NAME": "cn-north-4"}, CHINA),
    ],
)
def test_endpoint_is_chosen(options, environ, endpoint):
    assert find_endpoint(options, environ) == endpoint


@pytest.mark.parametrize(
    "endpoint, used",
    [
        ("https://coc.example.com/", "https://coc.example.com"),
        ("https://coc.example.com:8443/", "https://coc.example.com:8443"),
        ("HTTPS://coc.example.com", "https://coc.example.com"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:8080", "http://LOCALHOST:8080"),
    ],
)
def test_usable_endpoint(endpoint, used):
    assert find_endpoint({"endpoint": endpoint}, {}) == used


@pytest.mark.parametrize(
    "host",
    [
        "coc.myhuaweicloud.com",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "10.0.0.1:8080",
        "169.254.169.254",
        "[2001:db8::1]",
        "[::]:80",
    ],
)
def test_plain_http_is_for_this_machine_only(host):
    with pytest.raises(CocError) as refusal:
        find_endpoint({"endpoint": f"http://{host}"}, {})
    assert refusal.value.msg == (f"endpoint: 'http://{host}' would send credentials unencrypted. Use https://{host}.")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://coc.example.com/v1",
        "https://coc.example.com//",
        "https://coc.example.com?a=b",
        "https://coc.example.com/?a=b",
        "https://coc.example.com#a",
        f"https://user:{SECRET}@coc.example.com",
        f"http://user:{SECRET}@localhost",
        f"https://{SECRET}@coc.example.com",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "http://localhost\\@evil.example",
        "http://evil.example\\.localhost",
        "http://[::1]evil.example",
        "http://[::1].evil.example",
        "http://evil.example[::1]",
        "http://evil.example[::1]:80",
        "http://[localhost]",
        "http://[::1",
        "http://localhost%2eevil.example",
        "http://localhost evil.example",
        "coc.example.com",
        "coc.example.com:443",
        "//coc.example.com",
        "/v1/schedule/task",
        "ftp://coc.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://:443",
        "https://coc.example.com:",
        "https://coc.example.com:0",
        "https://coc.example.com:65536",
        "https://coc.example.com:port",
        "https://coc.example.com:-1",
        "https://coc.exämple.com",
        "https",
    ],
)
@pytest.mark.parametrize("from_option", [True, False])
def test_anything_else_is_refused(endpoint, from_option):
    options, environ = {"endpoint": endpoint}, {"HUAWEICLOUD_COC_ENDPOINT": endpoint}
    with pytest.raises(CocError) as refusal:
        find_endpoint(*((options, {}) if from_option else ({}, environ)))
    source = "endpoint" if from_option else "environment variable HUAWEICLOUD_COC_ENDPOINT"
    assert refusal.value.msg == (
        f"{source}: not a URL of the form https://host or https://host:port, without path or password."
    )


@pytest.mark.parametrize("options, environ", [({}, {}), ({"endpoint": "", "region": None}, {"HW_REGION_NAME": "  "})])
def test_neither_region_nor_endpoint(options, environ):
    with pytest.raises(CocError) as refusal:
        find_endpoint(options, environ)
    assert refusal.value.msg == (
        "No site is given: neither region nor endpoint is set, nor the environment variable HW_REGION_NAME or "
        f"HUAWEICLOUD_COC_ENDPOINT. {ADVICE}"
    )


@pytest.mark.parametrize(
    "options, environ, problem",
    [
        ({"region": "sa-brazil-1"}, {}, "region: COC has no site for 'sa-brazil-1'. "),
        ({"region": "CN-NORTH-4"}, {}, "region: COC has no site for 'CN-NORTH-4'. "),
        (
            {},
            {"HW_REGION_NAME": "cn-south-1"},
            "environment variable HW_REGION_NAME: COC has no site for 'cn-south-1'. ",
        ),
    ],
)
def test_unknown_region(options, environ, problem):
    """Nothing is guessed: the wrong site answers with an empty list."""
    with pytest.raises(CocError) as refusal:
        find_endpoint(options, environ)
    assert refusal.value.msg == problem + ADVICE

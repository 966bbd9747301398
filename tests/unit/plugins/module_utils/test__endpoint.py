# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which URL is used, and which are refused."""

from __future__ import annotations

import re

import pytest

from ansible_collections.huaweicloud.coc.plugins.module_utils._endpoint import find_endpoint, find_iam
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import quoted
from ansible_collections.huaweicloud.coc.tests.unit.conftest import refusal

CHINA = "https://coc.myhuaweicloud.com"
INTERNATIONAL = "https://coc-intl.myhuaweicloud.com"
EUROPE = "https://coc-eu-west-101-open-api.myhuaweicloud.eu"
ADVICE = (
    "Set region to the region that stands for the site of your account, wherever its resources are: "
    f"cn-north-4 for China ({CHINA}); ap-southeast-3 for International ({INTERNATIONAL}); "
    f"eu-west-101 for Europe ({EUROPE}). Or set endpoint to the URL of another site."
)
REGION_VARIABLE, ENDPOINT_VARIABLE = "HW_REGION_NAME", "HUAWEICLOUD_COC_ENDPOINT"

words = re.compile(r"\S+").findall


@pytest.mark.parametrize(
    "options, environ, endpoint",
    [
        ({"region": "cn-north-4"}, {}, CHINA),
        ({"region": "ap-southeast-3"}, {}, INTERNATIONAL),
        ({"region": "eu-west-101"}, {}, EUROPE),
        ({}, {REGION_VARIABLE: " eu-west-101 "}, EUROPE),
        ({"region": "cn-north-4"}, {REGION_VARIABLE: "nowhere"}, CHINA),
        ({"endpoint": "https://a", "region": "nowhere"}, {}, "https://a"),
        ({"endpoint": "https://a"}, {ENDPOINT_VARIABLE: "https://b", REGION_VARIABLE: "c"}, "https://a"),
        ({}, {ENDPOINT_VARIABLE: "https://b", REGION_VARIABLE: "cn-north-4"}, "https://b"),
        ({"region": "cn-north-4"}, {ENDPOINT_VARIABLE: "https://b"}, "https://b"),
        # blank is not set
        ({"endpoint": "", "region": "cn-north-4"}, {ENDPOINT_VARIABLE: " "}, CHINA),
        ({"endpoint": None, "region": ""}, {ENDPOINT_VARIABLE: "", REGION_VARIABLE: "cn-north-4"}, CHINA),
    ],
)
def test_the_endpoint_is_chosen(options, environ, endpoint):
    assert find_endpoint(options, environ) == endpoint


IAM, STS = "HUAWEICLOUD_SDK_IAM_ENDPOINT", "HUAWEICLOUD_SDK_STS_ENDPOINT"
CLOUD = "https://{}.{}.myhuaweicloud.{}".format


@pytest.mark.parametrize(
    "options, environ, iam, sts",
    [
        ({"region": "cn-north-4"}, {}, CLOUD("iam", "cn-north-4", "com"), CLOUD("sts", "cn-north-4", "com")),
        ({"endpoint": INTERNATIONAL}, {}, CLOUD("iam", "ap-southeast-3", "com"), CLOUD("sts", "ap-southeast-3", "com")),
        ({}, {REGION_VARIABLE: "eu-west-101"}, CLOUD("iam", "eu-west-101", "eu"), ""),
        ({"region": "cn-north-4"}, {IAM: "https://a"}, "https://a", ""),
        ({"region": "cn-north-4"}, {IAM: "https://a", STS: "https://b"}, "https://a", "https://b"),
        ({"endpoint": "https://c", "iam_endpoint": "https://d"}, {IAM: "https://a"}, "https://d", ""),
    ],
)
def test_iam_and_sts_are_those_of_the_site(options, environ, iam, sts):
    assert (find_iam(options, environ), find_iam(options, environ, sts=True)) == (iam, sts)


@pytest.mark.parametrize(
    "endpoint",
    words(
        """
        https://coc.example.com:8443 https://192.0.2.1 https://[2001:db8::1]:8443
        http://127.0.0.1:8080 http://127.8.8.8 http://[::1]:8080 http://localhost http://LOCALHOST:8080
        """
    ),
)
def test_a_usable_endpoint(endpoint):
    for given in (endpoint, f"{endpoint}/", endpoint.replace("http", "HTTP")):
        assert find_endpoint({"endpoint": given}, {}) == endpoint


@pytest.mark.parametrize(
    "host",
    words(
        """
        coc.myhuaweicloud.com 127.0.0.1.evil.example localhost.evil.example evil-localhost 0.0.0.0 127.1 2130706433
        10.0.0.1:8080 169.254.169.254 [2001:db8::1] [::]:80
        """
    ),
)
def test_plain_http_is_for_this_machine_only(host):
    error = f"endpoint: 'http://{host}' would send credentials unencrypted. Use https://{host}."
    assert refusal(find_endpoint, {"endpoint": f"http://{host}"}, {}) == error


UNUSABLE = words(
    r"""
    https://coc.example.com/v1 https://coc.example.com// https://coc.example.com?a=b https://coc.example.com/?a=b
    https://coc.example.com#a https://coc.example.com: https://coc.example.com:0 https://coc.example.com:65536
    https://coc.example.com:port https://coc.example.com:-1 https://coc.exämple.com
    https://user:FakePassword@coc.example.com https://FakePassword@coc.example.com http://user:FakePassword@localhost
    http://localhost@evil.example http://localhost:80@evil.example http://localhost\@evil.example
    http://evil.example\.localhost http://localhost%2eevil.example http://[::1]evil.example http://[::1].evil.example
    http://evil.example[::1] http://evil.example[::1]:80 http://[localhost] http://[::1
    coc.example.com coc.example.com:443 //coc.example.com /v1/schedule/task ftp://coc.example.com file:///etc/passwd
    https:// https:///v1 https://:443 https
    """
)


@pytest.mark.parametrize("endpoint", [*UNUSABLE, "http://localhost evil.example"])
def test_anything_else_is_refused(endpoint):
    error = f"{quoted(endpoint)} is not a URL of the form https://host or https://host:port, without path or password."
    assert refusal(find_endpoint, {"endpoint": endpoint}, {}) == f"endpoint: {error}"
    variable = f"environment variable {ENDPOINT_VARIABLE}"
    assert refusal(find_endpoint, {}, {ENDPOINT_VARIABLE: endpoint}) == f"{variable}: {error}"


NOTHING = (
    "No site is set: neither region nor endpoint is set, nor the environment variable "
    f"{REGION_VARIABLE} or {ENDPOINT_VARIABLE}"
)


@pytest.mark.parametrize(
    "options, environ, problem",
    [
        ({}, {}, NOTHING),
        ({"endpoint": "", "region": None}, {REGION_VARIABLE: "  "}, NOTHING),
        # nothing is guessed: the wrong site returns an empty list
        ({"region": "sa-brazil-1"}, {}, "region: COC has no site for 'sa-brazil-1'"),
        ({"region": "CN-NORTH-4"}, {}, "region: COC has no site for 'CN-NORTH-4'"),
        ({}, {REGION_VARIABLE: "s"}, f"environment variable {REGION_VARIABLE}: COC has no site for 's'"),
    ],
)
def test_no_site(options, environ, problem):
    assert refusal(find_endpoint, options, environ) == f"{problem}. {ADVICE}"

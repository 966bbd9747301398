# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service says when it refuses a request, in English and in Chinese."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal, with its message in English and in Chinese."""

    def __init__(self, status, code, english, chinese):
        super().__init__(english)
        self.status, self.code, self.english, self.chinese = status, code, english, chinese


def unauthorized(english, chinese):
    return ApiError(
        401, "APIGW.0301", "Incorrect IAM authentication information: " + english, "IAM认证信息错误：" + chinese
    )


def invalid(english, chinese):
    return ApiError(400, "COC.00010002", "Invalid parameter: " + english, "参数错误：" + chinese)


# What an answer scripted by its status alone says.
ERRORS = {
    error.status: error
    for error in (
        invalid("the request is not valid.", "请求不合法。"),
        unauthorized("decrypt token fail", "令牌解析失败"),
        ApiError(403, "APIGW.0302", "The IAM user is not authorized to access the API.", "该IAM用户不允许访问该API。"),
        ApiError(
            404,
            "APIGW.0101",
            "The API does not exist or has not been published in the environment.",
            "API不存在或未发布到环境。",
        ),
        ApiError(
            429,
            "APIGW.0308",
            "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
            "流控阈值已达到：policy user over ratelimit,limit:200,time:5 minute",
        ),
        ApiError(500, "APIGW.0601", "Internal server error.", "系统内部错误。"),
        ApiError(502, "APIGW.0202", "Backend unavailable.", "后端不可用。"),
        ApiError(503, "APIGW.0202", "Backend unavailable.", "后端不可用。"),
        ApiError(504, "APIGW.0203", "Backend timeout.", "后端超时。"),
    )
}

"""Put placeholders in the place of paths, addresses, numbers of persons, secrets and keys."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import regex

from bettersynth.errors import UserError
from bettersynth.measuring.text.user_patterns import compile_pattern, substitute

# a path starts a text or a word, or stands after one of these; it ends before those
_START, _REST = r"(?<![^\s\"'(\[=])", r"[^\s\"')\]]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_BASE64 = "[A-Za-z0-9_=-]+"
_HEX_PAIR = r"[0-9A-Fa-f]{2}"
_DATE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_SECRETS = (
    r"api[_-]?key|apikey|secret|password|passwd|token|auth|authorization|credential"
    r"|license[_-]?key"
)
_CHANNELS = "feishu|dingtalk|wecom|wechat_work|email|mail|飞书|钉钉|企业微信|邮箱"

# (flag, pattern, placeholder's kind, replacement) in the order of Data-Juicer: whole blocks before
# what is in them. `{}` is the placeholder of the setting.
_RULES = (
    ("mask_pem", r"(?s)-----BEGIN [A-Z0-9 -]+-----.*?-----END [A-Z0-9 -]+-----", "pem", "{}"),
    ("mask_jwt", rf"\beyJ{_BASE64}\.{_BASE64}\.{_BASE64}\b", "jwt", "{}"),
    ("mask_urls", r"https?://[^\s\"'<>]+", "url", "{}"),
    ("mask_ips", rf"(?<![0-9.])(?:{_OCTET}\.){{3}}{_OCTET}(?![0-9])", "ip", "{}"),
    ("mask_ips", r"\[[0-9a-fA-F:.]{3,}\](?::\d{1,5})?\b", "ip", "{}"),
    ("mask_macs", rf"(?<![0-9A-Fa-f:])(?:{_HEX_PAIR}[:-]){{5}}{_HEX_PAIR}\b", "mac", "{}"),
    (
        "mask_paths",
        rf"{_START}/(?:Users?|home|tmp|etc|var|opt|Applications){_REST}*",
        "path",
        "{}",
    ),
    ("mask_paths", rf"{_START}[A-Za-z]:\\{_REST}*", "path", "{}"),
    ("mask_paths", rf"{_START}\\\\{_REST}+", "path", "{}"),
    ("mask_emails", r"[a-zA-Z0-9][\w.+-]*@[\w.-]+\.(?:[a-zA-Z]{2,}|\w{2,})", "email", "{}"),
    ("mask_secrets", rf"(?i)(\b(?:{_SECRETS})\s*[:=]\s*[\"']?)[^\s\"',}}\]]+", "secret", r"\1{}"),
    (
        "mask_ids",
        r"(?i)\b((?:session|user|request|trace)[_-]?id)\s*[:=]\s*[\"']?[\w.-]+",
        "id",
        r"\1{}",
    ),
    (
        "mask_channel_ids",
        rf"(?i)(\bchannel\s*[:=]\s*[\"']?|当前的\s*channel\s*[:：]\s*)(?:{_CHANNELS})\b",
        "channel_id",
        r"\1{}",
    ),
    ("mask_platform_open_ids", r"(?i)\bou_[0-9a-f]{32}\b", "channel_id", "{}"),
    ("mask_platform_open_ids", r"\b(?:ou_|u_|uid_)[0-9a-zA-Z_-]{16,64}\b", "channel_id", "{}"),
    ("mask_phones", r"\b1[3-9]\d{9}\b", "phone", "{}"),
    ("mask_phones", r"\+\d{1,4}[-.\s]?\d{6,14}\b", "phone", "{}"),
    ("mask_id_cards", rf"\b[1-9]\d{{5}}{_DATE}\d{{3}}[\dXx]\b", "id_card", "{}"),
)


@dataclass(frozen=True)
class Settings:
    """What is masked, and the placeholder of each kind.

    `extra_patterns` are further pairs of pattern and replacement, which come last.
    """

    mask_paths: bool = True
    mask_emails: bool = True
    mask_secrets: bool = True
    mask_ids: bool = True
    mask_phones: bool = True
    mask_id_cards: bool = True
    mask_channel_ids: bool = True
    mask_platform_open_ids: bool = True
    mask_pem: bool = True
    mask_jwt: bool = True
    mask_urls: bool = False
    mask_ips: bool = True
    mask_macs: bool = True
    path_replacement: str = "[PATH_REDACTED]"
    email_replacement: str = "[EMAIL_REDACTED]"
    secret_replacement: str = "[REDACTED]"
    id_replacement: str = "[ID_REDACTED]"
    phone_replacement: str = "[PHONE_REDACTED]"
    id_card_replacement: str = "[ID_CARD_REDACTED]"
    channel_id_replacement: str = "[CHANNEL_ID_REDACTED]"
    pem_replacement: str = "[PEM_REDACTED]"
    jwt_replacement: str = "[JWT_REDACTED]"
    url_replacement: str = "[URL_REDACTED]"
    ip_replacement: str = "[IP_REDACTED]"
    mac_replacement: str = "[MAC_REDACTED]"
    extra_patterns: list[list[str]] | None = None

    def __post_init__(self) -> None:
        for pair in self.extra_patterns or ():
            if len(pair) != 2:
                raise UserError(
                    f"pii_redaction_mapper: extra_patterns holds {pair!r}; "
                    "each must be a pattern and its replacement"
                )
        # a mistake is told before the first row
        rewrite([""], self)


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts with a placeholder in the place of each match, one rule after the other."""
    rules: list[tuple[str, str]] = []
    for flag, pattern, kind, replacement in _RULES:
        if getattr(settings, flag):
            placeholder = getattr(settings, f"{kind}_replacement")
            rules.append((pattern, replacement.format(placeholder)))
    masked = list(texts)
    for pattern, replacement in rules:
        masked = _replace(masked, re.compile(pattern).sub, pattern, replacement)
    for pattern, replacement in settings.extra_patterns or ():
        matcher = compile_pattern(pattern, "pii_redaction_mapper: the pattern")
        in_time = functools.partial(substitute, matcher)
        masked = _replace(masked, in_time, pattern, replacement)
    return masked


def _replace(
    texts: list[str], substituted: Callable[[str, str], str], pattern: str, replacement: str
) -> list[str]:
    try:
        return [substituted(replacement, text) for text in texts]
    except (re.error, regex.error, IndexError) as error:
        raise UserError(
            f"pii_redaction_mapper: {replacement!r} for the pattern {pattern!r}: {error}"
        ) from None

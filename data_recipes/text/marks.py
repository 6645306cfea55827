"""Marks of spam, of machine translation, of web pages' furniture, of broken encodings: each with the words that were matched.

Marks are what their makers left behind. A good machine translation leaves none, so `machine_translation` finds the
careless only: notices, unfilled templates, tags of translation widgets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from data_recipes.text.found import Found

_I = re.IGNORECASE

_SPAM: Mapping[str, str] = {
    "call to buy": r"\b(?:buy|order|shop|call|act|apply|sign up|book) now\b|\badd to (?:cart|basket)\b|\bfree shipping\b|\bmoney[- ]back "
    r"guarantee\b|\blimited[- ]time offer\b"
    r"|点击购买|立即购买|马上抢购|全国包邮|限时(?:优惠|抢购|特价)|货到付款",
    "bait": r"\b(?:click here|click the link below|subscribe (?:now|to our (?:channel|newsletter)))\b|\b100% (?:free|guaranteed"
    r"|satisfaction)\b|\b(?:make|earn) (?:money|cash|\$\d+) (?:fast|online|from home)\b"
    r"|\byou(?:'ve| have) (?:been selected|won)\b|\bcongratulations[,!] you\b|点击(?:这里|此处|链接)|免费领取"
    r"|恭喜您(?:中奖|获得)|日赚|躺赚",
    "contact": r"(?:加|添加)?\s*(?:微信号?|VX|QQ群?|扣扣)\s*[:：]?\s*[A-Za-z0-9_-]{5,}|\bwhats\s?app\s*[:+]?\s*\+?\d[\d -]{6,}"
    r"|\btelegram\s*[:@]\s*@?\w{4,}|\bcall us (?:at|on|now)\b",
    "trade": r"\b(?:viagra|cialis|casino|payday loans?|replica watch(?:es)?|weight[- ]loss pills?|escort service|cheap (?:jerseys"
    r"|essays?)|online slots?|forex signals?|crypto giveaway)\b"
    r"|代开发票|博彩|彩票平台|时时彩|六合彩|贷款秒批|办证刻章|成人视频|赌场|刷单",
    "shouting": r"(?:[!！]{3,})|(?:[$￥]{3,})|(?:★|☆|►|✅|🔥){3,}",
}
_TRANSLATION: Mapping[str, str] = {
    "notice": r"\b(?:machine|automatically|auto)[- ]translat(?:ed|ion)\b|\btranslated (?:by|with|using) (?:google|bing|deepl|microsoft"
    r"|baidu|yandex)\b|\bgoogle translate\b"
    r"|机器翻译|机翻|(?:由|通过|使用)(?:谷歌|百度|有道|必应|DeepL|Google).{0,4}翻译|自动翻译",
    "widget": r"\bgoog-(?:gt|text)-\w+|\btranslate\.google(?:apis)?\.com\b|\bnotranslate\b|\bclass=\"translated",
    "unfilled": r"\[(?:translation missing|missing translation|untranslated)[^\]]*\]|\btranslation[_ ]missing\b|\b__MSG_\w+__|\{\{\s*(?:t"
    r"|i18n|trans)\b[^}]*\}\}",
    "left over": r"\[(?:UNK|unk)\]|<unk>|⁇|&#(?:\d{2,5}|x[0-9a-f]{2,5});",
}
_FURNITURE: Mapping[str, str] = {
    "policy": r"\b(?:terms (?:of (?:use|service)|and conditions)|privacy policy|cookie policy|uses? cookies|use of cookies|all rights "
    r"reserved|accept (?:all )?cookies)\b|版权所有|隐私政策|服务条款|备案号|ICP备",
    "script": r"\b(?:enable|requires?|turn on|activate) javascript\b|\bjavascript (?:is|must be) (?:disabled|enabled)\b|\bvar \w+ ?= "
    r"?(?:document|window)\b",
    "placeholder": r"\blorem ipsum\b|\b(?:page|file) not found\b|\b404 error\b|\bunder construction\b",
    "navigation": r"^\s*(?:home|about(?: us)?|contact(?: us)?|login|log in|sign in|register|share|tweet|menu|search|next|previous|read "
    r"more|reply|likes?|comments?)\s*(?:[|»>·]\s*\w[^\n]{0,40})*$"
    r"|^\s*(?:首页|上一篇|下一篇|返回顶部|登录|注册|分享到.*|相关阅读|责任编辑.*)\s*$",
    "markup": r"</?(?:div|span|td|tr|p|br|table|li|ul|a|script|style|img)\b[^>\n]{0,200}>|&(?:nbsp|amp|quot|lt|gt);",
}
_ODD: Mapping[str, str] = {
    "replacement character": r"\ufffd|\ufffe|\uffff",
    "control character": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    "invisible character": r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]",
    "private use": r"[\ue000-\uf8ff]",
    "letters set apart": r"(?<!\S)(?:[a-zA-Z] ){5,}[a-zA-Z](?!\S)",
    "mixed alphabets in a word": r"\b(?=\w*[a-zA-Z])(?=\w*[\u0400-\u04ff])\w+\b",
    "run of one sign": r"([^\w\s])\1{9,}|([_])\2{19,}",
}


def _compile(patterns: Mapping[str, str]) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern, _I | re.MULTILINE)) for name, pattern in patterns.items()]


_TABLES = {"spam": _compile(_SPAM), "machine_translation": _compile(_TRANSLATION), "furniture": _compile(_FURNITURE), "odd": _compile(_ODD)}


def _find(table: str, text: str) -> list[Found]:
    """Every match, sorted by place."""
    found = [Found.at(by, text, *match.span()) for by, pattern in _TABLES[table] for match in pattern.finditer(text)]
    return sorted(found, key=lambda hit: (hit.span or (0, 0), hit.by))


def spam(text: str) -> list[Found]:
    return _find("spam", text)


def machine_translation(text: str) -> list[Found]:
    return _find("machine_translation", text)


def furniture(text: str) -> list[Found]:
    """What stands around the text of a web page: notices, navigation, markup (C4's and OBELICS' kind of lines)."""
    return _find("furniture", text)


def odd_formatting(text: str) -> list[Found]:
    """Broken encodings and layouts; mojibake by ftfy."""
    return _find("odd", text)


def mojibake(text: str) -> int:
    """Number of places that look wrongly decoded ("Ã©" for "é"), by ftfy's measure."""
    from ftfy.badness import badness

    return badness(text)

"""The words of a figure's lines, in Chinese and English, from the line's code and parameters."""

from __future__ import annotations

from ledger.rulebook.figure import FigureLine

LABELS: dict[str, dict[str, str]] = {
    "base": {"zh": "基础分", "en": "Base"},
    "finding": {
        "zh": "认定扣分：{points} × 时间系数 {time} × 状态系数 {status}",
        "en": "Finding: {points} × time {time} × status {status}",
    },
    "kept-promise": {"zh": "按期履约，计至 {until}", "en": "Commitment kept on time, counts until {until}"},
    "kept-promise-cap": {"zh": "履约加分超出上限", "en": "Over the cap of kept commitments"},
    "floor": {"zh": "补足至下限", "en": "Raised to the floor"},
    "cap": {"zh": "超出总分上限", "en": "Over the cap of the balance"},
    "assessment": {"zh": "考核综合分 {composite} × {share}", "en": "Assessment composite {composite} × {share}"},
    "commitments": {
        "zh": "履约率 {ratio} × {points}，计入承诺 {counted} 项",
        "en": "Kept commitments {ratio} × {points}, {counted} counted",
    },
    "conduct": {"zh": "守信基础分", "en": "Conduct points"},
    "own-finding": {
        "zh": "本单位认定扣分：{points} × 时间系数 {time} × 状态系数 {status}",
        "en": "Finding about the unit: {points} × time {time} × status {status}",
    },
    "linked-finding": {
        "zh": "工作人员履职认定关联：{share} × {points} × 时间系数 {time} × 状态系数 {status}",
        "en": "Duty-related finding of an official: {share} × {points} × time {time} × status {status}",
    },
    "link-cap": {"zh": "关联扣分超出上限，返还", "en": "Given back: links over their cap"},
    "conduct-floor": {"zh": "守信分补足至零", "en": "Conduct points raised to zero"},
    "rounding": {"zh": "四舍五入差额", "en": "Rounding"},
}


def label_text(line: FigureLine, lang: str) -> str:
    """The line in words; `lang` is "zh" or "en"."""
    return LABELS[line.label][lang].format_map(line.params)

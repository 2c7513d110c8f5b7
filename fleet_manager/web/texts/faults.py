"""What each fault of a gate is called, and what to do about it: the words that its own page uses.

`gate_agent/page/assets/faults.js` has the same for staff at the gate; a test compares the two.
"""

FAULTS = {
    "scanner": (
        "扫码器",
        "scanner",
        "插好插头；不行就输入票号，叫技术员",
        "plug it in; else type the number and call a technician",
    ),
    "camera": (
        "摄像头",
        "camera",
        "插好插头；不行就输入票号，叫技术员",
        "plug it in; else type the number and call a technician",
    ),
    "arm": (
        "闸臂",
        "arm",
        "请游客走别的通道，叫技术员",
        "send visitors to another lane, call a technician",
    ),
    "release": (
        "闸臂没有动作",
        "arm did not open",
        "人工放行这位游客，叫技术员",
        "let this visitor in by hand, call a technician",
    ),
    "inputs": ("输入信号", "inputs", "叫技术员", "call a technician"),
    "battery": (
        "停电或电池",
        "mains or battery",
        "查看电源；叫技术员",
        "look at the mains; call a technician",
    ),
    "lamps": ("指示灯", "lamps", "照常检票；叫技术员", "go on; call a technician"),
    "display": ("显示屏", "display", "照常检票；叫技术员", "go on; call a technician"),
    "buzzer": ("蜂鸣器", "buzzer", "照常检票；叫技术员", "go on; call a technician"),
    "voice": ("语音", "voice", "照常检票；叫技术员", "go on; call a technician"),
    "page": ("本页面", "this page", "叫技术员", "call a technician"),
    "staff code": (
        "工号密码多次输错",
        "wrong staff codes",
        "查问是谁在试；到时自动恢复",
        "ask who tries; it opens by itself",
    ),
    "journal": (
        "存储卡",
        "storage card",
        "无法记录，停止检票；叫技术员",
        "nothing can be recorded, stop; call a technician",
    ),
    "new journal": (
        "通行记录重新开始",
        "records begun anew",
        "用过的票可能再次放行；叫技术员",
        "used tickets may pass; call a technician",
    ),
    "identity": (
        "身份重复或不被确认",
        "this gate's identity",
        "可能有两块主板同名；叫技术员",
        "two boards may have one name; call a technician",
    ),
    "ticket list": ("名单", "ticket list", "照常检票；叫技术员", "go on; call a technician"),
    "key set": ("密钥", "keys", "照常检票；叫技术员", "go on; call a technician"),
    "own key": ("本机密钥", "own key", "照常检票；叫技术员", "go on; call a technician"),
    "news": (
        "其他闸机的消息",
        "news of other gates",
        "照常检票；叫技术员",
        "go on; call a technician",
    ),
    "update": (
        "软件更新没有成功",
        "an update came to nothing",
        "照常检票；告诉技术员",
        "work goes on; tell a technician",
    ),
    "rule book": ("规则", "rules", "照常检票；叫技术员", "go on; call a technician"),
    "beacon": (
        "中心的更新没有到达",
        "updates do not arrive",
        "照常检票；叫技术员",
        "go on; call a technician",
    ),
    "clock": ("时钟", "clock", "照常检票；叫技术员", "go on; call a technician"),
    "outbox": ("上传", "upload", "照常检票；叫技术员", "go on; call a technician"),
    "holder check": ("证件核验", "holder check", "叫技术员", "call a technician"),
    "typed code": ("票号核验", "typed numbers", "叫技术员", "call a technician"),
}
"""By device: (zh, en, what to do in zh, in en)."""
OTHER = ("故障", "fault", "叫技术员", "call a technician")
"""Of a device that is not known here."""

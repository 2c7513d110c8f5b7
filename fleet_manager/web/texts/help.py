"""Texts of the help page; each page's own help stands beside its texts."""

TEXTS = {
    "help.title": ("帮助", "Help"),
    "help.you": ("您以 {name} 登录，角色：{role}", "You are signed in as {name}, a {role}"),
    "help.keys": ("键盘", "Keys"),
    "help.keys_text": (
        "Tab 在链接、输入框和按钮之间移动，Enter 打开或提交。首个 Tab 停在“跳到内容”。票号框可直接用扫码枪输入。",
        "Tab moves between links, fields and buttons, Enter opens or sends. The first Tab stops at "
        "'Skip to the content'. A scanner types straight into the field for tickets.",
    ),
    "help.live": (
        "园内人数 = 今日入园 − 今日出园，各闸机上传后立即更新。无声的闸机仍在离线检票，其人数在恢复后补入，所以页面会说明还缺哪些闸机。"
        "大屏：由管理员在“人员”中生成显示令牌，打开 /wall/令牌。",
        "Inside now is the day's entries less its exits, as gates deliver them. A gate that is "
        "silent goes on offline; its numbers come later, so the page says which are missing. For a "
        "wall screen an administrator makes a display token under People: open /wall/TOKEN.",
    ),
}

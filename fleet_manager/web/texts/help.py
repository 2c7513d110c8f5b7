"""What the help page says of each page: how it is read, and what to do with it."""

TEXTS = {
    "help.title": ("帮助", "Help"),
    "help.you": ("您以 {name} 登录，角色：{role}", "You are signed in as {name}. Role: {role}"),
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
    "help.people": (
        "这里列出所有能登录控制台的人。角色决定能看什么、能做什么；站点把操作限定在该站点的闸机上。"
        "修改角色或站点立即生效，并结束此人的登录。\n\n"
        "添加用户或重设密码时会得到一个一次性链接，24 小时内有效，只能用一次，只显示一次。"
        "没有邮件服务器也能用：请当面交给本人，或用只有本人能看到的方式发送。\n\n"
        "离开景区的人请停用：登录立即结束。用户名不会再给别人，审计记录里的姓名永远属于同一个人。"
        "最后一位管理员不能停用。\n\n"
        "令牌给程序和大屏使用，只显示一次。丢失时请收回并另建一个。",
        "Everybody who can sign in at the console. The role says what they see and do; a station "
        "limits what they act on to the gates of that station. Another role or station counts at "
        "once and ends their sessions.\n\n"
        "Adding a user or resetting a password gives a one-time link: good for 24 hours, for one "
        "use, and shown once. No mail server is needed: hand it over, or send it by a way that "
        "only this person reads.\n\n"
        "Disable whoever leaves the park: they are out at once. A name is never given to another "
        "person, so in the audit it stays theirs. The last administrator cannot be disabled.\n\n"
        "Tokens are for programs and wall screens and are shown once. Take a lost one back and "
        "make another.",
    ),
    "help.account": (
        "修改自己的密码、语言，启用第二步验证，查看自己在哪里登录并结束不认识的登录。\n\n"
        "第二步验证：扫描二维码，输入手机显示的验证码即可启用。请打印十个恢复码；"
        "手机丢失且没有恢复码时，请管理员重设。",
        "Change your password and language, set up the second factor, see where you are signed in, "
        "and end a session that you do not know.\n\n"
        "For the second factor, scan the code and give what the phone shows. Print the ten "
        "recovery codes; without phone and codes an administrator has to reset it.",
    ),
    "help.audit": (
        "每个人的每次操作都在这里，被拒绝的也在：谁、何时、从哪里、做了什么、改前和改后。"
        "点开一行可以看到改动的内容。\n\n"
        "每一行都用哈希与上一行相连。“核对”会重新计算整条链，找出被改、被抽走或被截断的行。"
        "拿到数据库的人可以重算整条链，所以链头每天要离开本机：把保存的链头文件交给“核对”一起比较。\n\n"
        "导出的文件包含被哈希的原始内容，导出本身也会记入审计。",
        "Every act of a person is here, also a refused one: who, when, from where, what, and what "
        "was before and after. Open a line to see what it changed.\n\n"
        "Each line is chained to the one before by its hash. “Verify” computes the chain anew and "
        "finds lines that were changed, taken out or cut off. Whoever has the database could "
        "compute it all anew, so its head leaves the house each day: give a kept head to “Verify” "
        "and it is compared too.\n\n"
        "An export holds the very bytes that were hashed; exporting is an act as well.",
    ),
}

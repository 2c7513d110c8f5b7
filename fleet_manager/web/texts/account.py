"""Texts of the page about one's own account."""

TEXTS = {
    "menu.account": ("我的账户", "Your account"),
    "account.title": ("我的账户", "Your account"),
    "account.password": ("修改密码", "Change the password"),
    "account.present": ("现在的密码", "Present password"),
    "account.password_go": ("修改密码", "Change it"),
    "account.password_hint": (
        "修改后，其他地方的登录全部结束。",
        "Sessions elsewhere end with it.",
    ),
    "account.password_changed": ("密码已修改", "Your password is changed"),
    "account.factor_words": (
        "启用后，登录除密码外还需要手机应用显示的六位验证码。请至少为系统管理员启用。",
        "With it, signing in takes a code of six digits from an app of your phone besides the "
        "password. Administrators should have it.",
    ),
    "account.offer": ("设置第二步验证", "Set it up"),
    "account.offer_again": ("换一个新的二维码", "Draw another code"),
    "account.scan": (
        "请用手机上的验证器应用扫描二维码，然后输入它显示的验证码。",
        "Scan this with the authenticator app of your phone, then give the code that it shows.",
    ),
    "account.or_type": ("或手工输入：", "or type it:"),
    "account.code": ("验证码", "Code"),
    "account.confirm": ("启用", "Put it in force"),
    "account.factor_on": ("已启用", "in force"),
    "account.codes_left": ("还剩 {count} 个恢复码", "{count} recovery codes left"),
    "account.new_codes": ("生成新的恢复码", "Make new recovery codes"),
    "account.drop": ("停用第二步验证", "Take it out of force"),
    "account.drop_sure": ("登录将只需要密码。继续吗？", "A password alone will do then. Go on?"),
    "account.dropped": ("第二步验证已停用", "The second factor is out of force"),
    "account.codes_title": ("恢复码", "Recovery codes"),
    "account.codes_words": (
        "只显示这一次。请打印并妥善保管：手机丢失时每个恢复码可以代替一次验证码。",
        "They are shown this once. Print them and keep them safe: each stands in for a code once, "
        "when the phone is lost.",
    ),
    "account.sessions": ("您在哪里登录", "Where you are signed in"),
}

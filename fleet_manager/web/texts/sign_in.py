"""Texts of signing in and of one-time links."""

TEXTS = {
    "sign_in.title": ("登录", "Sign in"),
    "sign_in.name": ("用户名", "User name"),
    "sign_in.password": ("密码", "Password"),
    "sign_in.go": ("登录", "Sign in"),
    "sign_in.lost": (
        "忘记密码？请管理员为您生成一次性链接。",
        "Password lost? An administrator can make you a one-time link.",
    ),
    "code.title": ("第二步验证", "Second step"),
    "code.code": ("动态验证码或恢复码", "One-time code or recovery code"),
    "link.title": ("设置密码", "Choose your password"),
    "link.password": ("新密码（至少 10 个字符）", "New password (10 characters or more)"),
    "link.again": ("再输入一次", "Once more"),
    "link.purpose.first": (
        "这是第一位管理员的链接：{name}。设置密码后您就可以添加其他人。",
        "This is the link of the first administrator, {name}. With a password you can add others.",
    ),
    "link.purpose.invitation": (
        "{name}，欢迎。请设置您的密码。",
        "Welcome, {name}. Choose your password.",
    ),
    "link.purpose.entry": (
        "{name}，此链接可登录一次，无需密码。",
        "{name}, this link signs you in once, without a password.",
    ),
    "link.purpose.reset": (
        "{name}，请重新设置您的密码。",
        "{name}, choose another password.",
    ),
    "link.name": ("您的用户名：", "Your user name:"),
    "link.go": ("设置", "Set it"),
    "link.differ": ("两次输入的密码不同", "the two passwords differ"),
    "link.used": ("您已登录", "You are signed in"),
}

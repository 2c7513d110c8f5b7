"""What services refuse, in Chinese: patterns of their sentences, and the words for each."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {}
CHINESE: Final = (
    # reports
    (r"cannot make a report without columns", r"报表至少要有一列"),
    (r"choose at least one", r"请至少选择一列"),
    (r"cannot make a report: its last day is before its first", r"结束日期早于开始日期"),
    (
        r"cannot make a report of (\d+) days by .*: (\d+) days are the most",
        r"这样分组的报表最多 \2 天，所选为 \1 天",
    ),
    (r"take fewer days, or group by month", r"请缩短时间，或按月分组"),
    (r"cannot use ('.*'): no such group", r"没有 \1 这种分组"),
    (r"cannot use ('.*'): no such column", r"没有 \1 这一列"),
    (r"cannot show station (.*): .* is of station (.*)", r"您的账户属于站点 \2，不能查看站点 \1"),
    (r"cannot use (\w+) ('.*'): must be like 2026-11-30, .*", r"\2 不是日期，应如 2026-11-30"),
    (r"cannot use (\w+) ('.*'): must be a year from .*", r"年份必须在 1971 到 9998 之间"),
    (r"cannot make a PDF: no TrueType font .*", r"不能生成 PDF：服务器上没有中文字体"),
    (r"cannot make a PDF: reportlab is not installed", r"不能生成 PDF：服务器上没有安装 reportlab"),
    # signing in
    (r"the name or the password is wrong", r"用户名或密码错误"),
    (r"the password is wrong", r"密码错误"),
    (r"the code is wrong, or was used before", r"验证码错误，或已用过"),
    (r"wait for the next code of the phone", r"请等手机显示下一个验证码"),
    (r"wait (\d+) s before the next attempt", r"请等待 \1 秒后再试"),
    (r"too many attempts have failed", r"失败次数过多"),
    (r"the password was given too long ago", r"输入密码后等待过久"),
    (r"sign in from the start", r"请重新登录"),
    (r"this link was used, has expired, or never was one", r"此链接已使用、已过期或无效"),
    (r"this link is for signing in, and sets no password", r"此链接只用于登录，不能设置密码"),
    (r"this link sets a password, and does not sign in", r"此链接用于设置密码，不能直接登录"),
    (r"ask an administrator for another: .*", r"请管理员重新生成链接"),
    (r"cannot compare the password now: .*", r"现在登录的人太多，无法核对密码"),
    (r"try again", r"请重试"),
    # why, in the audit
    (r"wrong password", r"密码错误"),
    (r"nobody has this name", r"没有这个用户名"),
    (r"the user is disabled", r"用户已停用"),
    (r"the user has no password yet", r"用户还没有设置密码"),
    (r"their role does not include it", r"角色没有此权限"),
    # passwords and the second factor
    (
        r"cannot use this password: must have (\d+) to (\d+) characters",
        r"密码必须有 \1 到 \2 个字符",
    ),
    (r"three or four words are easier to remember than signs", r"三四个词比符号更好记"),
    (
        r"cannot use this password: must have (\d+) different characters",
        r"密码中至少要有 \1 种不同的字符",
    ),
    (r"cannot use this password: the name is in it", r"密码中不能含有用户名"),
    (
        r"cannot put the second factor in force: the code is not one of this secret",
        r"无法启用第二步验证：验证码与此密钥不符",
    ),
    (
        r"look whether the phone's clock is right, and give the code that it shows now",
        r"请检查手机时间是否准确，并输入当前显示的验证码",
    ),
    (r"cannot make recovery codes: there is no second factor", r"尚未启用第二步验证，没有恢复码"),
    (
        r"cannot read the second factor: it was sealed under other keys than this park's",
        r"无法读取第二步验证：它是用另一套密钥保存的",
    ),
    (r"an administrator takes it away: .*", r"请管理员移除第二步验证"),
    (r"cannot end this session: it has ended already", r"此登录已经结束"),
    # users
    (
        r"cannot use the name (.*): must be 1 to 32 of a-z, 0-9 and \. - _",
        r"名称 \1 不可用：须为 1 到 32 个 a-z、0-9 或 . - _",
    ),
    (
        r"cannot use the shown name (.*): must be 1 to (\d+) characters in one line",
        r"姓名 \1 不可用：须为一行 1 到 \2 个字符",
    ),
    (r"cannot use the language .*: must be zh, en or empty", r"语言只能是中文、英文或不指定"),
    (r"cannot add user (\S+): there is one", r"用户 \1 已存在"),
    (r"names are never given to another person; .*", r"用户名不会再给别人；可以重新启用该用户"),
    (r"cannot find user '?([^']*)'?", r"没有用户 \1"),
    (r"`fleet-manager user list` shows all of them", r"人员页面列出所有用户"),
    (r"cannot change user (\S+): nothing to change is given", r"用户 \1：没有要修改的内容"),
    (r"cannot (?:dis|en)able user (\S+): they are .*", r"用户 \1 已经是此状态"),
    (
        r"cannot make a link for user (\S+): they are disabled",
        r"用户 \1 已停用，不能生成链接",
    ),
    (r"`fleet-manager user enable (\S+)` first", r"请先启用 \1"),
    (
        r"cannot take the park's last administrator away: (\S+)",
        r"\1 是景区最后一位管理员，不能停用或改为其他角色",
    ),
    (r"make somebody else an administrator first", r"请先让另一个人成为管理员"),
    (
        r"cannot give a person the role display: displays hold a token",
        r"人员不能用大屏角色：大屏使用令牌",
    ),
    (r"`fleet-manager user token add` makes one", r"请在令牌页面生成"),
    (
        r"cannot limit an administrator to a station: .*",
        r"管理员管理全园，不能限定站点",
    ),
    (r"cannot find station '?([^']*)'?", r"没有站点 \1"),
    # tokens
    (r"cannot make a token with the role administrator", r"令牌不能有管理员角色"),
    (r"what an administrator may do is for people, who sign in", r"管理员的权限只给登录的人"),
    (
        r"cannot make a token for so long: must be from 1 minute to 400 days",
        r"令牌有效期须为 1 分钟到 400 天",
    ),
    (r"cannot find token '?([^']*)'?", r"没有令牌 \1"),
    (r"cannot end token (\S+): it has ended already", r"令牌 \1 已经结束"),
    # webhooks
    (
        r"cannot add webhook '?([^']*)'?: must be .*",
        r"名称 \1 不可用：须为 1 到 20 个 a-z、0-9 或 -",
    ),
    (r"cannot add webhook (\S+): it exists", r"接收方 \1 已存在"),
    (r"cannot add webhook \S+: there are (\d+), and no more are allowed", r"接收方最多 \1 个"),
    (r"cannot find webhook '?([^']*)'?", r"没有接收方 \1"),
    (r"cannot find event '?([^']*)'?", r"没有事件 \1：只保存 30 天"),
    (r"cannot disable webhook (\S+): it is disabled", r"接收方 \1 已经停用"),
    (r"cannot send events to (\S+): it is not an allowed host", r"\1 不是允许的主机"),
    (r"add it to centre\.toml: (.*)", r"请在 centre.toml 中添加：\1"),
    (r"cannot send events to '(.*)': it is no.*address", r"\1 不是 http 或 https 地址"),
    (
        r"cannot send events to '(.*)': .*",
        r"地址 \1 不可用：不能含用户名、# 和空格，最多 500 个字符",
    ),
    (r"cannot deliver to (\S+): (\d+) attempts: .*", r"\1 试了 \2 次都没有收到"),
    (r"cannot deliver to (\S+): no answer in time", r"\1 没有及时回应"),
    (r"cannot deliver to (\S+): connection refused", r"\1 没有程序在接收"),
    (r"cannot deliver to (\S+): its name is not known", r"找不到 \1 的主机名"),
    (r"cannot deliver to (\S+): it answered (\d+)", r"\1 回应 \2"),
    (r"cannot deliver to (\S+): it redirects \((\d+)\).*", r"\1 要求转到别处（\2）：请填最终地址"),
    (r"cannot deliver to (\S+): its certificate is not good: (.*)", r"\1 的证书无效：\2"),
    (r"(\d+) attempts: .*", r"试了 \1 次都没有收到"),
    (r"no answer in time", r"没有及时回应"),
    (r"connection refused", r"没有程序在接收"),
    (r"its name is not known", r"找不到主机名"),
    (r"its answer is no HTTP", r"回应不是 HTTP"),
    (r"it answered (\d+)", r"回应 \1"),
    (r"it wants nothing any more \(410\)", r"对方不再接收（410）"),
    (r"it redirects \((\d+)\), which is not followed: .*", r"要求转到别处（\1）：请填最终地址"),
    (r"its certificate is not good: (.*)", r"证书无效：\1"),
    # rights
    (r"cannot (?:do|show) (\S+): (.*) is (\S+)", r"\2（\3）没有权限：\1"),
    (r"allowed to: (.*)", r"有权限的角色：\1"),
    (
        r"cannot do (\S+): (.*) is \S+ of station (\S+), and this is about .*",
        r"\2 只能在站点 \3 操作：\1",
    ),
    (r"ask somebody whose account is for the whole park", r"请找负责全园的人"),
    # the audit
    (r"line (\d+) was changed", r"第 \1 行被改过。"),
    (r"line (\d+) is missing", r"第 \1 行缺失。"),
    (r"(\d+) lines are cut off at the end", r"末尾缺少 \1 行。"),
    (
        r"line (\d+) is not the one whose head was kept: lines were replaced",
        r"第 \1 行与保存的链头不符：记录被重写过。",
    ),
    (r"the noted hash is of no line: lines were replaced", r"没有哈希相符的行：记录被重写过。"),
    (r"cannot read this as a head of the audit", r"这不是审计链头文件"),
    (r"give the file as `fleet-manager audit head` has written it", r"请使用原样保存的链头文件"),
    (r"cannot use this head: it is of park (.*), not (\S+)", r"此链头属于景区 \1，不是 \2"),
    (
        r"cannot use this head of line (\d+): no key of this park's centre has signed it",
        r"第 \1 行的链头没有本景区中心的签名",
    ),
    (r"somebody has made or changed it; .*", r"它是伪造或被改过的；或者密钥集已不是当时的"),
)
"""Later ones are tried only where no earlier one fits."""

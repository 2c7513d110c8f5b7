"""Why the broker cannot be reached, in words that name the cause and the cure."""

import errno
import socket
import ssl
from typing import NamedTuple

from gate_agent.config.settings import BrokerAddress
from gate_agent.signs import Words

_OTHER_NAME = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL's x509_vfy.h."""
_NOT_YET, _EXPIRED = 9, 10
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class LinkTrouble(NamedTuple):
    """`why`: what happened, and at which address. `hint`: what to do."""

    why: Words
    hint: Words

    def line(self) -> str:
        """Return both in English, as status and log show them."""
        return f"{self.why.en}; {self.hint.en}"


def trouble_of(error: BaseException, broker: BrokerAddress) -> LinkTrouble:
    """Return what an error of connecting to `broker` means."""
    at = f"{broker.host}:{broker.port}"
    if isinstance(error, socket.gaierror):
        return LinkTrouble(
            Words(f"找不到主机名 {broker.host}", f"the name {broker.host} is not known"),
            Words(
                "gate.toml 的 host 写对了吗？DNS 或 /etc/hosts 里有它吗？",
                "is host in gate.toml right? do DNS or /etc/hosts have it?",
            ),
        )
    if isinstance(error, ConnectionRefusedError):
        return LinkTrouble(
            Words(f"{at} 无人监听", f"nobody listens at {at}"),
            Words("端口对吗？消息服务在运行吗？", "is the port right? does the broker run there?"),
        )
    if isinstance(error, TimeoutError):
        return LinkTrouble(
            Words(f"{at} 没有应答", f"no answer from {at}"),
            Words("检查地址、网线和防火墙", "check address, cable and firewall"),
        )
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return closed_by_broker(at)
    if isinstance(error, ssl.SSLError):
        return _tls_trouble(error, broker, at)
    if getattr(error, "errno", None) in _NO_ROUTE:
        return LinkTrouble(
            Words(f"没有到 {at} 的网络", f"no network to {at}"),
            Words("检查网线和地址", "check cable and address"),
        )
    text = getattr(error, "strerror", None) or str(error) or "the connection was closed"
    return LinkTrouble(
        Words(f"无法连接 {at}：{text}", f"cannot reach {at}: {text}"),
        Words("检查网线、地址和端口", "check cable, address and port"),
    )


def _tls_trouble(error: ssl.SSLError, broker: BrokerAddress, at: str) -> LinkTrouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _their_certificate(error.verify_code, error.verify_message, broker, at)
    reason = getattr(error, "reason", None) or str(error)
    if "ALERT" in reason.upper():
        return refused_by_broker(at, reason)
    return LinkTrouble(
        Words(
            f"{at} 不是消息服务的 TLS 端口：{reason}",
            f"{at} does not speak TLS as the broker does: {reason}",
        ),
        Words("端口对吗？应为 8883", "is the port right? it is 8883 as a rule"),
    )


def _their_certificate(code: int, message: str, broker: BrokerAddress, at: str) -> LinkTrouble:
    if code in _OTHER_NAME:
        return LinkTrouble(
            Words(
                f"{at} 的证书不是发给 {broker.host} 的",
                f"the certificate of {at} is for another name than {broker.host}",
            ),
            Words(
                "host 写成证书上的名称，或 fleet-manager broker-cert --host 重做证书",
                "set host to a name in it, or make it again: fleet-manager broker-cert --host",
            ),
        )
    if code in (_EXPIRED, _NOT_YET):
        word = (
            Words("已过期", "has expired")
            if code == _EXPIRED
            else Words("尚未生效", "is not valid yet")
        )
        return LinkTrouble(
            Words(f"{at} 的证书{word.zh}", f"the certificate of {at} {word.en}"),
            Words(
                "本机时钟对吗（timedatectl）？对的话在中心重做：fleet-manager broker-cert",
                "is this clock right (timedatectl)? if so, at the centre: "
                "fleet-manager broker-cert",
            ),
        )
    return LinkTrouble(
        Words(
            f"{at} 的证书不是本景区签发的：{message}",
            f"the certificate of {at} is not of this park's authority: {message}",
        ),
        Words(
            "host 指向别的服务器？身份文件夹里的 ca.crt 是旧的？",
            "does host name another server? is ca.crt in the identity an old one?",
        ),
    )


def refused_by_broker(at: str, reason: str) -> LinkTrouble:
    """Return that the broker does not accept this gate. `reason`: its own or TLS's word."""
    return LinkTrouble(
        Words(
            f"{at} 不接受本闸机的证书：{reason}",
            f"{at} does not accept this gate's certificate: {reason}",
        ),
        Words(
            "证书过期或被撤销？时钟对吗？gate-agent check 的“证书”一行会说明",
            "has it expired or was it withdrawn? are the clocks right? "
            "gate-agent check, row certificate",
        ),
    )


def closed_by_broker(at: str) -> LinkTrouble:
    """Return that the broker has closed the connection before it accepted this gate."""
    return LinkTrouble(
        Words(
            f"{at} 在接受本闸机之前关闭了连接",
            f"{at} closed the connection before it accepted this gate",
        ),
        Words(
            "证书是本闸机的吗？中心的消息服务日志会说明",
            "is the certificate this gate's? the broker's log says why",
        ),
    )

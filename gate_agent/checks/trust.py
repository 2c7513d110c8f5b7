"""The gate's identity and the keys that it trusts: key, certificate, key ring."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both
from gate_agent.clock import SystemClock, boot_number
from gate_agent.errors import GateError
from gate_agent.health import Health
from gate_agent.signs import Words
from gate_agent.time_bound import TimeBound
from gate_agent.trust import identity
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import Identity
from gate_agent.trust.in_force import Trust
from gate_agent.trust.key_renewal import current
from gate_agent.validator.trust.keys import KeyUse, key_id

SOON_DAYS = 90

_IDENTITY = CheckPart("identity", Words("身份与密钥", "identity and keys"))
_CERTIFICATE = CheckPart("certificate", Words("证书", "certificate"))
_AGAIN = Words(
    "重新复制 fleet-manager gate add 为本闸机生成的文件夹",
    "copy the folder again that fleet-manager gate add wrote for this gate",
)


def own_identity(visit: CheckVisit) -> Identity:
    """Return what the gate is now: as it was enrolled, or with a renewed key. Raises
    ConfigError."""
    return current(
        identity.load(visit.settings.identity), TrustDocuments.on_disk(visit.settings.data)
    )


def trust_in_force(visit: CheckVisit) -> Trust:
    """Return what the gate trusts now: the enrolment's keys, or a later key set. Raises
    ConfigError."""
    clock = SystemClock(boot_number(), trust_host=False, bound=TimeBound())
    ring = identity.load(visit.settings.identity).ring
    trust = Trust(ring, TrustDocuments.on_disk(visit.settings.data), clock, Health())
    trust.load()
    return trust


def check_identity(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check the gate's own key and the keys that it trusts."""
    try:
        enrolled, trust = identity.load(visit.settings.identity), trust_in_force(visit)
    except GateError as error:
        yield _IDENTITY.bad(both(str(error)), both(error.hint) if error.hint else _AGAIN)
        return
    owners = {key.owner for key in enrolled.ring.of(KeyUse.CENTRE)}
    if owners and visit.settings.park not in owners:
        of = ", ".join(sorted(owners))
        yield _IDENTITY.bad(
            Words(
                f"ring.json 属于景区 {of}，而 gate.toml 写的是 {visit.settings.park}",
                f"ring.json is of the park {of}, and gate.toml says {visit.settings.park}",
            ),
            Words(
                "核对 gate.toml 的 park 与身份文件夹",
                "set park in gate.toml, or copy the bundle of the right park",
            ),
        )
        return
    missing = {KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE} - {key.use for key in trust.ring}
    if missing:
        names = ", ".join(sorted(missing))
        path = visit.settings.identity / identity.RING
        yield _IDENTITY.bad(
            Words(f"{path} 缺少密钥：{names}", f"{path} has no key for: {names}"), _AGAIN
        )
        return
    count, version = len(list(trust.ring)), trust.keys_version
    text = Words(f"信任 {count} 个密钥", f"{count} trusted keys")
    if version:
        text = Words(f"{text.zh}，密钥集第 {version} 版", f"{text.en}, key set version {version}")
    if enrolled.pepper is None:
        yield _IDENTITY.note(
            Words(f"{text.zh}；没有 pepper 文件", f"{text.en}; no file pepper"),
            Words("实名票在此无法核验", "tickets bound to a document cannot be checked here"),
        )
        return
    yield _IDENTITY.good(text)


def check_certificate(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check whether the certificate is this gate's, fits the key, and is valid for long enough."""
    path, own_id = visit.settings.identity / identity.CERTIFICATE, None
    try:
        own = own_identity(visit)
        path, own_id = own.certificate, own.key_id
    except GateError:
        pass  # that the key cannot be read has a row of its own
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or "not a certificate"
        yield _CERTIFICATE.bad(both(f"{path}: {text}"), _AGAIN)
        return
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    name = str(names[0].value) if names else ""
    public = certificate.public_key()
    raw = public.public_bytes_raw() if hasattr(public, "public_bytes_raw") else b""
    if own_id not in (None, key_id(raw)):
        yield _CERTIFICATE.bad(
            Words("证书与本机密钥不符", "it belongs to another key than this gate's"), _AGAIN
        )
        return
    if name != visit.settings.gate:
        yield _CERTIFICATE.bad(
            Words(
                f"证书属于 {name!r}，而 gate.toml 写的是 {visit.settings.gate!r}",
                f"it is for {name!r}, and gate.toml says {visit.settings.gate!r}",
            ),
            Words("核对 gate.toml 的 id 与证书文件夹", "one of the two belongs to another gate"),
        )
        return
    if (stranger := _not_issued(certificate, visit)) is not None:
        yield stranger
        return
    now = datetime.now(UTC)
    if now < certificate.not_valid_before_utc:
        start = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M}Z"
        yield _CERTIFICATE.bad(
            Words(f"{start} 才生效", f"it is good only from {start}"),
            Words("时钟慢了吗？timedatectl", "is this clock behind? timedatectl"),
        )
        return
    yield _expiry(certificate.not_valid_after_utc, now)


def _not_issued(certificate: x509.Certificate, visit: CheckVisit) -> CheckRow | None:
    """Return a row if the park's authority has not issued the certificate: no broker of the park
    would accept it."""
    path = visit.settings.identity / identity.AUTHORITY
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(path.read_bytes()))
    except (OSError, ValueError, TypeError, InvalidSignature) as error:
        why = getattr(error, "strerror", None) or "it has not issued this certificate"
        return _CERTIFICATE.bad(
            Words(f"{path}：{why}", f"{path}: {why}"),
            _AGAIN,
        )
    return None


def _expiry(until: datetime, now: datetime) -> CheckRow:
    days = (until - now).days
    text = Words(f"有效期至 {until:%Y-%m-%d}", f"good until {until:%Y-%m-%d}")
    hint = Words("在中心为本闸机生成新的文件夹", "let the centre write a new folder for this gate")
    if days < 0:
        return _CERTIFICATE.bad(
            Words(f"已于 {until:%Y-%m-%d} 过期", f"it expired on {until:%Y-%m-%d}"),
            Words(f"先看时钟是否正确；{hint.zh}", f"is the clock right? then {hint.en}"),
        )
    if days < SOON_DAYS:
        left = Words(f"{text.zh}，还有 {days} 天", f"{text.en}, {days} days")
        return _CERTIFICATE.note(left, hint)
    return _CERTIFICATE.good(text)

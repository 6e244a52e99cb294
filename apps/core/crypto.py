"""Encryption of personal identifiers at rest (国密加密存储): SM4-GCM tokens and an HMAC-SM3 blind index.

A token reads `sm4:<key id>:<base64url of nonce + ciphertext + tag>`. Its associated data is the element's id, so the
same token may stand in the register and in a ledger's cell of that element, and nowhere else (GB/T 39786-2021).
"""

import base64
import binascii
import hmac
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.core.errors import DomainError

NONCE_BYTES, TAG_BYTES = 12, 16
INDEX_CHARACTERS = 32  # 128 bits of the HMAC in hex
FINGERPRINT = b"communitycloud key fingerprint"


class CryptoProblem(DomainError):
    """A stored value cannot be read (密文无法解开); it was changed, moved, or its key is gone."""

    status = 500


@dataclass(frozen=True)
class KeyRing:
    """密钥: ciphers by key id, the one in use, and the HMAC of the blind index, to be copied and never fed."""

    active: str
    data: dict[str, algorithms.SM4]
    index: hmac.HMAC


def _parse(data_keys: str, index_key: str) -> KeyRing:
    """Read `k1:hex,k2:hex` and `hex`; each key has 16 bytes."""
    try:
        pairs = [pair.split(":") for pair in data_keys.split(",")]
        data = {name.strip(): bytes.fromhex(value) for name, value in pairs}
        index = bytes.fromhex(index_key)
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATA_KEYS 应为“编号:32 位十六进制”，多个用逗号隔开；INDEX_KEY 为 32 位十六进制"
        ) from error
    if "" in data or len(data) != len(pairs) or any(len(key) != 16 for key in [*data.values(), index]):
        raise ImproperlyConfigured("DATA_KEYS、INDEX_KEY 的每个密钥应为 32 位十六进制（16 字节），编号不能重复或空着")
    return KeyRing(
        active=next(iter(data)),
        data={name: algorithms.SM4(key) for name, key in data.items()},
        index=hmac.new(index, digestmod="sm3"),
    )


def _development_keys(path: Path) -> dict[str, str]:
    """Keys of a copy that is not in production, made once and kept beside its database (0600).

    Web and worker may start at the same moment: the file appears whole, and all read the one that came first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        keys = {"DATA_KEYS": f"k1:{os.urandom(16).hex()}", "INDEX_KEY": os.urandom(16).hex()}
        with NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:  # created 0600
            json.dump(keys, file)
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return json.loads(path.read_text())


@lru_cache(maxsize=1)
def keyring() -> KeyRing:
    """The keys in use, from DATA_KEYS and INDEX_KEY, or in development from a file under VAR_DIR."""
    data_keys, index_key = settings.DATA_KEYS, settings.INDEX_KEY
    if data_keys and index_key:
        return _parse(data_keys, index_key)
    if settings.IS_PRODUCTION:
        raise ImproperlyConfigured("生产环境须设置 DATA_KEYS 和 INDEX_KEY")
    keys = _development_keys(settings.VAR_DIR / "keys.json")
    return _parse(keys["DATA_KEYS"], keys["INDEX_KEY"])


def encrypt(element: str, value: str) -> str:
    """Token of a value of this element; the empty value stays empty."""
    if not value:
        return ""
    ring = keyring()
    nonce = os.urandom(NONCE_BYTES)
    cipher = Cipher(ring.data[ring.active], modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(element.encode())
    sealed = nonce + cipher.update(value.encode()) + cipher.finalize() + cipher.tag
    return f"sm4:{ring.active}:{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(element: str, token: str) -> str:
    """The value behind a token of this element; CryptoProblem when it was tampered with or belongs to another."""
    if not token:
        return ""
    try:
        scheme, key_id, body = token.split(":")
        cipher_of_key = keyring().data[key_id]
        sealed = base64.urlsafe_b64decode(body)
        nonce, text, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        cipher = Cipher(cipher_of_key, modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(element.encode())
        written_so = base64.urlsafe_b64encode(sealed).decode() == body  # one token a value: no other spelling passes
        if scheme == "sm4" and written_so:
            return (cipher.update(text) + cipher.finalize()).decode()
    except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
        raise CryptoProblem("有一项加密数据无法读取", "请联系大数据中心管理员核对密钥") from error
    raise CryptoProblem("有一项加密数据无法读取", "请联系大数据中心管理员核对密钥")


def blind_index(element: str, value: str) -> str:
    """What exact search compares instead of the value (盲索引); empty for the empty value."""
    if not value:
        return ""
    digest = keyring().index.copy()
    digest.update(f"{element}\0{value}".encode())
    return digest.hexdigest()[:INDEX_CHARACTERS]


def fingerprints() -> dict[str, str]:
    """What tells two data keys apart without telling either (密钥指纹), by key id."""
    return {
        name: hmac.new(bytes(key.key), FINGERPRINT, "sm3").hexdigest()[:INDEX_CHARACTERS]
        for name, key in keyring().data.items()
    }


def index_fingerprint() -> str:
    digest = keyring().index.copy()
    digest.update(FINGERPRINT)  # no element's id, so no value's index
    return digest.hexdigest()[:INDEX_CHARACTERS]

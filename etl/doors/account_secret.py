"""Secrets of accounts: made here, printed once, kept as scrypt hashes. Pure, but for the randomness."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0, 1, which are taken for each other on paper
_GROUPS, _GROUP_LENGTH = 4, 4  # 31^16: 79 bits
_COST, _BLOCK, _LANES, _SALT_BYTES = 1 << 14, 8, 1, 16  # 16 MB and some 50 ms (RFC 7914)
_LONGEST_SECRET = 100


def generate_secret() -> str:
    """A new secret: four groups of four letters, as it is printed for its unit."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))


def hash_secret(secret: str) -> str:
    """What is kept of a secret: ``scrypt$cost$block$lanes$salt$hash``, the last two in Base64."""
    salt = secrets.token_bytes(_SALT_BYTES)
    parts = (base64.b64encode(part).decode() for part in (salt, _derive_key(secret, salt, _COST, _BLOCK, _LANES)))
    return "$".join(("scrypt", str(_COST), str(_BLOCK), str(_LANES), *parts))


@lru_cache(maxsize=1)
def get_unknown_hash() -> str:
    """The hash of a secret that nobody has: an unknown account takes as long to turn away as a wrong secret."""
    return hash_secret(generate_secret())


def is_right_secret(secret: str, secret_hash: str) -> bool:
    """Whether a secret is the one of a hash. Case, spaces and dashes do not matter, as people type it from paper."""
    _, cost, block, lanes, salt, kept = secret_hash.split("$")
    derived = _derive_key(secret, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(derived, base64.b64decode(kept))


def normalize_secret(secret: str) -> str:
    """A secret as it is compared: small letters and digits alone."""
    return "".join(c for c in secret[:_LONGEST_SECRET].lower() if c in _LETTERS)


def _derive_key(secret: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(normalize_secret(secret).encode(), salt=salt, n=cost, r=block, p=lanes, dklen=32)

"""Encryption of what the warehouse keeps for itself: grants of other services.

The keys are CODA_PIPELINE_SECRET_KEY: 32 bytes as base64 (`openssl rand -base64 32` makes one). Several are
separated by commas or line breaks: the first seals, every one opens, so a key is exchanged by putting the new
one in front. The one thing to know: what was sealed for one purpose does not open for another.
"""

import binascii
import re
from collections.abc import Callable

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from coda_pipeline.errors import ConfigurationError

NAME = "CODA_PIPELINE_SECRET_KEY"
MAKE_ONE = "openssl rand -base64 32"


class Sealing:
    """Seals and opens with the keys of the settings, which are asked for at every use."""

    def __init__(self, keys: Callable[[], SecretStr | None]) -> None:
        self._keys = keys

    def check(self) -> None:
        """Raise `ConfigurationError` where no key is set, or one is none."""
        self._fernet()

    def seal(self, purpose: str, content: object) -> bytes:
        """JSON that only the keys open again, for this purpose. Raises `ConfigurationError` as `check`."""
        return self._fernet().encrypt(orjson.dumps([purpose, content]))

    def open(self, purpose: str, sealed: bytes) -> object:
        """What was sealed for this purpose. Raises `ConfigurationError` where no key opens it."""
        fernet = self._fernet()
        try:
            found, content = orjson.loads(fernet.decrypt(sealed))
        except (InvalidToken, ValueError):
            found = content = None
        if found != purpose:
            message = (
                f"No key in {NAME} opens what is kept of {purpose}: it was sealed with another one. Put that "
                "one behind the new, after a comma, or connect again."
            )
            raise ConfigurationError(message)
        return content

    def _fernet(self) -> MultiFernet:
        given = self._keys()
        keys = re.split(r"[\s,]+", given.get_secret_value().strip(" \t\r\n,")) if given else []
        if not any(keys):
            message = (
                f"{NAME} is not set, and nothing secret is stored unencrypted: make a key with "
                f"`{MAKE_ONE}` and give it to the gateway and to Dagster."
            )
            raise ConfigurationError(message)
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except (ValueError, binascii.Error):
            # Not the error itself: it is about the key.
            message = f"{NAME} holds something that is no key of 32 bytes in base64: `{MAKE_ONE}` makes one."
        raise ConfigurationError(message)

"""Signed notes (c2sp.org/signed-note): a text with lines of signatures below it, in the format of Go's `sumdb/note`.

Two kinds of Ed25519 keys sign: the log's own (type 1), and a witness's (type 4, c2sp.org/tlog-cosignature), whose signature says
when the witness saw the note.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from groupchat.values.errors import ExpectedError

LOG_KEY, WITNESS_KEY = b"\x01", b"\x04"
_PRIVATE = "PRIVATE+KEY+"
_DASH = "\N{EM DASH} "
_KEY_BYTES = 32
_ID_BYTES = 4
_TIME_BYTES = 8
LONGEST = 64 * 1024
"""The maximum size of a note, in bytes; it has room for more signatures than anyone collects."""


class KeyFormatError(ExpectedError):
    """A text is not a key. The message describes the format of a key."""


class NoteError(ExpectedError):
    """A text is not a signed note, or no trusted key has signed it. The message says which."""


class VerifierKey(Struct, frozen=True):
    """The public part of a key: it verifies the signatures of the key's holder."""

    name: str
    kind: bytes
    public: bytes

    @classmethod
    def read(cls, text: str) -> "VerifierKey":
        """Read a key from `NAME+ID+BASE64`; raises `KeyFormatError`."""
        name, key_id, coded = _parts(text.strip())
        found = cls(name, coded[:1], coded[1:])
        if found.kind not in (LOG_KEY, WITNESS_KEY) or len(found.public) != _KEY_BYTES or found.id != key_id:
            raise KeyFormatError(_NO_KEY)
        return found

    @property
    def id(self) -> bytes:
        """The first bytes of the key's hash, which each signature contains."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:_ID_BYTES]

    @property
    def is_witness(self) -> bool:
        """Whether it verifies cosignatures."""
        return self.kind == WITNESS_KEY

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(self.kind + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Return whether a signature is from this key, for this text."""
        message, signed = text.encode(), signature
        if self.is_witness:
            at, signed = signature[:_TIME_BYTES], signature[_TIME_BYTES:]
            message = _cosigned(text, int.from_bytes(at))
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signed, message)
        except InvalidSignature:
            return False
        return True


class SigningKey(Struct, frozen=True):
    """A key that signs: a secret."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> "SigningKey":
        """Make a new key; raises `KeyFormatError` for an invalid name."""
        if not is_key_name(name):
            msg = f"{name!r} can't be a key's name: it must not be empty, nor contain spaces, line breaks or a plus sign."
            raise KeyFormatError(msg)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def read(cls, text: str) -> "SigningKey":
        """Read a key from `PRIVATE+KEY+NAME+ID+BASE64`; raises `KeyFormatError`, which never shows the key."""
        text = text.strip()
        if not text.startswith(_PRIVATE):
            raise KeyFormatError(_NO_PRIVATE_KEY)
        name, key_id, coded = _parts(text.removeprefix(_PRIVATE))
        if coded[:1] != LOG_KEY or len(coded) != 1 + _KEY_BYTES or cls(name, coded[1:]).verifier.id != key_id:
            raise KeyFormatError(_NO_PRIVATE_KEY)
        return cls(name, coded[1:])

    @property
    def verifier(self) -> VerifierKey:
        """The public part, to give to everyone."""
        return VerifierKey(self.name, LOG_KEY, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def secret(self) -> str:
        """Return the key in the format of a key file."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{b64encode(LOG_KEY + self.seed).decode()}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    def sign(self, text: str) -> "Note":
        """Return a text, which must end in a line break, as a note with this key's signature."""
        return Note(text, (Signature(self.name, self.verifier.id + self._private.sign(text.encode())),))

    def cosign(self, note: "Note", at: int) -> "Note":
        """Return a note with this key's cosignature added, as a witness who saw it at a time, in seconds since 1970."""
        witness = VerifierKey(self.name, WITNESS_KEY, self.verifier.public)
        signed = at.to_bytes(_TIME_BYTES) + self._private.sign(_cosigned(note.text, at))
        return Note(note.text, (*note.signatures, Signature(self.name, witness.id + signed)))


def read_verifier(text: str) -> VerifierKey:
    """Read the public part of a key from either form of it; raises `KeyFormatError`."""
    return SigningKey.read(text).verifier if text.startswith(_PRIVATE) else VerifierKey.read(text)


class Signature(Struct, frozen=True):
    """A signature's line: the name of the key, and the key's id followed by the signature."""

    name: str
    signed: bytes


class Note(Struct, frozen=True):
    """A text, which ends in a line break, and its signatures, not verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, note: str) -> "Note":
        """Read a note; raises `NoteError` if the text is not one."""
        text, separator, below = note.rpartition("\n\n")
        lines = below.split("\n")
        if not separator or lines.pop() or not lines or len(note) > LONGEST:
            raise NoteError(_NO_NOTE)
        if any(each < " " and each != "\n" for each in note):
            raise NoteError(_NO_NOTE)
        return cls(text + "\n", tuple(map(_signature, lines)))

    def __str__(self) -> str:
        lines = (f"{_DASH}{each.name} {b64encode(each.signed).decode()}\n" for each in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    def signers(self, trusted: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Return the keys, of these, that have signed the note; signatures of other keys are ignored.

        Raises `NoteError` for a signature that claims to be from one of these keys, and is not.
        """
        found = []
        for key in trusted:
            own = [
                each.signed[_ID_BYTES:] for each in self.signatures if (each.name, each.signed[:_ID_BYTES]) == (key.name, key.id)
            ]
            if not all(key.verifies(self.text, signed) for signed in own):
                msg = f"The signature of {key.name} is not of this text: the note was changed, or the signature was made up."
                raise NoteError(msg)
            found += [key] if own else []
        return found

    def with_signatures_of(self, other: "Note") -> "Note":
        """Return this note with the signatures of another copy added; raises `NoteError` if that has another text."""
        if other.text != self.text:
            msg = "These signatures belong to another checkpoint."
            raise NoteError(msg)
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *other.signatures))))


def is_key_name(name: str) -> bool:
    """Return whether a key can have this name."""
    return bool(name) and "+" not in name and name.isprintable() and not any(map(str.isspace, name))


def _signature(line: str) -> Signature:
    name, _, coded = line.removeprefix(_DASH).partition(" ")
    signed = _decoded(coded)
    if not line.startswith(_DASH) or not is_key_name(name) or signed is None or len(signed) <= _ID_BYTES:
        raise NoteError(_NO_NOTE)
    return Signature(name, signed)


def _parts(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, coded = rest.partition("+")
    found = _decoded(coded)
    try:
        parsed_id = bytes.fromhex(key_id)
    except ValueError:
        parsed_id = b""
    if not is_key_name(name) or len(parsed_id) != _ID_BYTES or found is None:
        raise KeyFormatError(_NO_KEY)
    return name, parsed_id, found


def _decoded(coded: str) -> bytes | None:
    try:
        return b64decode(coded, validate=True)
    except (Base64Error, ValueError):
        return None


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


_NO_KEY = "This is not a verifier key. A verifier key has the form NAME+ID+BASE64, as `groupchat audit keygen` prints it."
_NO_PRIVATE_KEY = (
    "This is not a signing key. A signing key has the form PRIVATE+KEY+NAME+ID+BASE64; `groupchat audit keygen` makes one."
)
_NO_NOTE = "This is not a signed note: a text, an empty line, and one or more lines with signatures."

"""Digital signatures of the simulated world: certificates made on the spot, and a PDF signed as an office signs it.

Nobody vouches for these certificates. A signature is appended to the file (PAdES B-B), and so is what is filled in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

_VALID = dt.timedelta(days=3650)
_NOT_BEFORE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class TestAuthority:
    """Who issues the certificates. `certificate` is PEM: what an office would put among those it trusts."""

    __test__ = False
    key: Any
    issued: Any

    @property
    def certificate(self) -> bytes:
        """The certificate as PEM."""
        return bytes(self.issued.public_bytes(serialization.Encoding.PEM))


def create_test_authority(name: str = "CA MÔ PHỎNG") -> TestAuthority:
    """An authority of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    return TestAuthority(key, _issue_certificate(name, "", key, name, key, authority=True))


def sign_test_pdf(
    data: bytes, authority: TestAuthority, field: str, signer: str, organisation: str, filled: Mapping[str, str] = {}
) -> bytes:
    """The PDF with some text fields filled in and a field signed by a person with a certificate made now."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _issue_certificate(signer, organisation, key, authority.issued.subject, authority.key)
    pack = pkcs12.serialize_key_and_certificates(
        b"", key, certificate, [authority.issued], serialization.NoEncryption()
    )
    loaded = signers.SimpleSigner.load_pkcs12_data(pack, other_certs=[], passphrase=None)
    writer = IncrementalPdfFileWriter(BytesIO(data))
    fill_test_fields(writer, filled)
    metadata = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=_get_subfilter())
    target = BytesIO()
    signers.PdfSigner(metadata, loaded).sign_pdf(writer, output=target)
    return target.getvalue()


def fill_test_fields(writer: Any, filled: Mapping[str, str]) -> None:
    """Writes values into text fields, as a program does that fills in forms."""
    from pyhanko.pdf_utils import generic

    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if (name := str(field["/T"])) in filled:
            field["/V"] = generic.TextStringObject(filled[name])
            look = field["/AP"]["/N"]
            text = f"/Tx BMC q BT /So 10 Tf 2 4 Td ({filled[name]}) Tj ET Q EMC".encode("ascii")
            dictionary = {key: value for key, value in look.items() if key not in {"/Length", "/Filter"}}
            field["/AP"] = generic.DictionaryObject(
                {generic.NameObject("/N"): writer.add_object(generic.StreamObject(dictionary, stream_data=text))}
            )
            writer.update_container(field)


def _get_subfilter() -> Any:
    from pyhanko.sign.fields import SigSeedSubFilter

    return SigSeedSubFilter.PADES


def _issue_certificate(
    name: str, organisation: str, key: Any, issuer: Any, issuer_key: Any, *, authority: bool = False
) -> Any:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    subject = x509.Name(parts)
    usage = {
        part: part in ({"key_cert_sign", "crl_sign"} if authority else {"digital_signature", "content_commitment"})
        for part in (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        )
    }
    builder = x509.CertificateBuilder(
        issuer_name=subject if authority else issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_NOT_BEFORE,
        not_valid_after=_NOT_BEFORE + _VALID,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())

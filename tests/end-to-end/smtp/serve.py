"""Serves mail submission on 127.0.0.1 until its standard input ends: `serve.py FOLDER [plain] [wraps] [refuses] [hangs]`.

It prints its port, and then a line of JSON for each letter that it takes. It writes the certificate of its authority to
FOLDER/smtp-ca.pem. Only user `listsync` with password `s3cret` may send, and only under TLS; with `plain` there is neither TLS
nor a sign-in, with `wraps` the conversation begins with TLS, with `refuses` no receiver is taken, and with `hangs` a
greeting is not returned."""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Clerk:
    def __init__(self, options):
        self.options = options

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        if "hangs" in self.options:
            await asyncio.sleep(3600)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "refuses" in self.options:
            return f"550 5.1.1 {address} is not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or "wraps" in self.options,
            "signed_in": session.authenticated,
            "headers": {name.lower(): str(value) for name, value in letter.items()},
            "text": letter.get_content(),
        }
        print(json.dumps(told), flush=True)
        return "250 OK"


def certificate(folder):
    """A key and a certificate for the loopback address, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "smtp-ca.pem").write_bytes(made)
    (folder / "smtp-key.pem").write_bytes(private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "smtp-ca.pem", folder / "smtp-key.pem")
    return context


def signed_in(server, session, envelope, mechanism, given):
    known = given.login == b"listsync" and given.password == b"s3cret"
    return AuthResult(success=known, handled=False)


async def serve(folder, options):
    context = certificate(folder)
    clerk, how = Clerk(options), {"authenticator": signed_in, "auth_required": True}
    if "plain" in options:
        how = {}
    elif "wraps" in options:
        # It knows of the TLS that it began itself only.
        how |= {"auth_require_tls": False}
    else:
        how |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.get_running_loop()
    wrapped = context if "wraps" in options else None
    server = await loop.create_server(lambda: SMTP(clerk, **how), "127.0.0.1", 0, ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), set(sys.argv[2:])))

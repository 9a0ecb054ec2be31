"""What is refused of the ways out: the services that get copies, and the key that signs messages."""

from __future__ import annotations

from programme.errors import Refusal


class ServicesUnreadable(Refusal):
    """The services in {path} cannot be read ({problem}): write them as `.env.example` shows, or take MOURAFAKA_SERVICES_FILE out of the settings."""


class SigningHalfSet(Refusal):
    """Signing needs three settings and {missing} is missing: set MOURAFAKA_DKIM_KEY_FILE, MOURAFAKA_DKIM_DOMAIN and MOURAFAKA_DKIM_SELECTOR, or none of them."""


class SigningKeyUnreadable(Refusal):
    """The signing key {path} cannot be read ({problem}): check that the file is there, and who may read it."""


class SigningKeyWrong(Refusal):
    """{path} is not a key that mail can be signed with: make one with `openssl genrsa -out {path} 2048`."""


class SigningKeyOpen(Refusal):
    """The signing key {path} can be read by other people of this machine: close it with `chmod 600 {path}`."""


class SigningNameWrong(Refusal):
    """{name} is not a name for DNS: write MOURAFAKA_DKIM_DOMAIN as odco.example and MOURAFAKA_DKIM_SELECTOR as mail2027."""


class ServiceUnknown(Refusal):
    """There is no service {name}: `mourafaka service list` shows them ({known})."""

"""The official Python SDK against the emulator: `check.py URL SEED`."""

import base64
import hashlib
import hmac
import json
import sys
import time

import stytch
from stytch.b2b.models.sessions import AuthorizationCheck
from stytch.core.response_base import StytchError

url, seed_file = sys.argv[1:]
with open(seed_file, encoding="utf-8") as file:
    seed = json.load(file)
harbor, pier, kiln, tower = seed["organizations"]
ada = harbor["members"][0]
code = seed["fixed_otp_code"]


def client_with(secret):
    return stytch.B2BClient(
        project_id=seed["project_id"], secret=secret, environment=url + "/", suppress_warnings=True
    )


client = client_with(seed["secret"])
passed, failed = 0, 0


def check(run):
    global passed, failed
    try:
        run()
        passed += 1
    except Exception as error:  # noqa: BLE001: whatever goes wrong is what is looked for
        failed += 1
        print(f"  python: {run.__name__}: {type(error).__name__}: {error}")
    return run


def refused(run, status, error_type):
    try:
        run()
    except StytchError as error:
        found = (error.details.status_code, error.details.error_type)
        assert found == (status, error_type), found
        assert error.details.request_id
    else:
        raise AssertionError("it was not refused")


def login(organization):
    return client.passwords.authenticate(
        organization_id=organization["organization_id"],
        email_address=ada["email_address"],
        password=ada["password"],
        session_duration_minutes=60,
    )


def totp(secret):
    window = int(time.time() // 30).to_bytes(8, "big")
    mac = hmac.new(base64.b32decode(secret), window, hashlib.sha1).digest()
    start = mac[19] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


@check
def password_login():
    session = login(harbor)
    assert session.member_authenticated and session.member.name == "Ada"


@check
def refresh_by_token_and_jwt():
    first = login(harbor)
    session_id = first.member_session.member_session_id
    by_token = client.sessions.authenticate(
        session_token=first.session_token, session_duration_minutes=120
    )
    assert by_token.member_session.expires_at > first.member_session.expires_at
    by_jwt = client.sessions.authenticate(session_jwt=first.session_jwt)
    assert by_jwt.member_session.member_session_id == session_id


@check
def local_jwt_check():
    first = login(harbor)
    local = client.sessions.authenticate_jwt_local(session_jwt=first.session_jwt)
    assert local.member_session_id == first.member_session.member_session_id
    either = client.sessions.authenticate_jwt(session_jwt=first.session_jwt)
    assert either.member_session.member_id == first.member_id


@check
def exchange_without_mfa():
    session = client.sessions.exchange(
        organization_id=pier["organization_id"], session_token=login(harbor).session_token
    )
    assert session.member_authenticated
    assert session.organization.organization_slug == "north-pier"


@check
def exchange_with_mfa_completed_by_sms():
    half = client.sessions.exchange(
        organization_id=kiln["organization_id"], session_token=login(harbor).session_token
    )
    assert not half.member_authenticated
    assert half.mfa_required.secondary_auth_initiated == "sms_otp"
    factor = {
        "organization_id": kiln["organization_id"],
        "member_id": half.member_id,
        "intermediate_session_token": half.intermediate_session_token,
    }
    refused(
        lambda: client.otps.sms.authenticate(**factor, code="111111"), 404, "otp_code_not_found"
    )
    client.otps.sms.send(**factor)
    assert client.otps.sms.authenticate(**factor, code=code).session_token


def mfa():
    half = login(tower)
    return {
        "organization_id": tower["organization_id"],
        "member_id": half.member_id,
        "intermediate_session_token": half.intermediate_session_token,
    }


@check
def totp_completion():
    wrong = mfa()
    refused(
        lambda: client.totps.authenticate(**wrong, code="abcdef"),
        401,
        "unable_to_authenticate_totp",
    )
    secret = tower["members"][0]["totp_secret"]
    assert client.totps.authenticate(**mfa(), code=totp(secret)).session_token


@check
def recovery_code():
    factor = mfa()
    codes = client.recovery_codes.get(
        organization_id=factor["organization_id"], member_id=factor["member_id"]
    ).recovery_codes
    session = client.recovery_codes.recover(**factor, recovery_code=codes[0])
    assert session.recovery_codes_remaining == len(codes) - 1


@check
def discovery():
    found = client.passwords.discovery.authenticate(
        email_address=ada["email_address"], password=ada["password"]
    )
    token = found.intermediate_session_token
    assert len(found.discovered_organizations) == len(seed["organizations"])
    listed = client.discovery.organizations.list(intermediate_session_token=token)
    assert listed.email_address == ada["email_address"]
    session = client.discovery.intermediate_sessions.exchange(
        intermediate_session_token=token, organization_id=harbor["organization_id"]
    )
    assert session.member_authenticated


@check
def rbac_remote_and_local():
    first = login(harbor)

    def ask(action, organization=harbor):
        return AuthorizationCheck(
            organization_id=organization["organization_id"],
            resource_id="documents",
            action=action,
        )

    def authenticate(authorization_check):
        return client.sessions.authenticate(
            session_token=first.session_token, authorization_check=authorization_check
        )

    assert authenticate(ask("read")).verdict.granting_roles == ["editor"]
    refused(lambda: authenticate(ask("delete")), 403, "session_authorization_error")
    refused(lambda: authenticate(ask("read", pier)), 403, "session_authorization_tenancy_error")
    client.sessions.authenticate_jwt(
        session_jwt=first.session_jwt, authorization_check=ask("read")
    )


@check
def revoke():
    first = login(harbor)
    listed = client.sessions.get(
        organization_id=harbor["organization_id"], member_id=first.member_id
    )
    assert listed.member_sessions
    client.sessions.revoke(session_token=first.session_token)
    for dead in ({"session_token": first.session_token}, {"session_jwt": first.session_jwt}):
        refused(lambda: client.sessions.authenticate(**dead), 404, "session_not_found")  # noqa: B023


@check
def errors():
    refused(
        lambda: client.passwords.authenticate(
            organization_id=harbor["organization_id"],
            email_address=ada["email_address"],
            password="not her password",
        ),
        401,
        "unauthorized_credentials",
    )
    stranger = client_with("not-the-secret")
    refused(
        lambda: stranger.sessions.authenticate(session_token="x"), 401, "unauthorized_credentials"
    )
    refused(lambda: client.sessions.authenticate(), 400, "no_session_arguments")


print(f"python: {passed} passed, {failed} failed")
sys.exit(0 if failed == 0 else 1)

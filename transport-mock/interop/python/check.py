"""The official Python SDK against the emulator: `check.py URL SEED`."""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time

import stytch
from stytch.b2b.models.sessions import AuthorizationCheck, RevokeRequestOptions
from stytch.core.response_base import StytchError
from stytch.shared.method_options import Authorization
from stytch.shared.rbac_local import RBACPermissionError, TenancyError

url, seed_file = sys.argv[1:]
with open(seed_file, encoding="utf-8") as file:
    seed = json.load(file)
harbor, pier, kiln, tower = seed["organizations"]
ada = harbor["members"][0]
email_address = ada["email_address"]
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


def rejection(call, *arguments, **named):
    """What a call raises."""
    try:
        call(*arguments, **named)
    except Exception as error:  # noqa: BLE001: the caller looks at it
        return error
    raise AssertionError("it was not refused")


def refused(status, error_type, call, *arguments, **named):
    error = rejection(call, *arguments, **named)
    assert isinstance(error, StytchError), f"not an error of the API: {error!r}"
    found = (error.details.status_code, error.details.error_type)
    assert found == (status, error_type), found
    assert error.details.request_id.startswith("request-id-")
    assert error.details.error_message
    assert error.details.error_url.startswith("https:")


def login(organization, password=ada["password"], **options):
    return client.passwords.authenticate(
        organization_id=organization["organization_id"],
        email_address=email_address,
        password=password,
        session_duration_minutes=60,
        **options,
    )


def pending(half):
    """What a second factor needs of an unfinished login."""
    return {
        "organization_id": half.organization.organization_id,
        "member_id": half.member_id,
        "intermediate_session_token": half.intermediate_session_token,
    }


def kinds(session):
    return sorted(factor.type.value for factor in session.member_session.authentication_factors)


def session_id(answer):
    return answer.member_session.member_session_id


def totp(secret, windows_ago=0):
    window = (int(time.time() // 30) - windows_ago).to_bytes(8, "big")
    mac = hmac.new(base64.b32decode(secret), window, hashlib.sha1).digest()
    start = mac[19] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


@check
def password_login():
    session = login(harbor)
    assert session.is_success and session.member_authenticated
    assert session.intermediate_session_token == ""
    assert session.member.name == "Ada"
    assert session.organization.organization_slug == "harbor-lights"
    assert kinds(session) == ["password"]


@check
def refresh_by_token():
    first = login(harbor)
    session = client.sessions.authenticate(
        session_token=first.session_token, session_duration_minutes=120
    )
    assert session_id(session) == session_id(first)
    assert session.member_session.expires_at > first.member_session.expires_at


@check
def refresh_by_jwt():
    first = login(harbor)
    session = client.sessions.authenticate(session_jwt=first.session_jwt)
    assert session_id(session) == session_id(first)
    assert session.member_session.expires_at == first.member_session.expires_at
    assert client.sessions.authenticate_jwt_local(session_jwt=session.session_jwt)


@check
def custom_claims():
    claims = {"tier": "gold", "limits": {"seats": 3}}
    session = login(harbor, session_custom_claims=claims)
    assert session.member_session.custom_claims == claims
    local = client.sessions.authenticate_jwt_local(session_jwt=session.session_jwt)
    assert local.custom_claims == claims


@check
def jwks():
    keys = client.sessions.get_jwks(project_id=seed["project_id"]).keys
    assert keys
    assert all((key.kty, key.alg) == ("RSA", "RS256") and key.kid for key in keys)


@check
def local_jwt_check():
    first = login(harbor)
    local = client.sessions.authenticate_jwt_local(session_jwt=first.session_jwt)
    for name in ("member_session_id", "member_id", "organization_id", "organization_slug"):
        assert getattr(local, name) == getattr(first.member_session, name)
    assert local.roles == first.member_session.roles
    assert local.expires_at == first.member_session.expires_at


@check
def the_local_check_asks_nobody():
    first = login(harbor)
    client.sessions.revoke(session_token=first.session_token)
    # Only the server knows that the session is over.
    local = client.sessions.authenticate_jwt(session_jwt=first.session_jwt)
    assert local.member_session.member_id == first.member_id
    refused(
        404,
        "session_not_found",
        client.sessions.authenticate_jwt,
        session_jwt=first.session_jwt,
        max_token_age_seconds=0,
    )


@check
def the_server_renews_an_old_jwt():
    old = {"session_jwt": login(harbor).session_jwt, "max_token_age_seconds": 0}
    assert client.sessions.authenticate_jwt_local(**old) is None
    renewed = client.sessions.authenticate_jwt(**old)
    assert client.sessions.authenticate_jwt_local(session_jwt=renewed.session_jwt)


@check
def a_forged_jwt():
    head, _, signature = login(harbor).session_jwt.split(".")
    _, body, _ = login(pier).session_jwt.split(".")
    forged = ".".join((head, body, signature))
    assert client.sessions.authenticate_jwt_local(session_jwt=forged) is None
    error = rejection(client.sessions.authenticate_jwt, session_jwt=forged)
    assert isinstance(error, StytchError), f"not an error of the API: {error!r}"


@check
def exchange_without_mfa():
    first = login(harbor)
    session = client.sessions.exchange(
        organization_id=pier["organization_id"], session_token=first.session_token
    )
    assert session.member_authenticated
    assert session.organization.organization_slug == "north-pier"
    assert session.member_id == pier["members"][0]["member_id"]
    assert session_id(session) != session_id(first)


@check
def exchange_by_jwt():
    session = client.sessions.exchange(
        organization_id=pier["organization_id"], session_jwt=login(harbor).session_jwt
    )
    assert session.member_authenticated


@check
def exchange_with_mfa_finished_by_sms():
    half = client.sessions.exchange(
        organization_id=kiln["organization_id"], session_token=login(harbor).session_token
    )
    assert not half.member_authenticated
    assert half.session_token == "" and half.member_session is None
    assert half.mfa_required.secondary_auth_initiated == "sms_otp"
    assert half.mfa_required.member_options.mfa_phone_number == "+14155550001"
    factor = pending(half)
    authenticate = client.otps.sms.authenticate
    refused(404, "otp_code_not_found", authenticate, **factor, code="111111")
    assert client.otps.sms.send(**factor).member_id == half.member_id
    session = authenticate(**factor, code=code)
    assert kinds(session) == ["otp", "password"]
    client.sessions.authenticate(session_token=session.session_token)
    refused(404, "intermediate_session_not_found", authenticate, **factor, code=code)


@check
def totp_completion():
    secret = tower["members"][0]["totp_secret"]
    half = login(tower)
    assert not half.member_authenticated
    assert half.mfa_required.member_options.totp_registration_id
    authenticate = client.totps.authenticate
    wrong, right = totp(secret, 100), totp(secret)
    refused(401, "unable_to_authenticate_totp", authenticate, **pending(half), code=wrong)
    session = authenticate(**pending(half), code=right)
    assert kinds(session) == ["password", "totp"]
    again = pending(login(tower))
    refused(401, "totp_code_already_authenticated", authenticate, **again, code=right)


@check
def recovery_code():
    half = login(tower)
    codes = client.recovery_codes.get(
        organization_id=tower["organization_id"], member_id=half.member_id
    ).recovery_codes
    recover = client.recovery_codes.recover
    wrong = "unable_to_authenticate_recovery_code"
    refused(401, wrong, recover, **pending(half), recovery_code="not-a-code")
    session = recover(**pending(half), recovery_code=codes[0])
    assert session.recovery_codes_remaining == len(codes) - 1
    assert kinds(session) == ["password", "recovery_codes"]
    refused(401, wrong, recover, **pending(login(tower)), recovery_code=codes[0])


@check
def discovery_by_password():
    found = client.passwords.discovery.authenticate(
        email_address=email_address, password=ada["password"]
    )
    token = found.intermediate_session_token
    slugs = {found.organization.organization_slug for found in found.discovered_organizations}
    seeded = {organization["organization_slug"] for organization in seed["organizations"]}
    assert slugs == seeded
    listed = client.discovery.organizations.list(intermediate_session_token=token)
    assert listed.email_address == email_address
    assert len(listed.discovered_organizations) == len(seeded)
    enter = {
        "intermediate_session_token": token,
        "organization_id": harbor["organization_id"],
    }
    session = client.discovery.intermediate_sessions.exchange(**enter)
    assert session.member_authenticated
    refused(
        404,
        "intermediate_session_not_found",
        client.discovery.intermediate_sessions.exchange,
        **enter,
    )


def discover_by_code(email_address):
    client.otps.email.discovery.send(email_address=email_address)
    found = client.otps.email.discovery.authenticate(email_address=email_address, code=code)
    return found.intermediate_session_token


@check
def discovery_by_email_code_into_an_organization_with_mfa():
    half = client.discovery.intermediate_sessions.exchange(
        intermediate_session_token=discover_by_code(email_address),
        organization_id=kiln["organization_id"],
    )
    assert not half.member_authenticated
    session = client.otps.sms.authenticate(**pending(half), code=code)
    assert kinds(session) == ["email_otp", "otp"]


@check
def discovery_creates_an_organization():
    session = client.discovery.organizations.create(
        intermediate_session_token=discover_by_code("grace@example.com"),
        organization_name="Quiet Cove",
        organization_slug="quiet-cove",
    )
    assert session.member_authenticated
    assert "stytch_admin" in session.member_session.roles


def may(action, organization=harbor):
    return AuthorizationCheck(
        organization_id=organization["organization_id"], resource_id="documents", action=action
    )


@check
def rbac_granted():
    token = login(harbor).session_token

    def verdict(action):
        asked = client.sessions.authenticate(session_token=token, authorization_check=may(action))
        return asked.verdict

    assert verdict("read").authorized and verdict("read").granting_roles == ["editor"]
    assert verdict("archive").granting_roles == ["keeper"]


@check
def rbac_refused():
    ask = client.sessions.authenticate
    token = {"session_token": login(harbor).session_token}
    denied, elsewhere = may("delete"), may("read", pier)
    refused(403, "session_authorization_error", ask, **token, authorization_check=denied)
    tenancy = "session_authorization_tenancy_error"
    refused(403, tenancy, ask, **token, authorization_check=elsewhere)


@check
def rbac_policy():
    policy = client.rbac.policy().policy
    assert {"editor", "stytch_member", "stytch_admin"} <= {role.role_id for role in policy.roles}
    assert "documents" in {resource.resource_id for resource in policy.resources}
    own = client.rbac.organizations.get_org_policy(harbor["organization_id"]).org_policy
    assert [role.model_dump() for role in own.roles] == harbor["custom_roles"]


@check
def rbac_local():
    ask = client.sessions.authenticate_jwt_local
    jwt = {"session_jwt": login(harbor).session_jwt}
    assert ask(**jwt, authorization_check=may("read"))
    assert ask(**jwt, authorization_check=may("archive"))
    denied = rejection(ask, **jwt, authorization_check=may("delete"))
    assert isinstance(denied, RBACPermissionError), repr(denied)
    elsewhere = rejection(ask, **jwt, authorization_check=may("read", pier))
    assert isinstance(elsewhere, TenancyError), repr(elsewhere)


@check
def list_and_revoke():
    first, second, third = sessions = [login(harbor) for _ in range(3)]
    ids = {session_id(session) for session in sessions}

    def live():
        listed = client.sessions.get(
            organization_id=harbor["organization_id"], member_id=first.member_id
        )
        return {session.member_session_id for session in listed.member_sessions}

    assert ids <= live()
    client.sessions.revoke(session_token=first.session_token)
    client.sessions.revoke(session_jwt=second.session_jwt)
    client.sessions.revoke(member_session_id=session_id(third))
    assert not ids & live()
    login(harbor)
    client.sessions.revoke(member_id=first.member_id)
    assert live() == set()


@check
def a_dead_session():
    first = login(harbor)
    by_token = {"session_token": first.session_token}
    client.sessions.revoke(**by_token)
    dead = (404, "session_not_found")
    refused(*dead, client.sessions.authenticate, **by_token)
    refused(*dead, client.sessions.authenticate, session_jwt=first.session_jwt)
    refused(*dead, client.sessions.exchange, organization_id=pier["organization_id"], **by_token)
    refused(*dead, client.sessions.revoke, **by_token)


@check
def a_member_without_the_permission():
    first = login(harbor)
    authorization = Authorization(session_token=first.session_token)
    refused(
        403,
        "unauthorized_action",
        client.sessions.revoke,
        member_id=first.member_id,
        method_options=RevokeRequestOptions(authorization=authorization),
    )


@check
def a_wrong_password():
    refused(401, "unauthorized_credentials", login, harbor, password="not her password")


@check
def a_wrong_secret():
    token = login(harbor).session_token
    stranger = client_with("not-the-secret")
    refused(401, "unauthorized_credentials", stranger.sessions.authenticate, session_token=token)


@check
def wrong_arguments():
    first = login(harbor)
    token, jwt = first.session_token, first.session_jwt
    ask = client.sessions.authenticate
    refused(400, "no_session_arguments", ask)
    refused(400, "too_many_session_arguments", ask, session_token=token, session_jwt=jwt)
    refused(
        400,
        "invalid_session_duration_minutes",
        ask,
        session_token=token,
        session_duration_minutes=4,
    )
    nowhere = {"organization_id": "organization-test-unknown"}
    refused(404, "organization_not_found", login, nowhere)


@check
def the_asynchronous_client():
    async def run():
        async with client_with(seed["secret"]) as client:
            first = await client.passwords.authenticate_async(
                organization_id=harbor["organization_id"],
                email_address=email_address,
                password=ada["password"],
            )
            jwt = {"session_jwt": first.session_jwt}
            assert await client.sessions.authenticate_jwt_local_async(**jwt)
            asked = await client.sessions.authenticate_async(**jwt, authorization_check=may("read"))
            assert asked.verdict.authorized
            await client.sessions.revoke_async(session_token=first.session_token)
            try:
                await client.sessions.authenticate_async(**jwt)
            except StytchError as error:
                assert error.details.error_type == "session_not_found"
            else:
                raise AssertionError("it was not refused")

    asyncio.run(run())


print(f"python: {passed} passed, {failed} failed, 0 skipped")
sys.exit(0 if failed == 0 else 1)

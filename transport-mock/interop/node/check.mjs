// The official Node SDK against the emulator: `node check.mjs URL SEED`.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import * as stytch from "stytch";

// It warns of every base URL that is not Stytch's own.
console.warn = () => {};

const [url, seedFile] = process.argv.slice(2);
const seed = JSON.parse(readFileSync(seedFile, "utf8"));
const [harbor, pier, kiln, tower] = seed.organizations;
const { email_address, password } = harbor.members[0];
const code = seed.fixed_otp_code;
const clientWith = (secret) =>
  new stytch.B2BClient({ project_id: seed.project_id, secret, env: url });
const client = clientWith(seed.secret);

let passed = 0;
let failed = 0;
async function check(name, run) {
  try {
    await run();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`  node: ${name}: ${error.message ?? error}`);
  }
}

// What a promise is rejected with.
const rejection = (promise) =>
  promise.then(
    () => assert.fail("it was not refused"),
    (error) => error,
  );

async function refused(promise, status, type) {
  const error = await rejection(promise);
  assert.ok(error instanceof stytch.StytchError, `not an error of the API: ${error}`);
  assert.equal(error.error_type, type);
  assert.equal(error.status_code, status);
  assert.match(error.request_id, /^request-id-/);
  assert.ok(error.error_message);
  assert.match(error.error_url, /^https:/);
}

async function refusedLocally(promise, code) {
  const error = await rejection(promise);
  assert.ok(error instanceof stytch.ClientError, `not an error of the client: ${error}`);
  assert.equal(error.code, code);
}

const login = (organization, options = {}) =>
  client.passwords.authenticate({
    organization_id: organization.organization_id,
    email_address,
    password,
    session_duration_minutes: 60,
    ...options,
  });

// What a second factor needs of an unfinished login.
const pending = ({ organization, member_id, intermediate_session_token }) => ({
  organization_id: organization.organization_id,
  member_id,
  intermediate_session_token,
});

const kinds = (session) =>
  session.member_session.authentication_factors.map((factor) => factor.type).sort();

function totp(secret, windowsAgo = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const window = Buffer.alloc(8);
  window.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) - windowsAgo));
  const mac = createHmac("sha1", key).update(window).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

await check("password login", async () => {
  const session = await login(harbor);
  assert.equal(session.status_code, 200);
  assert.equal(session.member_authenticated, true);
  assert.equal(session.intermediate_session_token, "");
  assert.equal(session.member.name, "Ada");
  assert.equal(session.organization.organization_slug, "harbor-lights");
  assert.deepEqual(kinds(session), ["password"]);
});
await check("refresh by token", async () => {
  const { session_token, member_session } = await login(harbor);
  const session = await client.sessions.authenticate({
    session_token,
    session_duration_minutes: 120,
  });
  assert.equal(session.member_session.member_session_id, member_session.member_session_id);
  assert.ok(session.member_session.expires_at > member_session.expires_at);
});
await check("refresh by JWT", async () => {
  const { session_jwt, member_session } = await login(harbor);
  const session = await client.sessions.authenticate({ session_jwt });
  assert.equal(session.member_session.member_session_id, member_session.member_session_id);
  assert.equal(session.member_session.expires_at, member_session.expires_at);
  await client.sessions.authenticateJwtLocal({ session_jwt: session.session_jwt });
});
await check("custom claims", async () => {
  const session_custom_claims = { tier: "gold", limits: { seats: 3 } };
  const { session_jwt, member_session } = await login(harbor, { session_custom_claims });
  assert.deepEqual(member_session.custom_claims, session_custom_claims);
  const local = await client.sessions.authenticateJwtLocal({ session_jwt });
  assert.deepEqual(local.custom_claims, session_custom_claims);
});
await check("JWKS", async () => {
  const { keys } = await client.sessions.getJWKS({ project_id: seed.project_id });
  assert.ok(keys.length > 0);
  assert.ok(keys.every((key) => key.kty === "RSA" && key.alg === "RS256" && key.kid));
});
await check("local JWT check", async () => {
  const { session_jwt, member_session } = await login(harbor);
  const local = await client.sessions.authenticateJwtLocal({ session_jwt });
  for (const name of ["member_session_id", "member_id", "organization_id", "organization_slug"]) {
    assert.equal(local[name], member_session[name]);
  }
  assert.deepEqual(local.roles, member_session.roles);
  assert.equal(Date.parse(local.expires_at), Date.parse(member_session.expires_at));
});
await check("the local check asks nobody", async () => {
  const { session_token, session_jwt, member_id } = await login(harbor);
  await client.sessions.revoke({ session_token });
  // Only the server knows that the session is over.
  const local = await client.sessions.authenticateJwt({ session_jwt });
  assert.equal(local.member_session.member_id, member_id);
  const asked = client.sessions.authenticateJwt({ session_jwt, max_token_age_seconds: 0 });
  await refused(asked, 404, "session_not_found");
});
await check("the server revives an old JWT", async () => {
  const { session_jwt } = await login(harbor);
  const current_date = new Date(Date.now() + 301_000);
  const old = { session_jwt, current_date };
  await refusedLocally(client.sessions.authenticateJwtLocal(old), "jwt_invalid");
  const revived = await client.sessions.authenticateJwt(old);
  assert.equal(revived.member.email_address, email_address);
  assert.ok(revived.session_token);
});
await check("a forged JWT", async () => {
  const [head, , signature] = (await login(harbor)).session_jwt.split(".");
  const [, body] = (await login(pier)).session_jwt.split(".");
  const session_jwt = [head, body, signature].join(".");
  await refusedLocally(client.sessions.authenticateJwtLocal({ session_jwt }), "jwt_invalid");
  const error = await rejection(client.sessions.authenticateJwt({ session_jwt }));
  assert.ok(error instanceof stytch.StytchError, `not an error of the API: ${error}`);
});
await check("exchange without MFA", async () => {
  const { session_token, member_session } = await login(harbor);
  const { organization_id } = pier;
  const session = await client.sessions.exchange({ organization_id, session_token });
  assert.equal(session.member_authenticated, true);
  assert.equal(session.organization.organization_slug, "north-pier");
  assert.equal(session.member_id, pier.members[0].member_id);
  assert.notEqual(session.member_session.member_session_id, member_session.member_session_id);
});
await check("exchange by JWT", async () => {
  const { session_jwt } = await login(harbor);
  const { organization_id } = pier;
  const session = await client.sessions.exchange({ organization_id, session_jwt });
  assert.equal(session.member_authenticated, true);
});
await check("exchange with MFA, finished by SMS", async () => {
  const { session_token } = await login(harbor);
  const { organization_id } = kiln;
  const half = await client.sessions.exchange({ organization_id, session_token });
  assert.equal(half.member_authenticated, false);
  assert.equal(half.session_token, "");
  assert.ok(!half.member_session);
  assert.equal(half.mfa_required.secondary_auth_initiated, "sms_otp");
  assert.equal(half.mfa_required.member_options.mfa_phone_number, "+14155550001");
  const factor = pending({ ...half, organization: kiln });
  const wrong = client.otps.sms.authenticate({ ...factor, code: "111111" });
  await refused(wrong, 404, "otp_code_not_found");
  const sent = await client.otps.sms.send(factor);
  assert.equal(sent.member_id, half.member_id);
  const session = await client.otps.sms.authenticate({ ...factor, code });
  assert.deepEqual(kinds(session), ["otp", "password"]);
  await client.sessions.authenticate({ session_token: session.session_token });
  const again = client.otps.sms.authenticate({ ...factor, code });
  await refused(again, 404, "intermediate_session_not_found");
});
await check("TOTP", async () => {
  const secret = tower.members[0].totp_secret;
  const half = await login(tower);
  assert.equal(half.member_authenticated, false);
  assert.ok(half.mfa_required.member_options.totp_registration_id);
  const factor = pending(half);
  const wrong = client.totps.authenticate({ ...factor, code: totp(secret, 100) });
  await refused(wrong, 401, "unable_to_authenticate_totp");
  const right = totp(secret);
  const session = await client.totps.authenticate({ ...factor, code: right });
  assert.deepEqual(kinds(session), ["password", "totp"]);
  const again = client.totps.authenticate({ ...pending(await login(tower)), code: right });
  await refused(again, 401, "totp_code_already_authenticated");
});
await check("recovery code", async () => {
  const half = await login(tower);
  const factor = pending(half);
  const { organization_id, member_id } = factor;
  const { recovery_codes } = await client.recoveryCodes.get({ organization_id, member_id });
  const recover = (factor, recovery_code) =>
    client.recoveryCodes.recover({ ...factor, recovery_code });
  await refused(recover(factor, "not-a-code"), 401, "unable_to_authenticate_recovery_code");
  const session = await recover(factor, recovery_codes[0]);
  assert.equal(session.recovery_codes_remaining, recovery_codes.length - 1);
  assert.deepEqual(kinds(session), ["password", "recovery_codes"]);
  const again = recover(pending(await login(tower)), recovery_codes[0]);
  await refused(again, 401, "unable_to_authenticate_recovery_code");
});
await check("discovery by password", async () => {
  const found = await client.passwords.discovery.authenticate({ email_address, password });
  const { intermediate_session_token } = found;
  const slugs = found.discovered_organizations.map((found) => found.organization.organization_slug);
  const seeded = seed.organizations.map((organization) => organization.organization_slug);
  assert.deepEqual(slugs.sort(), seeded.sort());
  const listed = await client.discovery.organizations.list({ intermediate_session_token });
  assert.equal(listed.email_address, email_address);
  assert.equal(listed.discovered_organizations.length, seeded.length);
  const enter = () =>
    client.discovery.intermediateSessions.exchange({
      intermediate_session_token,
      organization_id: harbor.organization_id,
    });
  const session = await enter();
  assert.equal(session.member_authenticated, true);
  await refused(enter(), 404, "intermediate_session_not_found");
});
await check("discovery by e-mail code, into an organization with MFA", async () => {
  await client.otps.email.discovery.send({ email_address });
  const { intermediate_session_token } = await client.otps.email.discovery.authenticate({
    email_address,
    code,
  });
  const half = await client.discovery.intermediateSessions.exchange({
    intermediate_session_token,
    organization_id: kiln.organization_id,
  });
  assert.equal(half.member_authenticated, false);
  const session = await client.otps.sms.authenticate({ ...pending(half), code });
  assert.deepEqual(kinds(session), ["email_otp", "otp"]);
});
await check("discovery creates an organization", async () => {
  await client.otps.email.discovery.send({ email_address: "grace@example.com" });
  const { intermediate_session_token } = await client.otps.email.discovery.authenticate({
    email_address: "grace@example.com",
    code,
  });
  const session = await client.discovery.organizations.create({
    intermediate_session_token,
    organization_name: "Quiet Cove",
    organization_slug: "quiet-cove",
  });
  assert.equal(session.member_authenticated, true);
  assert.ok(session.member_session.roles.includes("stytch_admin"));
});

const may = (action, organization = harbor) => ({
  authorization_check: {
    organization_id: organization.organization_id,
    resource_id: "documents",
    action,
  },
});
await check("RBAC, granted", async () => {
  const { session_token } = await login(harbor);
  const ask = (action) => client.sessions.authenticate({ session_token, ...may(action) });
  const { verdict } = await ask("read");
  assert.deepEqual(verdict, { authorized: true, granting_roles: ["editor"] });
  assert.deepEqual((await ask("archive")).verdict.granting_roles, ["keeper"]);
});
await check("RBAC, refused", async () => {
  const { session_token } = await login(harbor);
  const ask = (check) => client.sessions.authenticate({ session_token, ...check });
  await refused(ask(may("delete")), 403, "session_authorization_error");
  await refused(ask(may("read", pier)), 403, "session_authorization_tenancy_error");
});
await check("RBAC policy", async () => {
  const { policy } = await client.rbac.policy();
  const roles = policy.roles.map((role) => role.role_id);
  assert.ok(["editor", "stytch_member", "stytch_admin"].every((role) => roles.includes(role)));
  assert.ok(policy.resources.some((resource) => resource.resource_id === "documents"));
  const { organization_id } = harbor;
  const { org_policy } = await client.rbac.organizations.getOrgPolicy({ organization_id });
  assert.deepEqual(org_policy.roles, harbor.custom_roles);
});
await check("RBAC, local", async () => {
  const { session_jwt } = await login(harbor);
  const ask = (check) => client.sessions.authenticateJwtLocal({ session_jwt, ...check });
  await ask(may("read"));
  await ask(may("archive"));
  await refusedLocally(ask(may("delete")), "invalid_permissions");
  await refusedLocally(ask(may("read", pier)), "tenancy_mismatch");
});
await check("list and revoke", async () => {
  const first = await login(harbor);
  const second = await login(harbor);
  const third = await login(harbor);
  const who = { organization_id: harbor.organization_id, member_id: first.member_id };
  const list = async () =>
    (await client.sessions.get(who)).member_sessions.map((session) => session.member_session_id);
  const id = ({ member_session }) => member_session.member_session_id;
  const before = await list();
  assert.ok([first, second, third].every((session) => before.includes(id(session))));
  await client.sessions.revoke({ session_token: first.session_token });
  await client.sessions.revoke({ session_jwt: second.session_jwt });
  await client.sessions.revoke({ member_session_id: id(third) });
  const after = await list();
  assert.ok([first, second, third].every((session) => !after.includes(id(session))));
  await login(harbor);
  await client.sessions.revoke({ member_id: first.member_id });
  assert.deepEqual(await list(), []);
});
await check("a dead session", async () => {
  const { session_token, session_jwt } = await login(harbor);
  await client.sessions.revoke({ session_token });
  const { organization_id } = pier;
  await refused(client.sessions.authenticate({ session_token }), 404, "session_not_found");
  await refused(client.sessions.authenticate({ session_jwt }), 404, "session_not_found");
  const exchange = client.sessions.exchange({ organization_id, session_token });
  await refused(exchange, 404, "session_not_found");
  await refused(client.sessions.revoke({ session_token }), 404, "session_not_found");
});
await check("a member without the permission", async () => {
  const { session_token, member_id } = await login(harbor);
  const options = { authorization: { session_token } };
  await refused(client.sessions.revoke({ member_id }, options), 403, "unauthorized_action");
});
await check("a wrong password", async () => {
  const wrong = login(harbor, { password: "not her password" });
  await refused(wrong, 401, "unauthorized_credentials");
});
await check("a wrong secret", async () => {
  const { session_token } = await login(harbor);
  const stranger = clientWith("not-the-secret");
  const ask = stranger.sessions.authenticate({ session_token });
  await refused(ask, 401, "unauthorized_credentials");
});
await check("wrong arguments", async () => {
  const { session_token, session_jwt } = await login(harbor);
  const authenticate = (data) => client.sessions.authenticate(data);
  await refused(authenticate({}), 400, "no_session_arguments");
  await refused(authenticate({ session_token, session_jwt }), 400, "too_many_session_arguments");
  const short = { session_token, session_duration_minutes: 4 };
  await refused(authenticate(short), 400, "invalid_session_duration_minutes");
  const nowhere = login({ organization_id: "organization-test-unknown" });
  await refused(nowhere, 404, "organization_not_found");
});

console.log(`node: ${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);

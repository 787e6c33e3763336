// The official Node SDK against the emulator: `node check.mjs URL SEED`.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import * as stytch from "stytch";

const [url, seedFile] = process.argv.slice(2);
const seed = JSON.parse(readFileSync(seedFile, "utf8"));
const [harbor, pier, kiln, tower] = seed.organizations;
const email_address = harbor.members[0].email_address;
const password = harbor.members[0].password;
const code = seed.fixed_otp_code;
const client = new stytch.B2BClient({ project_id: seed.project_id, secret: seed.secret, env: url });

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

async function refused(promise, status, type) {
  const error = await promise.then(
    () => assert.fail("it was not refused"),
    (error) => error,
  );
  assert.ok(error instanceof stytch.StytchError, `an error of the SDK's own: ${error}`);
  assert.equal(error.status_code, status);
  assert.equal(error.error_type, type);
  assert.ok(error.request_id);
}

const login = (organization) =>
  client.passwords.authenticate({
    organization_id: organization.organization_id,
    email_address,
    password,
    session_duration_minutes: 60,
  });

function totp(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const window = Buffer.alloc(8);
  window.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(window).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

await check("password login", async () => {
  const session = await login(harbor);
  assert.equal(session.member_authenticated, true);
  assert.equal(session.member.name, "Ada");
});
await check("refresh by token and by JWT", async () => {
  const { session_token, session_jwt, member_session } = await login(harbor);
  const byToken = await client.sessions.authenticate({ session_token, session_duration_minutes: 120 });
  assert.equal(byToken.member_session.member_session_id, member_session.member_session_id);
  assert.ok(byToken.member_session.expires_at > member_session.expires_at);
  const byJwt = await client.sessions.authenticate({ session_jwt });
  assert.equal(byJwt.member_session.member_session_id, member_session.member_session_id);
});
await check("local JWT check", async () => {
  const { session_jwt, member_session } = await login(harbor);
  const local = await client.sessions.authenticateJwtLocal({ session_jwt });
  assert.equal(local.member_session_id, member_session.member_session_id);
  const either = await client.sessions.authenticateJwt({ session_jwt });
  assert.equal(either.member_session.member_id, member_session.member_id);
});
await check("exchange without MFA", async () => {
  const { session_token } = await login(harbor);
  const session = await client.sessions.exchange({
    organization_id: pier.organization_id,
    session_token,
  });
  assert.equal(session.member_authenticated, true);
  assert.equal(session.organization.organization_slug, "north-pier");
});
await check("exchange with MFA, completed by SMS", async () => {
  const { session_token } = await login(harbor);
  const organization_id = kiln.organization_id;
  const half = await client.sessions.exchange({ organization_id, session_token });
  assert.equal(half.member_authenticated, false);
  assert.equal(half.mfa_required.secondary_auth_initiated, "sms_otp");
  const factor = {
    organization_id,
    member_id: half.member_id,
    intermediate_session_token: half.intermediate_session_token,
  };
  await refused(client.otps.sms.authenticate({ ...factor, code: "111111" }), 404, "otp_code_not_found");
  await client.otps.sms.send(factor);
  const session = await client.otps.sms.authenticate({ ...factor, code });
  assert.ok(session.session_token);
});
const mfa = async () => {
  const half = await login(tower);
  return {
    organization_id: tower.organization_id,
    member_id: half.member_id,
    intermediate_session_token: half.intermediate_session_token,
  };
};
await check("TOTP", async () => {
  const secret = tower.members[0].totp_secret;
  const wrong = { ...(await mfa()), code: "abcdef" };
  await refused(client.totps.authenticate(wrong), 401, "unable_to_authenticate_totp");
  const session = await client.totps.authenticate({ ...(await mfa()), code: totp(secret) });
  assert.ok(session.session_token);
});
await check("recovery code", async () => {
  const { organization_id, member_id } = await mfa();
  const { recovery_codes } = await client.recoveryCodes.get({ organization_id, member_id });
  const recovery_code = recovery_codes[0];
  const session = await client.recoveryCodes.recover({ ...(await mfa()), recovery_code });
  assert.equal(session.recovery_codes_remaining, recovery_codes.length - 1);
});
await check("discovery", async () => {
  const found = await client.passwords.discovery.authenticate({ email_address, password });
  const { intermediate_session_token } = found;
  assert.equal(found.discovered_organizations.length, seed.organizations.length);
  const listed = await client.discovery.organizations.list({ intermediate_session_token });
  assert.equal(listed.email_address, email_address);
  const session = await client.discovery.intermediateSessions.exchange({
    intermediate_session_token,
    organization_id: harbor.organization_id,
  });
  assert.equal(session.member_authenticated, true);
});
await check("RBAC, remote and local", async () => {
  const { session_token, session_jwt } = await login(harbor);
  const authorization_check = {
    organization_id: harbor.organization_id,
    resource_id: "documents",
    action: "read",
  };
  const granted = await client.sessions.authenticate({ session_token, authorization_check });
  assert.deepEqual(granted.verdict.granting_roles, ["editor"]);
  const denied = { ...authorization_check, action: "delete" };
  const ask = client.sessions.authenticate({ session_token, authorization_check: denied });
  await refused(ask, 403, "session_authorization_error");
  const elsewhere = { ...authorization_check, organization_id: pier.organization_id };
  const other = client.sessions.authenticate({ session_token, authorization_check: elsewhere });
  await refused(other, 403, "session_authorization_tenancy_error");
  await client.sessions.authenticateJwt({ session_jwt, authorization_check });
});
await check("revoke", async () => {
  const { session_token, session_jwt, member_id } = await login(harbor);
  const organization_id = harbor.organization_id;
  const { member_sessions } = await client.sessions.get({ organization_id, member_id });
  assert.ok(member_sessions.length > 0);
  await client.sessions.revoke({ session_token });
  await refused(client.sessions.authenticate({ session_token }), 404, "session_not_found");
  await refused(client.sessions.authenticate({ session_jwt }), 404, "session_not_found");
});
await check("errors", async () => {
  const wrong = client.passwords.authenticate({
    organization_id: harbor.organization_id,
    email_address,
    password: "not her password",
  });
  await refused(wrong, 401, "unauthorized_credentials");
  const stranger = new stytch.B2BClient({
    project_id: seed.project_id,
    secret: "not-the-secret",
    env: url,
  });
  const ask = stranger.sessions.authenticate({ session_token: "x" });
  await refused(ask, 401, "unauthorized_credentials");
  await refused(client.sessions.authenticate({}), 400, "no_session_arguments");
});

console.log(`node: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/**
 * What a person who presses the button sees. No network: the SDK's mock answers with what our own gateway
 * answered when `answers/` was recorded (`coda_pipeline_tests/gateway/test_pack_answers.py` keeps them equal).
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StatusCodeError } from "@codahq/packs-sdk";
import {
  executeFormulaFromPackDef,
  MockExecutionContext,
  newJsonFetchResponse,
  newMockExecutionContext,
} from "@codahq/packs-sdk/dist/development";
import { DOMAIN, pack } from "../pack";

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

function recorded(name: string): Answer {
  return JSON.parse(readFileSync(join(__dirname, "answers", `${name}.json`), "utf8"));
}

/** The gateway as it answered, one recorded answer a request, in order. */
function gateway(...names: string[]): MockExecutionContext {
  const context = newMockExecutionContext();
  names.map(recorded).forEach((answer, call) => {
    const stub = context.fetcher.fetch.onCall(call);
    if (answer.status < 300) {
      stub.resolves(newJsonFetchResponse(answer.body, answer.status));
    } else {
      stub.rejects(refusal(answer));
    }
  });
  return context;
}

function refusal(answer: Answer): StatusCodeError {
  const response = { body: answer.body, headers: {} };
  return new StatusCodeError(answer.status, answer.body, { method: "POST", url: `https://${DOMAIN}` }, response);
}

function press(context: MockExecutionContext, ...parameters: string[]): Promise<unknown> {
  return executeFormulaFromPackDef(pack, "SyncParticipation", parameters as never, context);
}

function sent(context: MockExecutionContext, call: number) {
  return context.fetcher.fetch.getCall(call).args[0];
}

test("a press returns the sentence of the gateway", async () => {
  const context = gateway("accepted", "succeeded");
  assert.equal(await press(context), recorded("succeeded").body.message);
});

test("a press asks for the request that it started, and waits for it", async () => {
  const context = gateway("accepted", "succeeded");
  await press(context);
  assert.equal(sent(context, 0).method, "POST");
  assert.equal(sent(context, 0).url, `https://${DOMAIN}/v1/sync/participation`);
  const id = recorded("accepted").body.request_id;
  assert.equal(sent(context, 1).url, `https://${DOMAIN}/v1/sync/requests/${id}?wait=45&lang=ru`);
});

test("who pressed, and in which row, goes along", async () => {
  const context = gateway("accepted", "succeeded");
  await press(context, "anna@example.com", "https://coda.io/d/_dDoc#_tugrid-1/_rui-1");
  assert.deepEqual(JSON.parse(String(sent(context, 0).body)), {
    requested_by: "anna@example.com",
    row_url: "https://coda.io/d/_dDoc#_tugrid-1/_rui-1",
  });
});

test("every attempt of one press has one idempotency key, another press another", async () => {
  const context = gateway("accepted", "succeeded", "accepted", "succeeded");
  await press(context);
  await press(context);
  assert.equal(sent(context, 0).headers?.["Idempotency-Key"], sent(context, 2).headers?.["Idempotency-Key"]);
  const other = gateway("accepted", "succeeded");
  await press(other);
  assert.notEqual(sent(context, 0).headers?.["Idempotency-Key"], sent(other, 0).headers?.["Idempotency-Key"]);
});

test("no token is in what the Pack sends: the platform adds it", async () => {
  const context = gateway("accepted", "succeeded");
  await press(context);
  assert.equal(sent(context, 0).headers?.Authorization, undefined);
});

test("a sync that takes longer than the wait is told as going on", async () => {
  const context = gateway("accepted", "running");
  assert.equal(await press(context), recorded("running").body.message);
});

test("the status is that of the last request, and never from a cache", async () => {
  const context = gateway("succeeded");
  assert.equal(
    await executeFormulaFromPackDef(pack, "SyncStatus", [] as never, context),
    recorded("succeeded").body.message,
  );
  assert.equal(sent(context, 0).url, `https://${DOMAIN}/v1/sync/requests/latest?lang=ru`);
  assert.equal(sent(context, 0).cacheTtlSecs, 0);
});

for (const [name, words] of [
  ["unauthorized", /токен пакета/],
  ["forbidden", /токен пакета/],
  ["too_many", /Подождите минуту/],
] as const) {
  test(`an answer "${name}" is told in a sentence that says what to do`, async () => {
    await assert.rejects(press(gateway(name)), words);
  });
}

test("a service that is down is told without technical words", async () => {
  const context = newMockExecutionContext();
  context.fetcher.fetch.rejects(new Error("connect ETIMEDOUT 10.0.0.1:443"));
  await assert.rejects(press(context), (error: Error) => {
    assert.match(error.message, /Правки не потеряны/);
    assert.doesNotMatch(error.message, /ETIMEDOUT|10\.0\.0\.1/);
    return true;
  });
});

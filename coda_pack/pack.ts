/**
 * The button in Coda: `SyncParticipation()` starts a sync of Участие and tells in one sentence what came of it;
 * `SyncStatus()` tells what came of the last one.
 *
 * Everything is decided by the gateway; this only asks it and passes its sentence on. A Pack may run for sixty
 * seconds, so it waits for forty-five and then says that the sync goes on.
 */
import * as coda from "@codahq/packs-sdk";

/** Where the gateway's public door is. The only line to change before the upload: no scheme, no slash. */
export const DOMAIN = "sync.example.com";

const WAIT_S = 45;
const FINAL = new Set(["succeeded", "needs_attention", "failed"]);
const LANGUAGE = "ru";

/** What the gateway answers to a press (docs/gateway.md). */
interface Accepted {
  request_id: string;
  state: string;
}

/** What the gateway answers about a request. `message` is the sentence for HR. */
interface Status {
  request_id: string;
  state: string;
  message: string;
}

export const pack = coda.newPack();

pack.addNetworkDomain(DOMAIN);

// One token with the scope `trigger`, entered once by the Pack's maker: nobody in HR has to connect anything.
pack.setSystemAuthentication({ type: coda.AuthenticationType.HeaderBearerToken });

pack.addFormula({
  name: "SyncParticipation",
  description: "Обновить Участие: забирает правки из Coda и отправляет правки приложения. (Syncs Участие.)",
  parameters: [
    coda.makeParameter({
      type: coda.ParameterType.String,
      name: "requestedBy",
      description: "Кто нажал: User().Email(). (Who pressed.)",
      optional: true,
    }),
    coda.makeParameter({
      type: coda.ParameterType.String,
      name: "rowUrl",
      description: "Строка, в которой нажали: thisRow.ObjectLink(). (The row of the button.)",
      optional: true,
    }),
  ],
  resultType: coda.ValueType.String,
  isAction: true,
  execute: async function ([requestedBy, rowUrl], context) {
    const accepted = await ask<Accepted>(context, {
      method: "POST",
      url: address("/v1/sync/participation"),
      headers: {
        "Content-Type": "application/json",
        // The same for every attempt of one press, so that a repeated call joins the first.
        "Idempotency-Key": context.invocationToken,
      },
      body: JSON.stringify({ requested_by: requestedBy || undefined, row_url: rowUrl || undefined }),
    });
    const status = await statusOf(context, accepted.request_id, WAIT_S);
    return FINAL.has(status.state) || status.message
      ? status.message
      : "Запрос принят, синхронизация идёт. (Accepted, the sync goes on.)";
  },
});

pack.addFormula({
  name: "SyncStatus",
  description: "Чем закончилась последняя синхронизация Участия. (What came of the last sync.)",
  parameters: [],
  resultType: coda.ValueType.String,
  cacheTtlSecs: 0,
  execute: async function (_parameters, context) {
    return (await statusOf(context, "latest", 0)).message;
  },
});

function address(path: string, parameters: Record<string, string | number> = {}): string {
  return coda.withQueryParams(`https://${DOMAIN}${path}`, parameters);
}

async function statusOf(context: coda.ExecutionContext, requestId: string, waitS: number): Promise<Status> {
  const path = `/v1/sync/requests/${encodeURIComponent(requestId)}`;
  const url = address(path, waitS ? { wait: waitS, lang: LANGUAGE } : { lang: LANGUAGE });
  return ask<Status>(context, { method: "GET", url, cacheTtlSecs: 0 });
}

/** One request. What goes wrong is told in a sentence that a person can act on. */
async function ask<T>(context: coda.ExecutionContext, request: coda.FetchRequest): Promise<T> {
  try {
    const response = await context.fetcher.fetch<T>(request);
    if (!response.body || typeof response.body !== "object") {
      throw new coda.UserVisibleError(WORDS.unreadable);
    }
    return response.body;
  } catch (error) {
    throw coda.StatusCodeError.isStatusCodeError(error) ? new coda.UserVisibleError(explained(error)) : visible(error);
  }
}

const WORDS = {
  refused: "Сервис синхронизации не узнал ключ: администратору нужно обновить токен пакета.",
  busy: "Слишком много нажатий подряд. Подождите минуту и нажмите ещё раз.",
  unknown: "Сервис не помнит такого запроса. Нажмите кнопку ещё раз.",
  down: "Сервис синхронизации сейчас не отвечает. Правки не потеряны; попробуйте позже или сообщите администратору.",
  unreadable: "Сервис синхронизации ответил непонятно. Сообщите администратору.",
};

function explained(error: coda.StatusCodeError): string {
  const detail = (error.body as { detail?: unknown } | undefined)?.detail;
  switch (error.statusCode) {
    case 401:
    case 403:
      return WORDS.refused;
    case 404:
      return WORDS.unknown;
    case 429:
      return WORDS.busy;
    default:
      return error.statusCode < 500 && typeof detail === "string" ? detail : WORDS.down;
  }
}

function visible(error: unknown): Error {
  return error instanceof coda.UserVisibleError ? error : new coda.UserVisibleError(WORDS.down);
}

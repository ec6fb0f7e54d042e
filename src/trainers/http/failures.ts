import { WeakToStrongError } from "../../errors.js";

/** The connection broke, or nobody answered: asking again can help. */
export class Lost extends Error {}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there. Is the server running, on this host and port, and the SSH tunnel up?",
  ENOTFOUND: "there is no host of this name. Correct the url.",
  EAI_AGAIN: "the name of the host cannot be looked up. Is there a network?",
  ECONNRESET: "the connection was cut.",
  UND_ERR_SOCKET: "the connection was cut.",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer. Is a firewall in between?",
  ETIMEDOUT: "the host does not answer. Is a firewall in between?",
  EHOSTUNREACH: "there is no way to the host. Is a VPN needed?",
  ENETUNREACH: "there is no way to the host. Is there a network?",
};

/** What `fetch`, or reading its answer, failed with. */
export function connectionFailure(cause: unknown, who: string): Error {
  if (WeakToStrongError.isInstance(cause) || cause instanceof Lost) return cause;
  const under = (cause as { cause?: unknown }).cause ?? cause;
  const { name = "", code = "", message = String(under) } = under as { name?: string; code?: string; message?: string };
  const words = unreachable[code];
  if (words) return new Lost(words, { cause });
  if (name === "HTTPParserError") {
    return new WeakToStrongError("protocol", `${capital(who)} does not speak HTTP. Correct the url.`, { cause });
  }
  if (/CERT|SELF_SIGNED|TLS|SSL|EPROTO/.test(code)) {
    return new WeakToStrongError(
      "worker_died",
      `${capital(who)} cannot be reached over TLS: ${message}. Is the certificate right ($NODE_EXTRA_CA_CERTS names one of your own), or does the server speak plain http://?`,
      { cause },
    );
  }
  return new Lost(`${message}${code ? ` (${code})` : ""}.`, { cause });
}

export function gaveUp(who: string, lost: Lost, seconds: number, reached: boolean): WeakToStrongError {
  const what = reached
    ? `The connection to ${who} was lost and not restored within ${seconds} s; at last: ${lost.message} What was asked may go on there: start the server again if it has ended, and ask again.`
    : `${who} cannot be reached: ${lost.message}`;
  return new WeakToStrongError("worker_died", capital(what), { cause: lost.cause ?? lost });
}

/** What an answer that is no stream of frames means. */
export async function refusal(response: Response, who: string): Promise<Error> {
  const { status } = response;
  const type = response.headers.get("content-type")?.split(";")[0] ?? "no content type";
  await response.body?.cancel().catch(() => undefined);
  if (status === 401 || status === 403) {
    return new WeakToStrongError(
      "bad_input",
      `token: ${who} refused it (${status}). Expected the contents of the server's --token-file.`,
    );
  }
  if (status >= 300 && status < 400) {
    const target = URL.parse(response.headers.get("location") ?? "", response.url)?.origin ?? "another address";
    return new WeakToStrongError(
      "bad_input",
      `url: ${who} redirects to ${target}. The token is not sent on: name the trainer's own address.`,
    );
  }
  const page = `${who} answered ${status} with ${type} instead of the trainer's frames`;
  if (status === 502 || status === 503 || status === 504) {
    return new Lost(`a proxy in front of it answered ${status}: the trainer server behind is not up.`);
  }
  return new WeakToStrongError(
    "protocol",
    `${capital(page)}. Is the url that of \`python -m w2s_trainer serve\`, or of something in front of it (a proxy, a sign-in page)?`,
  );
}

export function otherProtocol(who: string, found: string): WeakToStrongError {
  return new WeakToStrongError(
    "protocol",
    `${capital(who)} speaks protocol ${found}, and this package speaks 1. Install the same version of weak-to-strong on both sides.`,
  );
}

export function tooLarge(bytes: number, mostBytes: number, who: string): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `The request has ${bytes} bytes, and ${who} takes ${mostBytes} at most. Divide the dataset into several, shorten its texts, or start the server with a higher --max-mb.`,
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

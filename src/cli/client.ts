/** What the commands need of the world, so that tests can give their own. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The server answered with an error, or not at all. */
export class ServerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerError';
  }
}

const EVENT_TYPE = 'text/event-stream';
const DATA_PREFIX = 'data: ';

export type Params = readonly (readonly [string, string])[];

/** Asks one server; every command goes through here. */
export class Client {
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;

  constructor(address: string, orgId: string | undefined, fetcher: typeof fetch) {
    this.#address = address;
    this.#headers = orgId === undefined ? {} : { 'X-Scope-OrgID': orgId };
    this.#fetch = fetcher;
  }

  /** @throws ServerError with the server's own words */
  async get(path: string, params: Params): Promise<unknown> {
    const response = await this.#ask(path, params);
    const text = await response.text();
    if (!response.ok) throw new ServerError(`${response.status}: ${text.trim()}`);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ServerError(`${this.#address} answered with something else than JSON`, { cause });
    }
  }

  /**
   * Data of server-sent events, until the server ends them.
   *
   * @returns undefined when there are none at this path, as in other servers that speak the same language
   * @throws ServerError as `get`, also while reading
   */
  async events(path: string, params: Params): Promise<AsyncGenerator<unknown> | undefined> {
    const response = await this.#ask(path, params);
    if (response.ok && response.headers.get('content-type') === EVENT_TYPE && response.body !== null) {
      return this.#events(response.body);
    }
    const text = await response.text();
    if (!response.ok && response.status !== 404) throw new ServerError(`${response.status}: ${text.trim()}`);
    return undefined;
  }

  async *#events(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const part of body) {
        text += decoder.decode(part, { stream: true });
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events)
          if (event.startsWith(DATA_PREFIX)) yield JSON.parse(event.slice(DATA_PREFIX.length));
      }
    } catch (cause) {
      throw new ServerError(`lost ${this.#address}`, { cause });
    }
  }

  /** Sends a body, or none, and hands over whatever is answered. @throws ServerError when nobody is */
  async send(method: string, path: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
    const init = { method, headers: this.#headers, ...(body === undefined ? {} : { body }) };
    const response = await this.#reach(() => this.#fetch(`${this.#address}${path}`, init));
    return { status: response.status, text: await response.text() };
  }

  async #ask(path: string, params: Params): Promise<Response> {
    const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value]));
    return this.#reach(() => this.#fetch(`${this.#address}${path}?${query}`, { headers: this.#headers }));
  }

  async #reach(ask: () => Promise<Response>): Promise<Response> {
    try {
      return await ask();
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new ServerError(`cannot reach ${this.#address}: ${reason}`, { cause });
    }
  }
}

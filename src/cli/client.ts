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
    const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value]));
    let response: Response;
    try {
      response = await this.#fetch(`${this.#address}${path}?${query}`, { headers: this.#headers });
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new ServerError(`cannot reach ${this.#address}: ${reason}`, { cause });
    }
    const text = await response.text();
    if (!response.ok) throw new ServerError(`${response.status}: ${text.trim()}`);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ServerError(`${this.#address} answered with something else than JSON`, { cause });
    }
  }
}

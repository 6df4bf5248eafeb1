import { Agent, request } from 'node:http';

export interface Reply {
  /** 0: no answer. */
  readonly status: number;
  readonly body: Buffer;
  readonly ms: number;
  readonly failure?: string;
}

/** A plain client on kept connections: little CPU of its own, and times that hold nothing but the request. */
export class HttpClient {
  readonly #base: string;
  readonly #agent: Agent;

  constructor(base: string, connections: number) {
    this.#base = base;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  }

  async get(path: string, params: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const query = new URLSearchParams(params).toString();
    return this.#send('GET', query === '' ? path : `${path}?${query}`);
  }

  async post(path: string, body?: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#send('POST', path, body, headers);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    path: string,
    body?: Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return new Promise((resolve) => {
      const startMs = performance.now();
      const done = (status: number, parts: readonly Buffer[], failure?: string): void =>
        resolve({
          status,
          body: Buffer.concat(parts),
          ms: performance.now() - startMs,
          ...(failure !== undefined && { failure }),
        });
      const outgoing = request(
        this.#base + path,
        {
          method,
          agent: this.#agent,
          headers: body === undefined ? headers : { 'content-length': body.length, ...headers },
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('end', () => done(incoming.statusCode ?? 0, parts));
          incoming.on('error', (error) => done(0, [], error.message));
        },
      );
      outgoing.setTimeout(600_000, () => outgoing.destroy(new Error('no answer for 600 s')));
      outgoing.on('error', (error) => done(0, [], error.message));
      outgoing.end(body);
    });
  }
}

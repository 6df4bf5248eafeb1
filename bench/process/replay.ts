import type { Dataset } from '../data.ts';
import type { BodyInfo } from '../logs/manifest.ts';
import { HttpClient } from './http-client.ts';
import { pause, quantile } from './statistics.ts';

const PUSH_PATH = '/loki/api/v1/push';
const PUSH_HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
/** How far ahead a body of an idle agent is looked for. */
const LOOK_AHEAD = 256;
const MAX_RETRIES = 100;

type NumberedBody = BodyInfo & { readonly index: number };

export interface ReplayOptions {
  readonly url: string;
  readonly dataset: Dataset;
  readonly bodies: readonly NumberedBody[];
  readonly connections: number;
  /** Raw MB a second; absent: as fast as the server takes them. */
  readonly rateMbPerS?: number;
  /** Called for each body that the server has acknowledged. */
  readonly onAcknowledged?: (body: BodyInfo) => void;
  /** The server will be killed: a lost connection ends the replay instead of failing it. */
  readonly untilLost?: boolean;
}

export interface ReplayResult {
  readonly seconds: number;
  readonly lines: number;
  readonly rawBytes: number;
  readonly mbPerS: number;
  readonly linesPerS: number;
  readonly pushP50Ms: number;
  readonly pushP99Ms: number;
  readonly retries: number;
}

/** Sends push bodies. Bodies of one agent are never in flight together, so each stream arrives in time order. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const sender = new Sender(options);
  const startMs = performance.now();
  await sender.run();
  const seconds = (performance.now() - startMs) / 1000;
  const { lines, rawBytes, latenciesMs, retries } = sender;
  return {
    seconds,
    lines,
    rawBytes,
    mbPerS: rawBytes / seconds / 1e6,
    linesPerS: lines / seconds,
    pushP50Ms: quantile(latenciesMs, 0.5),
    pushP99Ms: quantile(latenciesMs, 0.99),
    retries,
  };
}

class Sender {
  readonly latenciesMs: number[] = [];
  lines = 0;
  rawBytes = 0;
  retries = 0;
  readonly #options: ReplayOptions;
  readonly #client: HttpClient;
  readonly #queue: NumberedBody[];
  readonly #busyAgents = new Set<number>();
  #sentBytes = 0;
  #isLost = false;
  #startMs = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#client = new HttpClient(options.url, options.connections);
    this.#queue = [...options.bodies];
  }

  async run(): Promise<void> {
    this.#startMs = performance.now();
    await Promise.all(Array.from({ length: this.#options.connections }, async () => this.#work()));
    this.#client.close();
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isLost) {
      const body = this.#takeBody();
      if (body === undefined) {
        await pause(2);
        continue;
      }
      this.#busyAgents.add(body.agent);
      await this.#keepRate(body);
      await this.#push(body);
      this.#busyAgents.delete(body.agent);
    }
  }

  #takeBody(): NumberedBody | undefined {
    const at = this.#queue.slice(0, LOOK_AHEAD).findIndex(({ agent }) => !this.#busyAgents.has(agent));
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0];
  }

  // Each body has a time of its own: connections that wait for the same one would go on in lockstep, all at once and then none.
  async #keepRate({ rawBytes }: BodyInfo): Promise<void> {
    const rate = this.#options.rateMbPerS;
    if (rate === undefined) return;
    const dueMs = this.#sentBytes / (rate * 1000);
    this.#sentBytes += rawBytes;
    const waitMs = dueMs - (performance.now() - this.#startMs);
    if (waitMs > 1) await pause(waitMs);
  }

  async #push(body: NumberedBody): Promise<void> {
    const bytes = this.#options.dataset.readBody(body.index);
    for (let tries = 0; !this.#isLost; tries++) {
      const reply = await this.#client.post(PUSH_PATH, bytes, PUSH_HEADERS);
      this.latenciesMs.push(reply.ms);
      if (reply.status >= 200 && reply.status < 300) {
        this.lines += body.lines;
        this.rawBytes += body.rawBytes;
        this.#options.onAcknowledged?.(body);
        return;
      }
      if (reply.status === 0 && this.#options.untilLost === true) {
        this.#isLost = true;
        return;
      }
      const mayRetry = reply.status === 429 || reply.status === 503;
      if (!mayRetry || tries >= MAX_RETRIES) {
        throw new Error(`push failed: ${reply.status} ${reply.failure ?? reply.body.toString().slice(0, 300)}`);
      }
      this.retries++;
      await pause(Math.min(2000, 50 * 2 ** Math.min(tries, 5)));
    }
  }
}

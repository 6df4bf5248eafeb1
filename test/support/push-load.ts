import { compressSync } from 'snappy';
import { pushSchema } from './push-schema.ts';

/** A push that knows which lines are in it: ids `firstId` to `firstId + lineCount - 1`. */
export interface LoadBody {
  readonly firstId: number;
  readonly lineCount: number;
  /** Protobuf in a snappy block. */
  readonly bytes: Uint8Array;
}

export interface LoadOptions {
  readonly seed: number;
  /** Value of the label `round`, which all streams of this load carry. */
  readonly round: string;
  readonly startNs: bigint;
  readonly linesPerBody: number;
  readonly streamCount: number;
  /** Length of a part of each line that cannot be compressed; 0 when absent. */
  readonly noiseLength?: number;
}

const WORDS = [
  'checkout',
  'payment',
  'timeout',
  'retry',
  'customer',
  'basket',
  '결제',
  'upstream',
  'cache',
  'miss',
  'token',
  'queue',
];
/** Lines of one load are this far apart, so that times tell them apart too. */
const STEP_NS = 1000n;
const LATE_SHARE = 0.05;

/** The same bodies for the same seed: lines of varied length, a few of them late, some with structured metadata. */
export class PushLoad {
  readonly #options: LoadOptions;
  readonly #random: () => number;
  #nextId = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = mulberry32(options.seed);
  }

  /** Ids given out so far: all below this number. */
  get idCount(): number {
    return this.#nextId;
  }

  next(): LoadBody {
    const { linesPerBody, streamCount, round } = this.#options;
    const firstId = this.#nextId;
    this.#nextId += linesPerBody;
    const streams = new Map<number, object[]>();
    for (let id = firstId; id < this.#nextId; id++) {
      const stream = Math.floor(this.#random() * streamCount);
      const entries = streams.get(stream) ?? [];
      entries.push(this.#entry(id));
      streams.set(stream, entries);
    }
    const message = [...streams].map(([stream, entries]) => ({
      labels: `{app="load", round="${round}", pod="p${stream}"}`,
      entries,
    }));
    const plain = pushSchema.encode(pushSchema.fromObject({ streams: message })).finish();
    return { firstId, lineCount: linesPerBody, bytes: compressSync(Buffer.from(plain)) };
  }

  #noise(): string {
    let text = '';
    while (text.length < (this.#options.noiseLength ?? 0)) text += Math.floor(this.#random() * 2 ** 31).toString(36);
    return text;
  }

  #entry(id: number): object {
    const random = this.#random;
    const words: string[] = [];
    for (let i = Math.floor(random() * 16); i >= 0; i--) words.push(WORDS[Math.floor(random() * WORDS.length)]!);
    const place = BigInt(id) - (random() < LATE_SHARE ? BigInt(Math.floor(random() * 50_000)) : 0n);
    const ns = this.#options.startNs + place * STEP_NS;
    return {
      timestamp: { seconds: Number(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) },
      line: Buffer.from(`id=${id} level=info ${words.join(' ')}${this.#noise()}`),
      structuredMetadata: random() < 0.2 ? [{ name: 'trace_id', value: id.toString(16).padStart(16, '0') }] : [],
    };
  }
}

/** Small seeded generator of numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How a push ended: `undefined` when no answer came. */
export interface PushAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** Sends a body. @returns undefined when the connection broke before the answer: the push may or may not be stored */
export async function pushBody(url: string, bytes: Uint8Array): Promise<PushAnswer | undefined> {
  try {
    const response = await fetch(`${url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get('retry-after') };
  } catch {
    return undefined;
  }
}

import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import type { Manifest } from '../logs/manifest.ts';
import { HttpClient } from '../process/http-client.ts';
import { processUse, type Use, watchUse } from '../process/proc.ts';
import { type ReplayResult, replay } from '../process/replay.ts';
import { startHalogi } from '../process/server.ts';
import { countLines, settle } from '../process/settle.ts';
import { pause, quantile } from '../process/statistics.ts';
import { digestAnswer } from './answer.ts';

/** Share of the bodies that is there before queries start. */
const PRELOAD = 0.3;
const QUERY_CLIENTS = 2;
const THINK_MS = 250;

export interface MixedResult extends ReplayResult {
  readonly askedMbPerS: number;
  readonly use: Use;
  readonly queries: number;
  readonly queryP50Ms: number;
  readonly queryP99Ms: number;
  /** Answers that held nothing: they would be fast without worth. */
  readonly emptyAnswers: number;
  readonly peakResidentBytes: number;
  readonly linesPresent: number;
  readonly linesSent: number;
}

/** What clients ask in turn, always about the newest 24th of the log time. */
const QUESTIONS: readonly { readonly query: string; readonly step?: string }[] = [
  { query: '{namespace="shop"}' },
  { query: '{cluster="prod"} |= "error"' },
  { query: 'sum by (app) (rate({cluster="prod"}[1m]))', step: '60' },
  { query: 'sum by (app) (rate({cluster="prod"} |= "error" [1m]))', step: '60' },
  { query: 'sum(count_over_time({app="api-gateway"} | json | http_status>=400 [1m]))', step: '60' },
];

/** Ingest at a fixed rate while clients query what has just been written. */
export async function runMixed({ options, dataset, runFolder, log }: BenchContext): Promise<MixedResult> {
  const { manifest } = dataset;
  const askedMbPerS = options.mixedMbPerS;
  log(`mixed: ${askedMbPerS} MB/s of ingest with ${QUERY_CLIENTS} query clients`);
  dataset.warmUp();
  const folder = join(runFolder, 'mixed');
  const server = await startHalogi(options.program, folder);
  const cut = Math.round(manifest.bodies.length * PRELOAD);
  const send = { url: server.url, dataset, connections: options.connections };
  try {
    await replay({ ...send, bodies: dataset.bodies(0, cut) });
    const clients = new QueryClients(
      server.url,
      manifest,
      Math.max(...dataset.bodies(0, cut).map(({ newestMs }) => newestMs)),
    );
    const endUse = watchUse(server.pid);
    const running = clients.run();
    const onAcknowledged = clients.advance.bind(clients);
    const sent = await replay({
      ...send,
      bodies: dataset.bodies(cut),
      rateMbPerS: askedMbPerS,
      onAcknowledged,
    }).finally(() => clients.end());
    const use = endUse();
    await running;
    const { peakResidentBytes } = processUse(server.pid);
    await settle(server, folder);
    return {
      ...sent,
      askedMbPerS,
      use,
      queries: clients.timesMs.length,
      queryP50Ms: quantile(clients.timesMs, 0.5),
      queryP99Ms: quantile(clients.timesMs, 0.99),
      emptyAnswers: clients.emptyAnswers,
      peakResidentBytes,
      linesPresent: await countLines(server.url, manifest),
      linesSent: manifest.lines,
    };
  } finally {
    await server.stop();
  }
}

/** Clients that ask, wait, and ask again. */
class QueryClients {
  readonly timesMs: number[] = [];
  emptyAnswers = 0;
  readonly #url: string;
  readonly #spanMs: number;
  #newestMs: number;
  #isEnded = false;

  constructor(url: string, { startMs, endMs }: Manifest, newestMs: number) {
    this.#url = url;
    this.#spanMs = (endMs - startMs) / 24;
    this.#newestMs = newestMs;
  }

  /** Lines up to this time have been acknowledged. */
  advance({ newestMs }: { readonly newestMs: number }): void {
    this.#newestMs = Math.max(this.#newestMs, newestMs);
  }

  end(): void {
    this.#isEnded = true;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: QUERY_CLIENTS }, async (_, i) => this.#client(i)));
  }

  async #client(first: number): Promise<void> {
    const client = new HttpClient(this.#url, 1);
    for (let i = first; !this.#isEnded; i++) {
      const question = QUESTIONS[i % QUESTIONS.length]!;
      const time = { start: `${Math.floor(this.#newestMs - this.#spanMs)}000000`, end: `${this.#newestMs}000000` };
      const reply = await client.get('/loki/api/v1/query_range', { ...question, ...time, limit: '100' });
      if (reply.status !== 200)
        throw new Error(`${question.query}: ${reply.status} ${reply.body.toString().slice(0, 200)}`);
      if (digestAnswer(reply.body.toString()).entries === 0) this.emptyAnswers++;
      this.timesMs.push(reply.ms);
      await pause(THINK_MS);
    }
    client.close();
  }
}

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BenchContext } from '../context.ts';
import { eachLine } from '../logs/read-body.ts';
import { processUse, type Use, watchUse } from '../process/proc.ts';
import { type ReplayResult, replay } from '../process/replay.ts';
import { startHalogi } from '../process/server.ts';
import { pause } from '../process/statistics.ts';
import type { TailClientsInput, TailCommand, TailCounts } from './tail-clients.ts';
import { TAIL_QUERIES } from './tail-queries.ts';

/** Stretches of the load, without and with tails in turn, so that both meet the same machine. */
const STRETCHES = 6;
/** Not measured: the server compiles its hot code. */
const WARM_UP = 0.1;
/** What a tail has not been told by then will not come. */
const SETTLE_MS = 15_000;

/** One load, with or without tails. */
export interface TailLoad {
  readonly pushP50Ms: number;
  readonly pushP99Ms: number;
  readonly mbPerS: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
  /** Of processes that are neither the server nor the bench with its clients. */
  readonly foreignCpuSeconds: number;
  /** Of each stretch. */
  readonly stretchP99Ms: readonly number[];
}

export interface TailAccount {
  readonly query: string;
  readonly isStuck: boolean;
  readonly matching: number;
  readonly received: number;
  /** As told by the server. */
  readonly dropped: number;
}

export interface TailResult {
  readonly askedMbPerS: number;
  readonly without: TailLoad;
  readonly withTails: TailLoad;
  readonly accounts: readonly TailAccount[];
  readonly ended: readonly string[];
  readonly sentBytes: number;
  readonly peakResidentBytes: number;
}

/** Ingest at a fixed rate, with and without live tails; every line that matches must reach its tail or be told as dropped. */
export async function runTails(context: BenchContext): Promise<TailResult> {
  const { options, dataset, runFolder, log } = context;
  const askedMbPerS = options.tailMbPerS;
  log(`tail: ${TAIL_QUERIES.length} tails at ${askedMbPerS} MB/s`);
  const folder = join(runFolder, 'tail');
  const server = await startHalogi(options.program, folder);
  const bodies = dataset.bodies();
  const warmUp = Math.round(bodies.length * WARM_UP);
  const send = { url: server.url, dataset, connections: options.connections, rateMbPerS: askedMbPerS };
  const loads: (Stretch & { readonly hasTails: boolean })[] = [];
  const accounts = TAIL_QUERIES.map(({ query, isStuck = false }) => ({
    query,
    isStuck,
    matching: 0,
    received: 0,
    dropped: 0,
  }));
  const ended: string[] = [];
  let sentBytes = 0;
  try {
    await replay({ ...send, bodies: bodies.slice(0, warmUp) });
    for (let stretch = 0; stretch < STRETCHES; stretch++) {
      const size = (bodies.length - warmUp) / STRETCHES;
      const part = bodies.slice(warmUp + Math.round(size * stretch), warmUp + Math.round(size * (stretch + 1)));
      const hasTails = stretch % 2 === 1;
      const clients = hasTails ? await TailClients.open(server.url) : undefined;
      const endUse = watchUse(server.pid);
      const sent = await replay({ ...send, bodies: part });
      loads.push({ sent, use: endUse(), hasTails });
      if (clients === undefined) continue;
      const matching = countMatching(part.map(({ index }) => dataset.readBody(index)));
      const counts = await clients.finish(matching);
      for (const [i, account] of accounts.entries()) {
        account.matching += matching[i]!;
        account.received += counts.received[i]!;
        account.dropped += counts.dropped[i]!;
      }
      ended.push(...counts.ended);
      sentBytes += counts.bytes;
    }
    const { peakResidentBytes } = processUse(server.pid);
    const [without, withTails] = [false, true].map((hasTails) =>
      joined(loads.filter((one) => one.hasTails === hasTails)),
    );
    return {
      askedMbPerS,
      without: without!,
      withTails: withTails!,
      accounts,
      ended,
      sentBytes,
      peakResidentBytes,
    };
  } finally {
    await server.stop();
  }
}

interface Stretch {
  readonly sent: ReplayResult;
  readonly use: Use;
}

/** Means of stretches of about the same length. */
function joined(loads: readonly Stretch[]): TailLoad {
  const mean = (value: (load: Stretch) => number): number =>
    loads.reduce((sum, load) => sum + value(load), 0) / loads.length;
  const seconds = mean(({ sent }) => sent.seconds) * loads.length;
  return {
    pushP50Ms: mean(({ sent }) => sent.pushP50Ms),
    pushP99Ms: mean(({ sent }) => sent.pushP99Ms),
    mbPerS: mean(({ sent }) => sent.mbPerS),
    seconds,
    serverCpuSeconds: mean(({ use }) => use.cpuSeconds) * loads.length,
    foreignCpuSeconds: mean(({ use }) => use.foreignCpuSeconds) * loads.length,
    stretchP99Ms: loads.map(({ sent }) => sent.pushP99Ms),
  };
}

/** Lines of bodies that each tail should get, found without the server's code. */
function countMatching(bodies: readonly Buffer[]): number[] {
  const counts = TAIL_QUERIES.map(() => 0);
  for (const body of bodies) {
    eachLine(body, (labels, bytes, start, end) => {
      const text = bytes.toString('utf8', start, end);
      for (const [i, { stream, line }] of TAIL_QUERIES.entries()) {
        if (stream(labels) && (line === undefined || line(text))) counts[i]!++;
      }
    });
  }
  return counts;
}

/** The clients' thread, seen from here. */
class TailClients {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async open(url: string): Promise<TailClients> {
    const tails = TAIL_QUERIES.map(({ query, isStuck = false }) => ({ query, isStuck }));
    const input: TailClientsInput = { url, tails };
    const clients = new TailClients(new Worker(new URL('./tail-clients.ts', import.meta.url), { workerData: input }));
    await clients.#next();
    return clients;
  }

  async #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
    });
  }

  #tell(command: TailCommand): void {
    this.#worker.postMessage(command);
  }

  async #counts(): Promise<TailCounts> {
    this.#tell('counts');
    return (await this.#next()) as TailCounts;
  }

  /** Lets stuck clients read, waits until all lines are accounted for, and ends. */
  async finish(matching: readonly number[]): Promise<TailCounts> {
    this.#tell('resume');
    const endMs = performance.now() + SETTLE_MS;
    let counts = await this.#counts();
    while (performance.now() < endMs && matching.some((lines, i) => counts.received[i]! + counts.dropped[i]! < lines)) {
      await pause(100);
      counts = await this.#counts();
    }
    // Anything more would be a repeat.
    await pause(300);
    counts = await this.#counts();
    this.#tell('close');
    await this.#worker.terminate();
    return counts;
  }
}

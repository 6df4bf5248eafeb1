import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseQuery } from '../../grammar/parse.ts';
import { printQuery } from '../../grammar/print.ts';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { answerFor } from '../../src/http/request/error-reply.ts';
import { push } from '../../src/ingest/push.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { type QueryRequest, runQuery } from '../../src/query/run.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import { LogStore } from '../../src/store/store.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';
import { inPlaceRunner } from './memory-store.ts';
import { resultText } from './result-text.ts';
import { type AnswerBody, answerRows, failureRows, textRows } from './script-answer.ts';
import {
  SCRIPT_BASE_NS,
  type ScriptEval,
  type ScriptFile,
  type ScriptSection,
  type ScriptStream,
  secondsNs,
} from './script-file.ts';

/** Where the rows of a script lie when it is asked: all in the head, all in segments, or half of them in each. */
export type Placement = 'head' | 'segments' | 'half';

/** The clock of scripts: pushes and queries happen a day after the rows. */
const NOW_NS = SCRIPT_BASE_NS + 86_400_000_000_000n;
const HEAD_BYTES = 64 << 20;

/** The real ingest, store and query engine, in this process, on a folder of its own. Each section of a script is a tenant. */
export class ScriptEngine {
  readonly #folder: string;
  readonly #store: LogStore;
  readonly #loader = new PartLoader(raise);
  readonly #runner = inPlaceRunner((part, options, counts) => this.#loader.load(part, options, counts));

  private constructor(folder: string, store: LogStore) {
    this.#folder = folder;
    this.#store = store;
  }

  /** Opens a store and puts the rows of all sections into it. */
  static async open(file: ScriptFile, placement: Placement): Promise<ScriptEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'halogi-script-'));
    const store = await LogStore.open({
      disk: nodeDisk,
      dataFolder: folder,
      head: { headBytes: HEAD_BYTES, generationBytes: HEAD_BYTES, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
      cacheBytes: 16 << 20,
      directoryBytes: 1 << 20,
      walSync: 'interval',
      walSyncIntervalMs: 1000,
      runFlush: (task) => runFlushTask(task, nodeDisk),
      applyLogged: raise,
      now: Date.now,
      events: {
        damage: raise,
        recovered: () => undefined,
        flushed: () => undefined,
        flushFailed: raise,
        walFailed: raise,
      },
    });
    const engine = new ScriptEngine(folder, store);
    const [first, second] = [new Map<number, ScriptStream[]>(), new Map<number, ScriptStream[]>()];
    for (const [index, { streams }] of file.sections.entries()) {
      const halves = placement === 'half' ? splitRows(streams) : { first: streams, second: [] };
      first.set(index, halves.first);
      second.set(index, halves.second);
    }
    await engine.#push(file, first);
    if (placement !== 'head') await store.flush();
    await engine.#push(file, second);
    return engine;
  }

  async #push(file: ScriptFile, streamsOf: ReadonlyMap<number, readonly ScriptStream[]>): Promise<void> {
    for (const [index, streams] of streamsOf) {
      const filled = streams.filter(({ rows }) => rows.length > 0);
      if (filled.length === 0) continue;
      const tenant = tenantOf(index);
      const body = filled.map(({ labels, rows }) => ({
        stream: labels,
        values: rows.map(({ timeNs, line, metadata }) => [String(timeNs), line, metadata]),
      }));
      const reply = await push(
        {
          kind: 'push',
          headers: { contentType: 'application/json', contentEncoding: undefined },
          body: Buffer.from(JSON.stringify({ streams: body })),
          bodyLimits: { maxBodyBytes: 2 ** 24, maxDecompressedBytes: 2 ** 24 },
        },
        {
          state: new TenantIngest(tenant),
          limits: limitsOf(file.sections[index]!),
          sink: this.#store.sink(tenant),
          nowNs: NOW_NS,
          log: (record) => this.#store.log(tenant, record.kind, record.body, Number(NOW_NS / 1_000_000n)),
        },
      );
      if (reply.status !== 204) throw new Error(`load ${index + 1} of the script: ${reply.status} ${reply.body}`);
    }
  }

  /** Runs an eval of the section with this index. @returns rows as a script shows them */
  async run(file: ScriptFile, index: number, one: ScriptEval): Promise<string[]> {
    try {
      if (one.kind === 'format') return textRows(printQuery(parseQuery(one.query)));
      const { data } = await runQuery(requestOf(one), {
        store: this.#store,
        runner: this.#runner,
        limits: limitsOf(file.sections[index]!),
        nowNs: NOW_NS,
        tenant: tenantOf(index),
        signal: new AbortController().signal,
      });
      return answerRows(one.kind, JSON.parse(resultText(data)) as AnswerBody);
    } catch (error) {
      const { status, message } = answerFor(error);
      // A bug must not become an expectation.
      if (status === 500 && (error instanceof TypeError || error instanceof RangeError)) throw error;
      return failureRows(status, message);
    }
  }

  async close(): Promise<void> {
    this.#loader.close();
    await this.#store.close();
    rmSync(this.#folder, { recursive: true });
  }
}

function raise(error: unknown): never {
  throw error instanceof Error ? error : new Error(JSON.stringify(error));
}

function tenantOf(index: number): string {
  return `t${index + 1}`;
}

/** Labels made at ingest would stand in every row, so they are off unless the script asks for them. */
function limitsOf({ switches }: ScriptSection): Limits {
  return {
    ...DEFAULT_LIMITS,
    discoverServiceName: switches.has('service-name') ? DEFAULT_LIMITS.discoverServiceName : [],
    discoverLogLevels: switches.has('levels'),
    enableMultiVariantQueries: switches.has('variants'),
  };
}

/** Every other row goes to the second half; rows of one stream and time stay in their order. */
function splitRows(streams: readonly ScriptStream[]): { first: ScriptStream[]; second: ScriptStream[] } {
  const first: ScriptStream[] = [];
  const second: ScriptStream[] = [];
  for (const { labels, rows } of streams) {
    const late = new Set<bigint>();
    const halves: [ScriptStream, ScriptStream] = [
      { labels, rows: [] },
      { labels, rows: [] },
    ];
    for (const [i, row] of rows.entries()) {
      if (i % 2 === 1) late.add(row.timeNs);
      halves[late.has(row.timeNs) ? 1 : 0].rows.push(row);
    }
    first.push(halves[0]);
    second.push(halves[1]);
  }
  return { first, second };
}

/** Defaults: a minute from second 0, steps of 10 s, at most 100 rows, oldest first. */
function requestOf({ kind, query, options }: ScriptEval): QueryRequest {
  const seconds = (name: string, otherwise: string): bigint => secondsNs(options[name] ?? otherwise);
  const direction = options['direction'] === 'backward' ? 'backward' : 'forward';
  const common = { query, limit: Number(options['limit'] ?? 100), direction } as const;
  if (kind === 'instant') return { kind, ...common, timeNs: SCRIPT_BASE_NS + seconds('time', '60') };
  return {
    kind: 'range',
    ...common,
    startNs: SCRIPT_BASE_NS + seconds('start', '0'),
    endNs: SCRIPT_BASE_NS + seconds('end', '60'),
    stepNs: seconds('step', '10'),
    intervalNs: seconds('interval', '0'),
    ...(options['categorize'] === 'true' ? { encodingFlags: ['categorize-labels'] } : {}),
  };
}

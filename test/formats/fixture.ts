import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { applyBatch } from '../../src/ingest/apply-batch.ts';
import { push } from '../../src/ingest/push.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import { decodeWalBody } from '../../src/ingest/wal-body.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import type { RecoverCounts } from '../../src/store/lifecycle/recover.ts';
import { LogStore } from '../../src/store/store.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { WHOLE_DAY, zeroCounts } from '../support/store-rows.ts';

/** The tenants of the fixture. `Quiet.1` has no level detection, and a name that no folder may have as it is. */
export const TENANTS: readonly string[] = ['fake', 'Quiet.1'];

function limitsOf(tenant: string): Limits {
  return { ...DEFAULT_LIMITS, discoverLogLevels: tenant === 'fake' };
}

/** One row as the fixture writes it down; long lines by their hash. */
export interface FixtureRow {
  readonly tenant: string;
  readonly labels: readonly string[];
  readonly ns: string;
  readonly line: string;
  readonly metadata: readonly string[];
}

const LONG_LINE = 1000;

function lineText(line: Buffer): string {
  return line.length <= LONG_LINE ? line.toString() : `sha256:${createHash('sha256').update(line).digest('hex')}`;
}

export interface FixtureStore {
  readonly store: LogStore;
  readonly recovered: RecoverCounts & { readonly records: number; readonly tornBytes: number };
  push(tenant: string, contentType: string, body: Buffer): Promise<void>;
}

const fail = (error: unknown): never => {
  throw error;
};

/** A store with the write path of the server in front, at a fixed time. */
export async function openFixtureStore(folder: string, nowMs: number): Promise<FixtureStore> {
  const ingests = new Map(TENANTS.map((tenant) => [tenant, { state: new TenantIngest(tenant), limits: limitsOf(tenant) }]));
  const batch = new PushBatch();
  let recovered: FixtureStore['recovered'] | undefined;
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 64 << 20, generationBytes: 32 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 16 << 20,
    directoryBytes: 1 << 20,
    walSync: 'always',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged: ({ kind, tenant, arrivalMs, body }, sink) => {
      decodeWalBody(kind, body, batch);
      applyBatch(batch, { ...ingests.get(tenant)!, sink, nowNs: BigInt(arrivalMs) * 1_000_000n, policy: 'replay' });
    },
    now: () => nowMs,
    events: { damage: fail, recovered: (counts) => (recovered = counts), flushed: () => undefined, flushFailed: fail, walFailed: fail },
  });
  return {
    store,
    recovered: recovered!,
    push: async (tenant, contentType, body) => {
      const reply = await push(
        { kind: 'push', headers: { contentType, contentEncoding: undefined }, body, bodyLimits: { maxBodyBytes: 1e8, maxDecompressedBytes: 1e8 } },
        {
          ...ingests.get(tenant)!,
          sink: store.sink(tenant),
          nowNs: BigInt(nowMs) * 1_000_000n,
          log: (record) => store.log(tenant, record.kind, record.body, nowMs),
        },
      );
      if (reply.status !== 204) throw new Error(`push: ${reply.status} ${reply.body}`);
    },
  };
}

/** All rows of a store by tenant and stream, each stream in the order in which a query gives it. */
export function readRows(store: LogStore): FixtureRow[] {
  const loader = new PartLoader(fail);
  const byStream = new Map<string, FixtureRow[]>();
  for (const tenant of TENANTS) {
    const selection = store.select(tenant, [], { startNs: -(2n ** 62n), endNs: 2n ** 62n });
    for (const part of selection.stretches.parts()) {
      for (const block of loader.load(part, WHOLE_DAY, zeroCounts())) {
        const rows = byStream.get(`${tenant} ${block.streamLabels.join()}`) ?? [];
        byStream.set(`${tenant} ${block.streamLabels.join()}`, rows);
        for (let row = 0; row < block.rowCount; row++) {
          const line = Buffer.from(block.bytes.slice(block.lineStarts[row], block.lineEnds[row]));
          const ns = String(block.dayStartNs + BigInt(block.times[row]!));
          rows.push({ tenant, labels: block.streamLabels, ns, line: lineText(line), metadata: block.metadata(block.metadataId(row)) });
        }
      }
    }
    selection.release();
  }
  loader.close();
  return [...byStream].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, rows]) => rows);
}

/** What a fixture is made of, beside its rows. */
const STORED = ['FORMAT', 'segments'];

/** The rows that a fixture must give, what opening a copy of it finds, and the rows that it gives. */
export async function readSegmentFixture(
  fixture: string,
): Promise<{ expected: readonly FixtureRow[]; recovered: RecoverCounts; rows: readonly FixtureRow[] }> {
  const expected = JSON.parse(readFileSync(join(fixture, 'rows.json'), 'utf8')) as FixtureRow[];
  const folder = mkdtempSync(join(tmpdir(), 'halogi-format-'));
  for (const name of STORED) cpSync(join(fixture, name), join(folder, name), { recursive: true });
  const { store, recovered } = await openFixtureStore(folder, Date.UTC(2030, 0, 1));
  const rows = readRows(store);
  await store.close();
  rmSync(folder, { recursive: true });
  return { expected, recovered, rows };
}

/**
 * Writes a fixture: the segments of a JSON push, and the rows that must be read from them.
 *
 * @throws Error if it is there already: a fixture is never written again
 */
export async function writeSegmentFixture(fixture: string, nowMs: number, streams: readonly object[]): Promise<void> {
  if (existsSync(fixture)) throw new Error(`${fixture} is there already`);
  const folder = mkdtempSync(join(tmpdir(), 'halogi-format-'));
  const { store, push } = await openFixtureStore(folder, nowMs);
  await push('fake', 'application/json', Buffer.from(JSON.stringify({ streams })));
  const rows = readRows(store);
  await store.close();
  mkdirSync(fixture, { recursive: true });
  for (const name of STORED) cpSync(join(folder, name), join(fixture, name), { recursive: true });
  rmSync(folder, { recursive: true });
  writeFileSync(join(fixture, 'rows.json'), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
}

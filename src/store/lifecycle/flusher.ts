import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import type { Generation } from '../../head/generation.ts';
import type { HeadPart } from '../../head/part.ts';
import type { LogIndex, StreamEntry } from '../../index/index.ts';
import type { SegmentSummary } from '../../index/values.ts';
import type { SegmentTables } from '../segments/open-directory.ts';
import { StoredSegment, segmentFolder } from '../segments/stored-segment.ts';
import type { OpenDirectories } from '../tenant/open-directories.ts';
import type { TenantState, TenantStream } from '../tenant/tenant-state.ts';
import type { FlushResult, FlushTask } from '../write/flush-task.ts';
import { describeStreams } from '../write/gather-pages.ts';
import { type OrderedParts, StreamOrder } from '../write/stream-order.ts';
import { FRESH_ZSTD_LEVEL } from './merge-plan.ts';

/** Runs flush tasks somewhere: in a worker in the server, in place in tests. */
export type FlushRunner = (task: FlushTask) => Promise<FlushResult>;

export interface FlusherOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly index: LogIndex;
  readonly directories: OpenDirectories;
  readonly run: FlushRunner;
  /** Part of every segment's name: the start of this process. */
  readonly writer: string;
  readonly tenant: (name: string) => TenantState;
  readonly now: () => number;
}

/** What a generation became; not yet seen by queries. */
export interface WrittenGeneration {
  readonly segments: readonly { readonly tenant: TenantState; readonly segment: StoredSegment }[];
}

/**
 * Writes a sealed generation: a segment for each tenant and day, then one atomic batch that names them all and moves the
 * checkpoint. After a crash in between the files are orphans and the WAL still has every row.
 */
export async function writeGeneration(generation: Generation, options: FlusherOptions): Promise<WrittenGeneration> {
  const tasks = await planTasks(generation, options);
  const written: WrittenSegment[] = [];
  const added: { summary: SegmentSummary; directory: Uint8Array }[] = [];
  for (const { tenant, task, streamIds } of tasks) {
    const result = await options.run(task);
    const summary = summaryOf(task, result);
    added.push({ summary, directory: result.directory });
    const segment = new StoredSegment(summary, join(task.folder, task.name), options.now());
    written.push({ tenant, segment, tables: result.tables, streamIds });
  }
  const streams = newStreams(generation, options);
  await options.index.commit({ streams, addSegments: added, removeSegments: [], checkpointSeq: generation.walSeq });
  for (const { segment, tables, streamIds } of written) options.directories.put(segment, tables, streamIds);
  for (const { tenant, streamId } of streams) options.tenant(tenant).byId.get(streamId)!.persisted = true;
  return { segments: written };
}

interface WrittenSegment {
  readonly tenant: TenantState;
  readonly segment: StoredSegment;
  readonly tables: SegmentTables;
  /** By the segment's own stream numbers. */
  readonly streamIds: Uint32Array;
}

interface PlannedFlush {
  readonly tenant: TenantState;
  readonly task: FlushTask;
  /** By the segment's own stream numbers. */
  readonly streamIds: Uint32Array;
}

async function planTasks(generation: Generation, options: FlusherOptions): Promise<PlannedFlush[]> {
  const groups: { tenant: TenantState; day: number; parts: HeadPart[] }[] = [];
  for (const name of generation.tenants()) {
    const byDay = new Map<number, HeadPart[]>();
    for (const part of generation.parts(name)) {
      const parts = byDay.get(part.day);
      if (parts === undefined) byDay.set(part.day, [part]);
      else parts.push(part);
    }
    for (const [day, parts] of byDay) groups.push({ tenant: options.tenant(name), day, parts });
  }
  const out: PlannedFlush[] = [];
  for (const [part, { tenant, day, parts }] of groups.entries()) {
    const folder = segmentFolder(options.dataFolder, tenant.name, day);
    await options.disk.mkdir(folder);
    const ordered = inLabelOrder(tenant, parts);
    out.push({
      tenant,
      streamIds: Uint32Array.from(ordered.parts, ({ streamId }) => streamId),
      task: {
        identity: {
          tenant: tenant.name,
          day,
          generation: generation.id,
          part,
          parts: groups.length,
          walSeq: generation.walSeq,
          writer: options.writer,
        },
        folder,
        name: `${options.writer}-${String(generation.id).padStart(8, '0')}-${part}.seg`,
        zstdLevel: FRESH_ZSTD_LEVEL,
        slabs: generation.memories(),
        streams: describeStreams(ordered),
      },
    });
  }
  return out;
}

const orders = new WeakMap<TenantState, StreamOrder>();

function inLabelOrder(tenant: TenantState, parts: readonly HeadPart[]): OrderedParts {
  let order = orders.get(tenant);
  if (order === undefined) {
    order = new StreamOrder();
    orders.set(tenant, order);
  }
  return order.order(parts);
}

/** Streams of the generation that the index does not have yet. */
function newStreams(generation: Generation, options: FlusherOptions): StreamEntry[] {
  const streams: StreamEntry[] = [];
  const seen = new Set<TenantStream>();
  for (const name of generation.tenants()) {
    const tenant = options.tenant(name);
    for (const part of generation.parts(name)) {
      const stream = tenant.byId.get(part.streamId)!;
      // A stream has a part for each day.
      if (stream.persisted || seen.has(stream)) continue;
      seen.add(stream);
      streams.push({ tenant: name, streamId: part.streamId, labels: part.labels });
    }
  }
  return streams;
}

function summaryOf(task: FlushTask, result: FlushResult): SegmentSummary {
  const { tenant, day } = task.identity;
  return {
    tenant,
    day,
    name: task.name,
    generation: 0,
    rowCount: result.rowCount,
    lineBytes: result.lineBytes,
    fileBytes: result.fileBytes,
    chunkCount: task.streams.count,
    minOffsetNs: result.minOffsetNs,
    maxOffsetNs: result.maxOffsetNs,
    streamCount: task.streams.count,
  };
}

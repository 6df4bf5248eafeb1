import { compareLabels, type Labels, labelsFromObject, labelsKey, labelValue } from '../../src/model/labels.ts';
import { LEVEL_LABEL } from '../../src/model/level.ts';
import type { CompiledMatcher } from '../../src/model/matcher.ts';
import type { RowBlock } from '../../src/model/row-block.ts';
import { dayOf, dayStartNs, type TimeRange } from '../../src/model/time.ts';
import { runScanTask } from '../../src/query/scan.ts';
import type { PartLoader, TaskRunner } from '../../src/query/task/task.ts';
import type { QueryStore, Selection } from '../../src/store/snapshot/query-store.ts';
import type { PartRef } from '../../src/store/snapshot/select.ts';
import { Stretches } from '../../src/store/snapshot/stretches.ts';

/** A row as tests give it. */
export interface MemoryRow {
  readonly labels: Labels;
  readonly timeNs: bigint;
  readonly line: string | Uint8Array;
  readonly metadata?: Labels;
}

interface Stream {
  readonly id: number;
  readonly labels: Labels;
  readonly rows: { timeNs: bigint; line: Uint8Array; metadata: Labels; seq: number }[];
}

/**
 * A store of plain arrays: one part per stream and day, exact repeats dropped, rows of one time in arrival order. `blockRows` cuts
 * parts into small blocks, so that block borders are crossed.
 */
export class MemoryStore implements QueryStore {
  readonly #streams = new Map<string, Stream>();
  readonly #blockRows: number;
  readonly #costFactor: number;
  /** Selections that were not released yet. */
  openSelections = 0;

  /** @param costFactor claims that lines are longer than they are, so that small parts are cut into several tasks */
  constructor(rows: readonly MemoryRow[], blockRows = 7, costFactor = 1) {
    this.#blockRows = blockRows;
    this.#costFactor = costFactor;
    let seq = 0;
    const encoder = new TextEncoder();
    const seen = new Set<string>();
    for (const row of rows) {
      const key = labelsKey(row.labels);
      const line = typeof row.line === 'string' ? encoder.encode(row.line) : row.line;
      const rowKey = `${key} ${row.timeNs} ${Buffer.from(line).toString('latin1')}`;
      if (seen.has(rowKey)) continue;
      seen.add(rowKey);
      let stream = this.#streams.get(key);
      if (stream === undefined) {
        stream = { id: this.#streams.size, labels: row.labels, rows: [] };
        this.#streams.set(key, stream);
      }
      stream.rows.push({ timeNs: row.timeNs, line, metadata: row.metadata ?? [], seq: seq++ });
    }
    for (const { rows: own } of this.#streams.values()) {
      own.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : a.seq - b.seq));
    }
  }

  select(_tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): Selection {
    const parts: PartRef[] = [];
    for (const stream of this.#matching(matchers)) {
      for (const [day, rows] of Map.groupBy(stream.rows, (row) => dayOf(row.timeNs))) {
        const start = dayStartNs(day);
        if (rows[0]!.timeNs > range.endNs || rows.at(-1)!.timeNs < range.startNs) continue;
        parts.push({
          streamId: stream.id,
          streamLabels: stream.labels,
          day,
          minOffsetNs: Number(rows[0]!.timeNs - start),
          maxOffsetNs: Number(rows.at(-1)!.timeNs - start),
          rowCount: rows.length,
          place: 0,
          lineBytes: rows.reduce((sum, row) => sum + row.line.length, 0) * this.#costFactor,
          metadataBytes: rows.reduce((sum, row) => sum + metadataBytes(row.metadata), 0),
          sources: [rows],
        });
      }
    }
    this.openSelections++;
    const stretches = Stretches.ofParts(parts);
    return {
      stored: stretches,
      stretches,
      chunkCount: parts.length,
      compressedBytes: 0,
      release: () => void this.openSelections--,
    };
  }

  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[] {
    const selection = this.select(tenant, matchers, range);
    selection.release();
    const parts = selection.stretches.parts();
    const byKey = new Map(parts.map((part) => [labelsKey(part.streamLabels), part.streamLabels]));
    return [...byKey.values()].sort(compareLabels);
  }

  *#matching(matchers: readonly CompiledMatcher[]): Iterable<Stream> {
    for (const stream of this.#streams.values()) {
      if (matchers.every((matcher) => matcher.matches(labelValue(stream.labels, matcher.name) ?? ''))) yield stream;
    }
  }

  readonly load: PartLoader = (part, options, counts) => this.#load(part, options, counts);

  *#load(...[part, options, counts]: Parameters<PartLoader>): Iterable<RowBlock> {
    const rows = part.sources[0] as Stream['rows'];
    const starts: number[] = [];
    for (let start = 0; start < rows.length; start += this.#blockRows) starts.push(start);
    if (options.reverse) starts.reverse();
    for (const start of starts) {
      const block = rows.slice(start, start + this.#blockRows);
      counts.blocksRead++;
      counts.rows += block.length;
      yield this.#block(part, withMetadata(block, options.metadataNames), options.lines, options.metadata);
    }
  }

  #block(part: PartRef, rows: Stream['rows'], lines: boolean, metadata: boolean): RowBlock {
    const dayNs = dayStartNs(part.day);
    const lineStarts = new Uint32Array(rows.length);
    const lineEnds = new Uint32Array(rows.length);
    let end = 0;
    for (const [i, row] of rows.entries()) {
      lineStarts[i] = end;
      end += row.line.length;
      lineEnds[i] = end;
      // A newline stands between lines, as in stored blocks.
      end++;
    }
    const bytes = new Uint8Array(lines ? end : 0);
    if (lines) for (const [i, row] of rows.entries()) bytes.set(row.line, lineStarts[i]);
    const ids = new Map<string, number>();
    const sets: Labels[] = [];
    const idOf = rows.map((row) => {
      const key = labelsKey(row.metadata);
      let id = ids.get(key);
      if (id === undefined) {
        id = sets.length;
        ids.set(key, id);
        sets.push(row.metadata);
      }
      return id;
    });
    const needed = (value: boolean): void => {
      if (!value) throw new Error('metadata was not asked for');
    };
    return {
      streamId: part.streamId,
      streamLabels: part.streamLabels,
      dayStartNs: dayNs,
      rowCount: rows.length,
      times: Float64Array.from(rows, (row) => Number(row.timeNs - dayNs)),
      bytes,
      lineStarts: lines ? lineStarts : new Uint32Array(0),
      lineEnds: lines ? lineEnds : new Uint32Array(0),
      metadataId: (row) => {
        needed(metadata);
        return idOf[row]!;
      },
      metadataIdCount: sets.length,
      metadata: (id) => {
        needed(metadata);
        return sets[id]!;
      },
      ascii: false,
    };
  }
}

function metadataBytes(metadata: Labels): number {
  let sum = 0;
  for (let i = 0; i < metadata.length; i += 2) {
    if (metadata[i] !== 'detected_level') sum += Buffer.byteLength(metadata[i]! + metadata[i + 1]!);
  }
  return sum;
}

/** Runs tasks in place, with tasks and results copied as if they crossed a thread. */
export function inPlaceRunner(load: PartLoader, parallelism = 2): TaskRunner & { taskCount: number } {
  const runner = {
    parallelism,
    taskCount: 0,
    async run(...[task, signal]: Parameters<TaskRunner['run']>) {
      runner.taskCount++;
      await Promise.resolve();
      signal.throwIfAborted();
      return structuredClone(runScanTask(structuredClone(task), load));
    },
  };
  return runner;
}

/** Rows of one stream from `[seconds, line, metadata]`, seconds after `baseNs`. */
export function rowsOf(
  labels: Record<string, string>,
  baseNs: bigint,
  rows: readonly (readonly [number, string, Record<string, string>?])[],
): MemoryRow[] {
  const own = labelsFromObject(labels);
  return rows.map(([seconds, line, metadata]) => ({
    labels: own,
    timeNs: baseNs + BigInt(Math.round(seconds * 1e9)),
    line,
    metadata: labelsFromObject(metadata ?? {}),
  }));
}

/** Rows with no more metadata than was asked for, and their level: what else there is must not matter. */
function withMetadata(rows: Stream['rows'], names: ReadonlySet<string> | undefined): Stream['rows'] {
  if (names === undefined) return rows;
  return rows.map((row) => ({
    ...row,
    metadata: row.metadata.filter((_, i) => {
      const name = row.metadata[i - (i % 2)]!;
      return names.has(name) || name === LEVEL_LABEL;
    }),
  }));
}

import { dayStartNs } from '../../model/time.ts';
import type { TailAnswer, TailColumns, TailQuery, TailScanResult, TailScanTask, TaskRunner } from '../task/task.ts';
import type { TailBatch } from './tail-batch.ts';
import type { TailGroup } from './tail-group.ts';
import { foundRows } from './tail-rows.ts';
import type { TailSession } from './tail-session.ts';

export type OpenGroup = readonly [TailGroup, readonly TailSession[]];

interface Asked {
  readonly query: TailQuery;
  readonly sessions: readonly TailSession[];
}

/** Filters a batch in a worker and hands each tail its rows. */
export async function scanBatch(batch: TailBatch, groups: readonly OpenGroup[], runner: TaskRunner): Promise<void> {
  const asked = askedOf(batch, groups, false);
  if (asked.length === 0) return;
  const columns = batch.columns();
  const task: TailScanTask = { kind: 'tail', columns, queries: asked.map(({ query }) => query) };
  const result = await runner.run(task, new AbortController().signal);
  if (result.kind !== 'tail') return;
  for (const [i, answer] of result.answers.entries()) deliver(answer, columns, asked[i]!.sessions);
}

/** Filters a batch here and now, and only tells each tail what it does not get. */
export function countBatch(
  batch: TailBatch,
  groups: readonly OpenGroup[],
  scan: (task: TailScanTask) => TailScanResult,
): void {
  const asked = askedOf(batch, groups, true);
  if (asked.length === 0) return;
  const columns = batch.columns();
  const { answers } = scan({ kind: 'tail', columns, queries: asked.map(({ query }) => query) });
  for (const [i, answer] of answers.entries()) deliver(answer, columns, asked[i]!.sessions);
}

/** What the tails ask of a batch; those that have no stream in it ask nothing. */
function askedOf(batch: TailBatch, groups: readonly OpenGroup[], countsOnly: boolean): Asked[] {
  const streams = batch.streams();
  const asked: Asked[] = [];
  for (const [group, sessions] of groups) {
    const open = sessions.filter((session) => !session.isEnded);
    const wanted = Uint8Array.from(streams, (stream) => (group.isWanted(stream) ? 1 : 0));
    if (open.length === 0 || !wanted.includes(1)) continue;
    const rooms = open.map(({ room }) => room);
    const maxRows = countsOnly ? 0 : Math.max(...rooms.map(({ rows }) => rows));
    const maxBytes = countsOnly ? 0 : Math.max(...rooms.map(({ bytes }) => bytes));
    const { query: text, stages, format } = group;
    asked.push({ query: { text, stages, format, wanted, maxRows, maxBytes }, sessions: open });
  }
  return asked;
}

function deliver(answer: TailAnswer, columns: TailColumns, sessions: readonly TailSession[]): void {
  const { droppedRows, droppedCounts, lastDroppedRows } = answer;
  const { days, offsetsNs, streamIndexes, streams } = columns;
  const rows = foundRows(answer, columns);
  const drop = (row: number, count: number): void => {
    const timeNs = dayStartNs(days[row]!) + BigInt(offsetsNs[row]!);
    for (const session of sessions) session.drop(timeNs, streams[streamIndexes[row]!]!, count);
  };
  for (const session of sessions) session.add(rows);
  for (const row of droppedRows) drop(row, 1);
  for (const [stream, count] of droppedCounts.entries()) if (count > 0) drop(lastDroppedRows[stream]!, count);
  for (const session of sessions) session.ready();
}

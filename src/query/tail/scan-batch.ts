import { dayStartNs } from '../../model/time.ts';
import type { TailAnswer, TailColumns, TailQuery, TaskRunner } from '../task.ts';
import type { TailBatch } from './tail-batch.ts';
import type { TailGroup } from './tail-group.ts';
import { foundRows } from './tail-rows.ts';
import type { TailSession } from './tail-session.ts';

type OpenGroup = readonly [TailGroup, readonly TailSession[]];

/** Filters a batch in the workers and hands each tail its rows; groups are shared out among as many tasks as run at once. */
export async function scanBatch(batch: TailBatch, groups: readonly OpenGroup[], runner: TaskRunner): Promise<void> {
  const streams = batch.streams();
  const asked: { readonly query: TailQuery; readonly sessions: readonly TailSession[] }[] = [];
  for (const [group, sessions] of groups) {
    const open = sessions.filter((session) => !session.isEnded);
    const wanted = Uint8Array.from(streams, (stream) => (group.isWanted(stream) ? 1 : 0));
    if (open.length === 0 || !wanted.includes(1)) continue;
    const maxRows = Math.max(...open.map(({ room }) => room.rows));
    const maxBytes = Math.max(...open.map(({ room }) => room.bytes));
    asked.push({ query: { stages: group.stages, format: group.format, wanted, maxRows, maxBytes }, sessions: open });
  }
  const columns = batch.columns();
  const tasks = Math.max(1, Math.min(runner.parallelism, asked.length));
  const signal = new AbortController().signal;
  await Promise.all(
    Array.from({ length: tasks }, async (_, task) => {
      const share = asked.filter((_, i) => i % tasks === task);
      if (share.length === 0) return;
      const result = await runner.run({ kind: 'tail', columns, queries: share.map(({ query }) => query) }, signal);
      if (result.kind !== 'tail') return;
      for (const [i, answer] of result.answers.entries()) deliver(answer, columns, share[i]!.sessions);
    }),
  );
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

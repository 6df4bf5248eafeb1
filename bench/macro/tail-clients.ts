import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

/** Clients of live tails, on a thread of their own: what they cost must not count as time of a push. */

export interface TailClientsInput {
  readonly url: string;
  readonly tails: readonly { readonly query: string; readonly isStuck: boolean }[];
}

/** Counts since the start, for each tail in order. */
export interface TailCounts {
  readonly received: number[];
  /** As the server has told. */
  readonly dropped: number[];
  readonly frames: number;
  readonly bytes: number;
  /** Closed by the server: why. */
  readonly ended: string[];
}

export type TailCommand = 'counts' | 'resume' | 'close';

/** Stands once in every entry; quotes of a line are escaped, so it cannot stand in one. */
const ENTRY = Buffer.from('"values":[[');
const DROPPED = Buffer.from('],"dropped_entries":[');

const { url, tails } = workerData as TailClientsInput;
const counts: TailCounts = {
  received: tails.map(() => 0),
  dropped: tails.map(() => 0),
  get frames() {
    return frames;
  },
  get bytes() {
    return bytes;
  },
  ended: [],
};
let frames = 0;
let bytes = 0;

function count(tail: number, frame: Buffer): void {
  frames++;
  bytes += frame.length;
  for (let at = frame.indexOf(ENTRY); at >= 0; at = frame.indexOf(ENTRY, at + ENTRY.length)) counts.received[tail]!++;
  const dropped = frame.indexOf(DROPPED);
  if (dropped < 0) return;
  const list = JSON.parse(frame.toString('utf8', dropped + DROPPED.length - 1, frame.length - 1)) as {
    count?: number;
  }[];
  for (const entry of list) counts.dropped[tail]! += entry.count ?? 1;
}

const sockets = tails.map(({ query, isStuck }, tail) => {
  const path = `/loki/api/v1/tail?${new URLSearchParams({ query, limit: '1' })}`;
  const socket = new WebSocket(url.replace('http', 'ws') + path);
  socket.on('message', (data: Buffer) => count(tail, data));
  socket.on('close', (code, reason) => counts.ended.push(`${query}: ${code} ${reason}`));
  socket.on('error', (error) => counts.ended.push(`${query}: ${error.message}`));
  socket.once('open', () => isStuck && socket.pause());
  return socket;
});

await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
parentPort?.postMessage('open');
parentPort?.on('message', (command: TailCommand) => {
  if (command === 'resume') for (const socket of sockets) socket.resume();
  if (command === 'close') for (const socket of sockets) socket.terminate();
  if (command === 'counts') parentPort?.postMessage({ ...counts, frames, bytes });
});

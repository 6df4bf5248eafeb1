import type { MergedSegment } from '../store/write/merge-task.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';

/** Buffers of a reply that move instead of being copied: whole, unshared ones, each once. */
export function transferList(reply: WorkerReply): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const add = (array: ArrayBufferView): void => {
    const { buffer } = array;
    // Small Buffers are slices of Node's shared pool; moving that would empty other people's Buffers.
    if (buffer instanceof ArrayBuffer && array.byteLength === buffer.byteLength && array.byteLength > 0)
      found.add(buffer);
  };
  const addSegment = ({ directory, tables }: Pick<MergedSegment, 'directory' | 'tables'>): void => {
    add(directory);
    if (tables === undefined) return;
    const { firstBlocks, columns, directory: own } = tables;
    for (const value of [firstBlocks, columns, own.tally, own.blocks, own.frames]) collect(value, add);
  };
  if (reply.kind === 'flush') addSegment(reply.result);
  else if (reply.kind === 'merge') {
    if (reply.result.segment !== undefined) addSegment(reply.result.segment);
  } else if (reply.kind === 'scan') {
    const { result } = reply;
    // Its columns lie in one piece.
    if (result.kind === 'logs') return [result.memory];
    const values = result.kind === 'tail' ? result.answers.flatMap(Object.values) : Object.values(result);
    for (const value of values) collect(value, add);
  }
  return [...found];
}

/** Buffers of a request that move: nobody else has the columns of a task. */
export function givenAway(request: WorkerRequest): ArrayBuffer[] {
  return columnsOf(request)
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer && buffer.byteLength > 0) as ArrayBuffer[];
}

function columnsOf(request: WorkerRequest): ArrayBufferView[] {
  if (request.kind === 'flush') {
    const { pages, pageEnds, sorted } = request.task.streams;
    return [pages, pageEnds, sorted];
  }
  if (request.kind !== 'scan' || request.task.kind === 'tail') return [];
  const { numbers, heads } = request.task.parts;
  return [numbers, heads.numbers, heads.pages];
}

/** Columns stand alone, in small objects, in lists, or in lists of small objects. */
function collect(value: unknown, add: (array: ArrayBufferView) => void): void {
  if (ArrayBuffer.isView(value)) add(value);
  else if (!Array.isArray(value) && holdsColumns(value)) collect([value], add);
  else if (!Array.isArray(value) || !holdsColumns(value[0])) return;
  else if (ArrayBuffer.isView(value[0])) for (const one of value) add(one);
  else for (const one of value) for (const column of Object.values(one)) if (ArrayBuffer.isView(column)) add(column);
}

function holdsColumns(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || Object.values(value).some((column) => ArrayBuffer.isView(column));
}

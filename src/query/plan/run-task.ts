import type { LabelTable } from '../../store/segments/shared-labels.ts';
import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';
import { BLOCKS_PER_SEGMENT } from '../../store/snapshot/stretches.ts';
import { NO_HEADS } from '../task/task-heads.ts';
import {
  P_END,
  P_FIRST,
  P_FROM,
  P_LABELS,
  P_SOURCE,
  P_STREAM,
  P_TO,
  PART_FIELDS,
  type TaskParts,
  type TaskSegment,
  WHOLE_FROM,
  WHOLE_TO,
} from '../task/task-parts.ts';
import { type BlockRuns, BlockRunsList, type ScanPlan, taskSegment } from './scan-plan.ts';

/** Wanted blocks of a segment between two of them, with all the wanted streams that these may be of. */
interface Section {
  readonly run: SegmentRun;
  /** Blocks `first .. end` of the segment; those of other streams lie between. */
  readonly first: number;
  readonly end: number;
  /** Streams `firstStream .. endStream` of the run. */
  readonly firstStream: number;
  readonly endStream: number;
}

/**
 * Whole blocks of streams of segments. Nothing is kept by stream: of thousands of them a list would take longer to make than the results of
 * the task to be found, where they are known.
 */
export class RunTask implements ScanPlan {
  readonly #sections: Section[] = [];
  readonly #labels: LabelTable;

  constructor(labels: LabelTable) {
    this.#labels = labels;
  }

  get isEmpty(): boolean {
    return this.#sections.length === 0;
  }

  get place(): number {
    const { run, first, firstStream } = this.#sections[0]!;
    const { segment, streams } = run;
    const firstBlock = segment.firstBlocks[streams?.[firstStream] ?? firstStream]!;
    return segment.ordinal * BLOCKS_PER_SEGMENT + Math.max(first, firstBlock);
  }

  add(section: Section): void {
    this.#sections.push(section);
  }

  parts(metadataNames?: ReadonlySet<string>): TaskParts {
    let most = 0;
    for (const { firstStream, endStream } of this.#sections) most += endStream - firstStream;
    const numbers = new Float64Array(most * PART_FIELDS);
    const segments: TaskSegment[] = [];
    let count = 0;
    for (const section of this.#sections) {
      const number = segments.push(taskSegment(section.run.segment, metadataNames)) - 1;
      count = putParts(section, number, this.#labels, numbers, count);
    }
    const used = numbers.subarray(0, count * PART_FIELDS);
    return { count, numbers: used, segments, labels: this.#labels.shared, heads: NO_HEADS, loose: [] };
  }

  wholeBlocks(): BlockRuns[] {
    const list = new BlockRunsList();
    for (const section of this.#sections) {
      list.begin(section.run.segment.path);
      addBlocks(section, list);
    }
    return list.runs;
  }
}

/** @param count parts that are there already; @returns how many there are then */
function putParts(section: Section, number: number, labels: LabelTable, to: Float64Array, count: number): number {
  const { run, first, end, firstStream, endStream } = section;
  const { streams, segment } = run;
  const { firstBlocks, streamIds } = segment;
  let at = count * PART_FIELDS;
  for (let i = firstStream; i < endStream; i++) {
    const stream = streams === undefined ? i : streams[i]!;
    const from = Math.max(first, firstBlocks[stream]!);
    const until = Math.min(end, firstBlocks[stream + 1]!);
    if (from >= until) continue;
    const streamId = streamIds[stream]!;
    to[at + P_SOURCE] = number;
    to[at + P_FIRST] = from;
    to[at + P_END] = until;
    to[at + P_STREAM] = streamId;
    to[at + P_LABELS] = labels.placeOf(streamId);
    to[at + P_FROM] = WHOLE_FROM;
    to[at + P_TO] = WHOLE_TO;
    at += PART_FIELDS;
  }
  return at / PART_FIELDS;
}

function addBlocks({ run, first, end, firstStream, endStream }: Section, list: BlockRunsList): void {
  const { streams, segment } = run;
  if (streams === undefined) {
    list.add(first, end);
    return;
  }
  const { firstBlocks } = segment;
  for (let i = firstStream; i < endStream; i++) {
    const stream = streams[i]!;
    const from = Math.max(first, firstBlocks[stream]!);
    const until = Math.min(end, firstBlocks[stream + 1]!);
    if (from < until) list.add(from, until);
  }
}

import type { Labels } from '../model/labels.ts';
import type { ScanTask } from '../query/task.ts';
import { P_LABELS, P_SOURCE, PART_FIELDS, type TaskParts } from '../query/task-parts.ts';
import type { HeadSource, PartSource } from '../store/part-source.ts';
import type { PartRef } from '../store/select.ts';
import { labelsAt, type SharedLabels } from '../store/shared-labels.ts';

/**
 * Loose parts of a task in few arrays. Copied one by one, an object with its labels, source and pages takes some ten times as long,
 * on both sides: that shows where a task has a hundred small parts.
 */
interface PackedParts {
  readonly count: number;
  /** `FIELDS` numbers a part, then the pages of all. */
  readonly numbers: Float64Array;
  /** Memory of generations of the head. */
  readonly slabs: readonly (readonly SharedArrayBuffer[])[];
  /** Parts of segments, or with several sources, at the places where `numbers` says so. */
  readonly others: readonly PartRef[];
}

/** A task on its way to a worker. */
export type PackedTask = ScanTask | { readonly kind: 'packed'; readonly task: ScanTask; readonly parts: PackedParts };

const STREAM_ID = 0;
const DAY = 1;
const PLACE = 2;
const MIN = 3;
const MAX = 4;
const ROWS = 5;
const LINE_BYTES = 6;
const METADATA_BYTES = 7;
const SOURCE = 8;
/** Number of the slabs. */
const WHERE = 9;
/** Where its labels are. */
const LABELS = 10;
/** Where pages are. */
const PAGES_FROM = 11;
const PAGES_TO = 12;
const FIELDS = 13;

/** Kinds of `SOURCE`. */
const OTHER = 0;
const HEAD = 1;
const HEAD_SORTED = 2;

export function packTask(task: ScanTask): PackedTask {
  if (task.kind === 'tail' || task.parts.loose.length === 0) return task;
  return { kind: 'packed', task: { ...task, parts: { ...task.parts, loose: [] } }, parts: packParts(task.parts) };
}

export function unpackTask(packed: PackedTask): ScanTask {
  if (packed.kind !== 'packed') return packed;
  const { task } = packed;
  if (task.kind === 'tail') return task;
  return { ...task, parts: { ...task.parts, loose: unpackParts(packed.parts, task.parts.labels) } };
}

function packParts({ loose: parts, numbers: taskNumbers }: TaskParts): PackedParts {
  let length = parts.length * FIELDS;
  for (const part of parts) length += headOf(part)?.pages.length ?? 0;
  const numbers = new Float64Array(length);
  const slabs = new Map<readonly SharedArrayBuffer[], number>();
  const others: PartRef[] = [];
  let pagesAt = parts.length * FIELDS;
  let row = -PART_FIELDS;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const at = i * FIELDS;
    const source = headOf(part);
    // Loose parts stand in the order in which the task names them.
    do row += PART_FIELDS;
    while (taskNumbers[row + P_SOURCE]! >= 0);
    if (source === undefined) {
      numbers[at + SOURCE] = OTHER;
      others.push(withOwnPages(part));
      continue;
    }
    numbers[at + STREAM_ID] = part.streamId;
    numbers[at + DAY] = part.day;
    numbers[at + PLACE] = part.place;
    numbers[at + MIN] = part.minOffsetNs;
    numbers[at + MAX] = part.maxOffsetNs;
    numbers[at + ROWS] = part.rowCount;
    numbers[at + LINE_BYTES] = part.lineBytes;
    numbers[at + METADATA_BYTES] = part.metadataBytes ?? 0;
    numbers[at + SOURCE] = source.sorted ? HEAD_SORTED : HEAD;
    numbers[at + WHERE] = numberOf(source.slabs, slabs);
    numbers[at + LABELS] = taskNumbers[row + P_LABELS]!;
    numbers[at + PAGES_FROM] = pagesAt;
    numbers.set(source.pages, pagesAt);
    pagesAt += source.pages.length;
    numbers[at + PAGES_TO] = pagesAt;
  }
  return { count: parts.length, numbers, slabs: [...slabs.keys()], others };
}

/** The source of a part of the head. */
function headOf({ sources }: PartRef): HeadSource | undefined {
  const [source, another] = sources as readonly PartSource[];
  return another === undefined && source?.kind === 'head' ? source : undefined;
}

/** A view is copied with all of the memory that it looks at, which parts of the head share. */
function withOwnPages(part: PartRef): PartRef {
  const sources = (part.sources as readonly PartSource[]).map((source) =>
    source.kind === 'head' ? { ...source, pages: source.pages.slice() } : source,
  );
  return { ...part, sources };
}

function numberOf<T>(value: T, numbers: Map<T, number>): number {
  let number = numbers.get(value);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(value, number);
  }
  return number;
}

function unpackParts({ count, numbers, slabs, others }: PackedParts, labels: SharedLabels): PartRef[] {
  let other = 0;
  return Array.from({ length: count }, (_, i) => {
    const at = i * FIELDS;
    const kind = numbers[at + SOURCE]!;
    if (kind === OTHER) return others[other++]!;
    const pages = numbers.subarray(numbers[at + PAGES_FROM]!, numbers[at + PAGES_TO]!);
    const source: HeadSource = {
      kind: 'head',
      slabs: slabs[numbers[at + WHERE]!]!,
      pages,
      sorted: kind === HEAD_SORTED,
    };
    return new UnpackedPart(numbers, at, [source], labels);
  });
}

class UnpackedPart implements PartRef {
  readonly streamId: number;
  readonly day: number;
  readonly place: number;
  readonly minOffsetNs: number;
  readonly maxOffsetNs: number;
  readonly rowCount: number;
  readonly lineBytes: number;
  readonly metadataBytes: number;
  readonly sources: readonly PartSource[];
  readonly #labelPlace: number;
  readonly #labels: SharedLabels;

  constructor(numbers: Float64Array, at: number, sources: readonly PartSource[], labels: SharedLabels) {
    this.streamId = numbers[at + STREAM_ID]!;
    this.day = numbers[at + DAY]!;
    this.place = numbers[at + PLACE]!;
    this.minOffsetNs = numbers[at + MIN]!;
    this.maxOffsetNs = numbers[at + MAX]!;
    this.rowCount = numbers[at + ROWS]!;
    this.lineBytes = numbers[at + LINE_BYTES]!;
    this.metadataBytes = numbers[at + METADATA_BYTES]!;
    this.sources = sources;
    this.#labelPlace = numbers[at + LABELS]!;
    this.#labels = labels;
  }

  get streamLabels(): Labels {
    return labelsAt(this.#labels, this.#labelPlace);
  }
}

import type { Labels } from '../model/labels.ts';
import type { ScanTask, TaskPart } from '../query/task.ts';
import type { PartSource, SegmentSource } from '../store/part-source.ts';
import type { PartRef } from '../store/select.ts';

/**
 * Parts of a task in few arrays. Copied one by one, an object with its labels, source and block references takes some ten times as long,
 * on both sides: that shows where a task has a hundred small parts.
 */
interface PackedParts {
  readonly count: number;
  /** `FIELDS` numbers a part, then the block references of all. */
  readonly numbers: Float64Array;
  readonly paths: readonly string[];
  /** Label sets as joined texts; a set is split when somebody looks at it. */
  readonly labels: readonly string[];
  /** Parts with other sources, at the places where `numbers` says so. */
  readonly others: readonly TaskPart[];
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
const FROM = 8;
const TO = 9;
/** Number of the path, -1 for one of the others. */
const PATH = 10;
const LABELS = 11;
const REFS_FROM = 12;
const REFS_TO = 13;
const FIELDS = 14;

const SEPARATOR = '\u0000';
/** Label sets of streams are the same objects from query to query. */
const joinedLabels = new WeakMap<Labels, string | null>();

/** Joined label set, null when a label holds the separator itself. */
function joinLabels(labels: Labels): string | null {
  let joined = joinedLabels.get(labels);
  if (joined === undefined) {
    joined = labels.some((text) => text.includes(SEPARATOR)) ? null : labels.join(SEPARATOR);
    joinedLabels.set(labels, joined);
  }
  return joined;
}

export function packTask(task: ScanTask): PackedTask {
  if (task.kind === 'tail') return task;
  return { kind: 'packed', task: { ...task, parts: [] }, parts: packParts(task.parts) };
}

export function unpackTask(packed: PackedTask): ScanTask {
  if (packed.kind !== 'packed') return packed;
  const { task } = packed;
  return task.kind === 'tail' ? task : { ...task, parts: unpackParts(packed.parts) };
}

function packParts(parts: readonly TaskPart[]): PackedParts {
  let length = parts.length * FIELDS;
  for (const { part } of parts) length += segmentOf(part)?.refs.length ?? 0;
  const numbers = new Float64Array(length);
  const paths = new Map<string, number>();
  const labels = new Map<string, number>();
  const others: TaskPart[] = [];
  let refsAt = parts.length * FIELDS;
  for (const [i, taskPart] of parts.entries()) {
    const { part, fromOffsetNs, toOffsetNs } = taskPart;
    const at = i * FIELDS;
    const source = segmentOf(part);
    const joined = joinLabels(part.streamLabels);
    if (source === undefined || joined === null) {
      numbers[at + PATH] = -1;
      others.push(taskPart);
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
    numbers[at + FROM] = fromOffsetNs;
    numbers[at + TO] = toOffsetNs;
    numbers[at + PATH] = numberOf(source.path, paths);
    numbers[at + LABELS] = numberOf(joined, labels);
    numbers[at + REFS_FROM] = refsAt;
    numbers.set(source.refs, refsAt);
    refsAt += source.refs.length;
    numbers[at + REFS_TO] = refsAt;
  }
  return { count: parts.length, numbers, paths: [...paths.keys()], labels: [...labels.keys()], others };
}

/** The source of a part that has one, and that in a segment. */
function segmentOf({ sources }: PartRef): SegmentSource | undefined {
  const [source, another] = sources as readonly PartSource[];
  return source?.kind === 'segment' && another === undefined ? source : undefined;
}

function numberOf(text: string, numbers: Map<string, number>): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(text, number);
  }
  return number;
}

function unpackParts({ count, numbers, paths, labels, others }: PackedParts): TaskPart[] {
  const sets = new LabelSets(labels);
  let other = 0;
  return Array.from({ length: count }, (_, i) => {
    const at = i * FIELDS;
    if (numbers[at + PATH] === -1) return others[other++]!;
    const refs = numbers.subarray(numbers[at + REFS_FROM]!, numbers[at + REFS_TO]!);
    const source: SegmentSource = { kind: 'segment', path: paths[numbers[at + PATH]!]!, refs };
    return {
      part: new UnpackedPart(numbers, at, [source], sets),
      fromOffsetNs: numbers[at + FROM]!,
      toOffsetNs: numbers[at + TO]!,
    };
  });
}

/** Label sets by number; each is split once. */
class LabelSets {
  readonly #texts: readonly string[];
  readonly #sets: (Labels | undefined)[] = [];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  of(number: number): Labels {
    let set = this.#sets[number];
    if (set === undefined) {
      const text = this.#texts[number]!;
      set = text === '' ? [] : text.split(SEPARATOR);
      this.#sets[number] = set;
    }
    return set;
  }
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
  readonly #labels: number;
  readonly #sets: LabelSets;

  constructor(numbers: Float64Array, at: number, sources: readonly PartSource[], sets: LabelSets) {
    this.streamId = numbers[at + STREAM_ID]!;
    this.day = numbers[at + DAY]!;
    this.place = numbers[at + PLACE]!;
    this.minOffsetNs = numbers[at + MIN]!;
    this.maxOffsetNs = numbers[at + MAX]!;
    this.rowCount = numbers[at + ROWS]!;
    this.lineBytes = numbers[at + LINE_BYTES]!;
    this.metadataBytes = numbers[at + METADATA_BYTES]!;
    this.sources = sources;
    this.#labels = numbers[at + LABELS]!;
    this.#sets = sets;
  }

  get streamLabels(): Labels {
    return this.#sets.of(this.#labels);
  }
}

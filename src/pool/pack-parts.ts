import type { Labels } from '../model/labels.ts';
import type { ScanTask } from '../query/task.ts';
import type { HeadSource, PartSource } from '../store/part-source.ts';
import type { PartRef } from '../store/select.ts';

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
  /** Label sets as joined texts; a set is split when somebody looks at it. */
  readonly labels: readonly string[];
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
const LABELS = 10;
/** Where pages are. */
const PAGES_FROM = 11;
const PAGES_TO = 12;
const FIELDS = 13;

/** Kinds of `SOURCE`. */
const OTHER = 0;
const HEAD = 1;
const HEAD_SORTED = 2;

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
  if (task.kind === 'tail' || task.parts.loose.length === 0) return task;
  return { kind: 'packed', task: { ...task, parts: { ...task.parts, loose: [] } }, parts: packParts(task.parts.loose) };
}

export function unpackTask(packed: PackedTask): ScanTask {
  if (packed.kind !== 'packed') return packed;
  const { task } = packed;
  return task.kind === 'tail' ? task : { ...task, parts: { ...task.parts, loose: unpackParts(packed.parts) } };
}

function packParts(parts: readonly PartRef[]): PackedParts {
  let length = parts.length * FIELDS;
  for (const part of parts) length += headOf(part)?.pages.length ?? 0;
  const numbers = new Float64Array(length);
  const slabs = new Map<readonly SharedArrayBuffer[], number>();
  const labels = new Map<string, number>();
  const others: PartRef[] = [];
  let pagesAt = parts.length * FIELDS;
  for (const [i, part] of parts.entries()) {
    const at = i * FIELDS;
    const source = headOf(part);
    const joined = joinLabels(part.streamLabels);
    if (source === undefined || joined === null) {
      numbers[at + SOURCE] = OTHER;
      others.push(part);
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
    numbers[at + LABELS] = numberOf(joined, labels);
    numbers[at + PAGES_FROM] = pagesAt;
    numbers.set(source.pages, pagesAt);
    pagesAt += source.pages.length;
    numbers[at + PAGES_TO] = pagesAt;
  }
  return {
    count: parts.length,
    numbers,
    slabs: [...slabs.keys()],
    labels: [...labels.keys()],
    others,
  };
}

/** The source of a part of the head. */
function headOf({ sources }: PartRef): HeadSource | undefined {
  const [source, another] = sources as readonly PartSource[];
  return another === undefined && source?.kind === 'head' ? source : undefined;
}

function numberOf<T>(value: T, numbers: Map<T, number>): number {
  let number = numbers.get(value);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(value, number);
  }
  return number;
}

function unpackParts({ count, numbers, slabs, labels, others }: PackedParts): PartRef[] {
  const sets = new LabelSets(labels);
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
    return new UnpackedPart(numbers, at, [source], sets);
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

import { parseGoInt } from '../../../../base/go/parse-number.ts';
import { floorDiv, GoTime, type GoZone, loadZone, UTC, ZERO_TIME } from '../../../../base/go/time.ts';
import { formatTime } from '../../../../base/go/time-format.ts';
import { goTimeParse } from '../../../../base/go/time-parse.ts';
import { GoInt, type GoValue, isTime } from '../../../../base/go/value.ts';
import type { TemplateFunction } from './call-types.ts';

function now(): GoTime {
  return new GoTime(BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n);
}

/** Epoch digits of a time, in units of `unitNs`. */
function epoch(unitNs: bigint): TemplateFunction {
  return { params: ['time.Time'], call: ([time]) => floorDiv((time as GoTime).ns, unitNs).toString() };
}

/** The length of the text tells its unit. */
const NS_PER_UNIT_BY_LENGTH: ReadonlyMap<number, bigint> = new Map([
  [5, 86_400_000_000_000n],
  [10, 1_000_000_000n],
  [13, 1_000_000n],
  [16, 1_000n],
  [19, 1n],
]);

function unixToTime([text]: readonly GoValue[]): GoTime {
  const digits = text as string;
  let value: bigint;
  try {
    value = parseGoInt(digits);
  } catch (error) {
    throw new Error(`unable to parse time '${digits}': ${error instanceof Error ? error.message : String(error)}`);
  }
  const unitNs = NS_PER_UNIT_BY_LENGTH.get(digits.length);
  // The missing error inside the message is what the original prints.
  if (unitNs === undefined) throw new Error(`unable to parse time '${digits}': %!w(<nil>)`);
  return new GoTime(value * unitNs);
}

function date([layout, value]: readonly GoValue[]): string {
  let time = now();
  if (isTime(value)) time = value;
  else if (value instanceof GoInt && (value.type === 'int' || value.type === 'int64'))
    time = new GoTime(value.value * 1_000_000_000n);
  return formatTime(time, layout as string);
}

function parseIn(layout: GoValue, zone: GoZone, text: GoValue): GoTime {
  return goTimeParse(layout as string, text as string, zone) ?? ZERO_TIME;
}

/** Times. The server's own zone is UTC. */
export const TIME_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  __timestamp__: { params: [], call: (_, state) => new GoTime(state.context.timestampNs()) },
  now: { params: [], call: now },
  unixEpoch: epoch(1_000_000_000n),
  unixEpochMillis: epoch(1_000_000n),
  unixEpochNanos: epoch(1n),
  unixToTime: { params: ['string'], call: unixToTime },
  date: { params: ['string', 'any'], call: date },
  toDate: { params: ['string', 'string'], call: ([layout, text]) => parseIn(layout, UTC, text) },
  toDateInZone: {
    params: ['string', 'string', 'string'],
    call: ([layout, zone, text]) => parseIn(layout, loadZone(zone as string) ?? UTC, text),
  },
};

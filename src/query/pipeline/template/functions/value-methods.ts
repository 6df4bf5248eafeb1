import { stringerText } from '../../../../base/go/format-value.ts';
import { daysFromCivil, floorDiv, GoTime, loadZone, UTC } from '../../../../base/go/time.ts';
import { formatTime, timeText } from '../../../../base/go/time-format.ts';
import { GoInt, type GoIntType, type GoValue, isTime } from '../../../../base/go/value.ts';
import type { ParamType, TemplateMethod } from './call-types.ts';

/**
 * Methods that templates can call on times, durations, months and weekdays.
 */

const MAX_INT64 = 2n ** 63n - 1n;

function clampInt64(value: bigint): bigint {
  return value > MAX_INT64 ? MAX_INT64 : value < -MAX_INT64 - 1n ? -MAX_INT64 - 1n : value;
}

type Civil = ReturnType<GoTime['civil']>;

function civilInt(read: (civil: Civil) => number, type: GoIntType = 'int'): TemplateMethod {
  return { params: [], call: (time) => new GoInt(BigInt(read((time as GoTime).civil())), type) };
}

function unix(unitNs: bigint): TemplateMethod {
  return { params: [], call: (time) => new GoInt(floorDiv((time as GoTime).ns, unitNs), 'int64') };
}

function withOther(run: (a: bigint, b: bigint) => GoValue): TemplateMethod {
  return { params: ['time.Time'], call: (time, [other]) => run((time as GoTime).ns, (other as GoTime).ns) };
}

function severalResults(results: number): TemplateMethod {
  return { params: [], results, call: () => undefined };
}

function addDate(receiver: GoValue, args: readonly GoValue[]): GoTime {
  const time = receiver as GoTime;
  const [years = 0, months = 0, days = 0] = args.map((arg) => (arg instanceof GoInt ? Number(arg.value) : 0));
  const civil = time.civil();
  if (Math.abs(years) > 1e6 || Math.abs(months) > 1e7 || Math.abs(days) > 1e9) throw new Error('date out of range');
  const day = daysFromCivil(civil.year + years, civil.month + months, 1) + civil.day - 1 + days;
  const seconds = day * 86_400 + civil.hour * 3600 + civil.minute * 60 + civil.second - civil.offset;
  return new GoTime(BigInt(seconds) * 1_000_000_000n + BigInt(civil.nanosecond), time.zone);
}

/** Rounding of times counts from the year 1, as Go does. */
const ZERO_NS = -62_135_596_800_000_000_000n;

function toMultiple(ns: bigint, stepNs: bigint, isRound: boolean): bigint {
  if (stepNs <= 0n) return ns;
  const since = ns - ZERO_NS;
  return ZERO_NS + floorDiv(since + (isRound ? stepNs / 2n : 0n), stepNs) * stepNs;
}

function step(isRound: boolean): TemplateMethod {
  return {
    params: ['time.Duration'],
    call: (time, [size]) =>
      new GoTime(toMultiple((time as GoTime).ns, (size as GoInt).value, isRound), (time as GoTime).zone),
  };
}

const TIME_METHODS: Readonly<Record<string, TemplateMethod>> = {
  Unix: unix(1_000_000_000n),
  UnixMilli: unix(1_000_000n),
  UnixMicro: unix(1_000n),
  UnixNano: unix(1n),
  Year: civilInt((civil) => civil.year),
  Month: civilInt((civil) => civil.month, 'time.Month'),
  Day: civilInt((civil) => civil.day),
  Hour: civilInt((civil) => civil.hour),
  Minute: civilInt((civil) => civil.minute),
  Second: civilInt((civil) => civil.second),
  Nanosecond: civilInt((civil) => civil.nanosecond),
  Weekday: civilInt((civil) => civil.weekday, 'time.Weekday'),
  YearDay: civilInt((civil) => civil.yearDay),
  Date: severalResults(3),
  Clock: severalResults(3),
  ISOWeek: severalResults(2),
  Format: { params: ['string'], call: (time, [layout]) => formatTime(time as GoTime, layout as string) },
  String: { params: [], call: (time) => timeText(time as GoTime) },
  UTC: { params: [], call: (time) => new GoTime((time as GoTime).ns, UTC) },
  Local: { params: [], call: (time) => new GoTime((time as GoTime).ns, loadZone('Local') ?? UTC) },
  Add: {
    params: ['time.Duration'],
    call: (time, [size]) => new GoTime((time as GoTime).ns + (size as GoInt).value, (time as GoTime).zone),
  },
  AddDate: { params: ['int', 'int', 'int'], call: addDate },
  Sub: withOther((a, b) => new GoInt(clampInt64(a - b), 'time.Duration')),
  Before: withOther((a, b) => a < b),
  After: withOther((a, b) => a > b),
  Equal: withOther((a, b) => a === b),
  Compare: withOther((a, b) => new GoInt(a < b ? -1n : a > b ? 1n : 0n)),
  IsZero: { params: [], call: (time) => (time as GoTime).ns === ZERO_NS },
  Truncate: step(false),
  Round: step(true),
};

function durationFloat(unitNs: bigint): TemplateMethod {
  return {
    params: [],
    // Whole units and the rest apart: Go's own rounding.
    call: (value) => Number((value as GoInt).value / unitNs) + Number((value as GoInt).value % unitNs) / Number(unitNs),
  };
}

function durationInt(unitNs: bigint): TemplateMethod {
  return { params: [], call: (value) => new GoInt((value as GoInt).value / unitNs, 'int64') };
}

function durationStep(isRound: boolean): TemplateMethod {
  const params: readonly ParamType[] = ['time.Duration'];
  return {
    params,
    call: (receiver, [size]) => {
      const { value } = receiver as GoInt;
      const by = (size as GoInt).value;
      if (by <= 0n) return receiver;
      const rest = value % by;
      const away = isRound && 2n * (rest < 0n ? -rest : rest) >= by;
      return new GoInt(clampInt64(value - rest + (away ? (value < 0n ? -by : by) : 0n)), 'time.Duration');
    },
  };
}

const STRING_METHOD: TemplateMethod = { params: [], call: (value) => stringerText(value as GoInt) };

const DURATION_METHODS: Readonly<Record<string, TemplateMethod>> = {
  Hours: durationFloat(3_600_000_000_000n),
  Minutes: durationFloat(60_000_000_000n),
  Seconds: durationFloat(1_000_000_000n),
  Milliseconds: durationInt(1_000_000n),
  Microseconds: durationInt(1_000n),
  Nanoseconds: durationInt(1n),
  Abs: {
    params: [],
    call: (value) =>
      new GoInt(
        clampInt64((value as GoInt).value < 0n ? -(value as GoInt).value : (value as GoInt).value),
        'time.Duration',
      ),
  },
  Truncate: durationStep(false),
  Round: durationStep(true),
  String: STRING_METHOD,
};

const NAMED_INT_METHODS: Readonly<Record<string, TemplateMethod>> = { String: STRING_METHOD };

/** The method of a value's type, if it has one of that name. */
export function findMethod(receiver: GoTime | GoInt, name: string): TemplateMethod | undefined {
  let methods: Readonly<Record<string, TemplateMethod>> = {};
  if (isTime(receiver)) methods = TIME_METHODS;
  else if (receiver.type === 'time.Duration') methods = DURATION_METHODS;
  else if (receiver.type === 'time.Month' || receiver.type === 'time.Weekday') methods = NAMED_INT_METHODS;
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** Names of all methods, for tests and help. */
export function methodNames(): readonly string[] {
  return [...new Set([TIME_METHODS, DURATION_METHODS, NAMED_INT_METHODS].flatMap((methods) => Object.keys(methods)))];
}

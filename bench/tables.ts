import type { GrowthStep } from './macro/growth.ts';
import type { MicroResult } from './micro/measure.ts';
import type { Use } from './process/proc.ts';
import type { Results } from './results.ts';
import { figure, megabytes, type Table } from './table.ts';

/** All results as tables, in the order of the report. */
export function resultTables(results: Results): Table[] {
  return [
    ingestTable(results),
    diskTable(results),
    queryTable(results),
    requestTable(results),
    mixedTable(results),
    rulesTable(results),
    tailTable(results),
    tailAccountTable(results),
    crashTable(results),
    microTable(results.micro),
    growthTable(results.growth),
  ].filter((table) => table !== undefined);
}

function disturbance({ seconds, cpuSeconds, foreignCpuSeconds }: Use): string {
  const busy = foreignCpuSeconds / seconds;
  return (
    `In these ${figure(seconds)} s the server used ${figure(cpuSeconds)} s of CPU and processes other than ` +
    `the bench's own used ${figure(foreignCpuSeconds)} s (${figure(busy)} cores).`
  );
}

function ingestTable({ load, sink }: Results): Table | undefined {
  const runs = [load, sink].filter((run) => run !== undefined);
  if (runs.length === 0) return undefined;
  const row = (name: string, value: (run: (typeof runs)[number]) => number): string[] => [
    name,
    load ? figure(value(load)) : '-',
    sink ? figure(value(sink)) : '-',
    load && sink ? figure(value(load) / value(sink)) : '-',
  ];
  const rows = [
    row('MB/s of lines', ({ mbPerS }) => mbPerS),
    row('lines/s', ({ linesPerS }) => linesPerS),
    row('push p50, ms', ({ pushP50Ms }) => pushP50Ms),
    row('push p99, ms', ({ pushP99Ms }) => pushP99Ms),
    row('CPU s per GB', ({ cpuSecondsPerGb }) => cpuSecondsPerGb),
    row('peak RSS, MB', ({ peakResidentBytes }) => peakResidentBytes / 1e6),
    row('pushes sent again', ({ retries }) => retries),
  ];
  if (load) {
    rows.push([
      'lines present / sent',
      `${load.linesPresent} / ${load.linesSent}`,
      '-',
      figure(load.linesPresent / load.linesSent),
    ]);
  }
  const notes = [
    'As fast as the server takes bodies; CPU is of the whole process, with its start and the flush. Bodies are synced to disk before the reply.',
  ];
  return {
    title: 'Ingest',
    notes: [...notes, ...runs.map(({ use }) => disturbance(use))],
    columns: ['figure', 'Halogi', 'bare fastify sink', 'ratio'],
    rows,
  };
}

function diskTable({ load, yardsticks }: Results): Table | undefined {
  if (load === undefined) return undefined;
  const rows = [['Halogi, whole data folder', megabytes(load.diskBytes), figure(load.diskPerRaw), '1']];
  const grownBytes = load.diskBytes - load.reserveBytes;
  const grown = [megabytes(grownBytes), figure(grownBytes / load.rawBytes), figure(load.diskBytes / grownBytes)];
  rows.push(['Halogi without its reserve file of fixed size', ...grown]);
  for (const { level, perRaw } of yardsticks?.compression ?? []) {
    const ratio = figure(load.diskPerRaw / perRaw);
    rows.push([`zstd -${level} of the text alone`, megabytes(perRaw * load.rawBytes), figure(perRaw), ratio]);
  }
  const notes = yardsticks === undefined ? [] : [`Yardstick: ${yardsticks.compressor}, one file an app.`];
  return { title: 'Disk', notes, columns: ['what', 'size', 'of raw', 'whole folder / it'], rows };
}

function queryTable({ query, yardsticks }: Results): Table | undefined {
  if (query === undefined) {
    if (yardsticks === undefined) return undefined;
    const rows = [...yardsticks.scanMs].map(([id, ms]) => [id, figure(ms)]);
    return { title: 'Yardsticks', notes: [yardsticks.scanner], columns: ['query', 'ms'], rows };
  }
  const rows = query.queries.map(({ id, title, firstMs, warmMs, p90Ms, cpuSeconds, answerBytes, verdict }) => {
    const scanMs = yardsticks?.scanMs.get(id) ?? Number.NaN;
    const times = [firstMs, warmMs, p90Ms, cpuSeconds * 1000].map(figure);
    return [
      `${id}: ${title}`.replaceAll('|', '\\|'),
      ...times,
      String(answerBytes),
      verdict,
      figure(scanMs),
      figure(warmMs / scanMs),
    ];
  });
  const notes = [
    `Ready ${figure(query.readyMs)} ms after the start; peak RSS ${megabytes(query.peakResidentBytes)}. ${disturbance(query.use)}`,
    'Nothing that was found is kept between queries (`memory.result_cache_bytes: 0`, `memory.tally_cache_bytes: 0`).',
    ...(yardsticks ? [`Yardstick: the same question to the text files, ${yardsticks.scanner}.`] : []),
  ];
  const columns = ['query', 'first ms', 'warm ms', 'p90 ms', 'CPU ms', 'answer B', 'answer', 'text ms', 'ratio'];
  return { title: 'Queries', notes, columns, rows };
}

function requestTable({ requests }: Results): Table | undefined {
  if (requests === undefined) return undefined;
  const rows = requests.loads.map(({ id, requestsPerS, p50Ms, p99Ms, cpuMs, errors }) => [
    id,
    ...[requestsPerS, p50Ms, p99Ms, cpuMs, errors].map(figure),
  ]);
  const notes = [
    `autocannon, 8 connections; peak RSS ${megabytes(requests.peakResidentBytes)}. The CPU of other processes holds that of autocannon, which shares the cores. ${disturbance(requests.use)}`,
  ];
  return {
    title: 'Request load',
    notes,
    columns: ['query', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms', 'errors'],
    rows,
  };
}

function rulesTable({ rules }: Results): Table | undefined {
  if (rules === undefined) return undefined;
  const rows = [
    ['query p50, ms', figure(rules.p50WithoutMs), figure(rules.p50WithMs)],
    ['query p99, ms', figure(rules.p99WithoutMs), figure(rules.p99WithMs)],
    ['RSS', megabytes(rules.residentWithoutBytes), megabytes(rules.residentWithBytes)],
    ['evaluations', '', figure(rules.evaluations)],
    ['missed / failed', '', `${rules.missed} / ${rules.failed}`],
  ];
  const notes = [
    `${rules.rules} rules in 50 groups; one client asks about the last 24th of the log time, 50 ms behind each answer.`,
  ];
  return { title: 'Rules', notes, columns: ['', 'without rules', 'with rules'], rows };
}

function mixedTable({ mixed }: Results): Table | undefined {
  if (mixed === undefined) return undefined;
  const rows = [
    ['ingest asked / got, MB/s', `${figure(mixed.askedMbPerS)} / ${figure(mixed.mbPerS)}`],
    ['push p50, ms', figure(mixed.pushP50Ms)],
    ['push p99, ms', figure(mixed.pushP99Ms)],
    ['queries', figure(mixed.queries)],
    ['query p50, ms', figure(mixed.queryP50Ms)],
    ['query p99, ms', figure(mixed.queryP99Ms)],
    ['empty answers', figure(mixed.emptyAnswers)],
    ['server CPU, cores', figure(mixed.use.cpuSeconds / mixed.use.seconds)],
    ['peak RSS', megabytes(mixed.peakResidentBytes)],
    ['lines present / sent', `${mixed.linesPresent} / ${mixed.linesSent}`],
  ];
  const notes = ['Two clients ask about the newest 24th of the log time while it is written.', disturbance(mixed.use)];
  return { title: 'Mixed load', notes, columns: ['figure', 'Halogi'], rows };
}

function tailTable({ tail }: Results): Table | undefined {
  if (tail === undefined) return undefined;
  const { without, withTails } = tail;
  const row = (name: string, value: (load: typeof without) => number): string[] => [
    name,
    figure(value(without)),
    figure(value(withTails)),
    figure(value(withTails) / value(without)),
  ];
  const rows = [
    row('ingest, MB/s', ({ mbPerS }) => mbPerS),
    row('push p50, ms', ({ pushP50Ms }) => pushP50Ms),
    row('push p99, ms', ({ pushP99Ms }) => pushP99Ms),
    row('server CPU, cores', ({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds),
    row('CPU of others, cores', ({ foreignCpuSeconds, seconds }) => foreignCpuSeconds / seconds),
  ];
  const stretches = ({ stretchP99Ms }: typeof without): string => stretchP99Ms.map(figure).join(', ');
  const notes = [
    `${tail.accounts.length} tails at ${figure(tail.askedMbPerS)} MB/s; stretches with and without tails take turns. ` +
      `The tails were sent ${megabytes(tail.sentBytes)} in ${figure(withTails.seconds)} s; peak RSS ${megabytes(tail.peakResidentBytes)}.`,
    `Push p99 of each stretch, ms: ${stretches(without)} without tails, ${stretches(withTails)} with them.`,
  ];
  return { title: 'Live tails', notes, columns: ['figure', 'without tails', 'with tails', 'ratio'], rows };
}

function tailAccountTable({ tail }: Results): Table | undefined {
  if (tail === undefined) return undefined;
  const rows = tail.accounts.map(({ query, isStuck, matching, received, dropped }) => [
    `\`${query}\`${isStuck ? ', stuck' : ''}`.replaceAll('|', '\\|'),
    ...[matching, received, dropped].map(String),
    received + dropped === matching ? 'ok' : 'WRONG',
  ]);
  const notes = ['A stuck client reads nothing until the load is over.'];
  return { title: 'What each tail got', notes, columns: ['tail', 'matching', 'received', 'told dropped', 'sum'], rows };
}

function crashTable({ crash }: Results): Table | undefined {
  if (crash === undefined) return undefined;
  const rows = [
    ['lines acknowledged', String(crash.linesAcknowledged)],
    ['lines present after the restart', String(crash.linesPresent)],
    ['acknowledged lines lost', String(crash.linesLost)],
    ['lines stored, but killed before the reply', String(crash.linesUnacknowledged)],
    ['ready after, ms', figure(crash.readyMs)],
  ];
  return {
    title: 'Crash',
    notes: ['kill -9 when half of the lines are acknowledged.'],
    columns: ['figure', 'Halogi'],
    rows,
  };
}

function microTable(micro: readonly MicroResult[] | undefined): Table | undefined {
  if (micro === undefined) return undefined;
  const rows = micro.map(({ name, nsPerRow, mbPerS, minorFaults, runs }) => [
    name.replaceAll('|', '\\|'),
    ...[nsPerRow, mbPerS, minorFaults, runs].map(figure),
  ]);
  const notes = [
    'One thread. MB/s of raw lines (of 8-byte times for times); page faults are first touches of memory, a run.',
  ];
  return { title: 'Micro', notes, columns: ['bench', 'ns/row', 'MB/s', 'page faults', 'runs'], rows };
}

function growthTable(growth: readonly GrowthStep[] | undefined): Table | undefined {
  if (growth === undefined) return undefined;
  const row = (name: string, cell: (step: GrowthStep) => string): string[] => [name, ...growth.map(cell)];
  const rows = [
    row('ingest, MB/s', ({ load }) => figure(load.mbPerS)),
    row('ingest CPU, s per GB', ({ load }) => figure(load.cpuSecondsPerGb)),
    row('ingest peak RSS', ({ load }) => megabytes(load.peakResidentBytes)),
    row('disk of raw', ({ load }) => figure(load.diskPerRaw)),
    row('start to ready, ms', ({ queries }) => figure(queries.readyMs)),
    row('query peak RSS', ({ queries }) => megabytes(queries.peakResidentBytes)),
    ...growth[0]!.queries.queries.map(({ id }, i) =>
      row(`${id}, warm ms`, ({ queries }) => figure(queries.queries[i]!.warmMs)),
    ),
  ];
  const columns = ['figure', ...growth.map(({ sizeMb, streams }) => `${figure(sizeMb)} MB, ${streams} streams`)];
  return { title: 'Growth', notes: [], columns, rows };
}

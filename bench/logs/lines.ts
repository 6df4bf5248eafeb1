import { LogClock } from './clock.ts';
import { noKnownCounts } from './known-counts.ts';
import type { LineContext } from './line-context.ts';
import { Random } from './random.ts';
import { jsonLine, nginxLine } from './request-lines.ts';
import { javaLine, logfmtLine, plainLine } from './service-lines.ts';
import { type LineKind, type LogStream, makeStreams } from './topology.ts';

const MAKERS: Readonly<Record<LineKind, (context: LineContext, stream: LogStream) => string>> = {
  nginx: nginxLine,
  json: jsonLine,
  logfmt: logfmtLine,
  java: javaLine,
  plain: plainLine,
};

/** The next line of a stream, at the moment the context's clock shows. */
export function makeLine(context: LineContext, stream: LogStream): string {
  return MAKERS[stream.kind](context, stream);
}

/** Lines of one kind for the micro benches, one a millisecond, taking turns over the streams of that kind. */
export function sampleLines(kind: LineKind, count: number, seed = 7): string[] {
  const random = new Random(seed);
  const streams = makeStreams(random, 200, 1).filter((stream) => stream.kind === kind);
  const context: LineContext = { random, clock: new LogClock(), known: noKnownCounts(), errorFactor: 1 };
  const startSecond = 1_780_000_000;
  return Array.from({ length: count }, (_, i) => {
    context.clock.set(startSecond + Math.floor(i / 1000), i % 1000);
    return makeLine(context, streams[i % streams.length]!);
  });
}

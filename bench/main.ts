import { existsSync } from 'node:fs';
import { type BenchContext, openContext } from './context.ts';
import { runCrash } from './macro/crash.ts';
import { runGrowth } from './macro/growth.ts';
import { loadedFolder, runLoad } from './macro/load.ts';
import { runMixed } from './macro/mixed.ts';
import { runQueries } from './macro/query.ts';
import { runRequests } from './macro/requests.ts';
import { runRules } from './macro/rules.ts';
import { runSink } from './macro/sink.ts';
import { runTails } from './macro/tail.ts';
import { runMicro } from './micro/run.ts';
import { type Options, type Part, parseOptions } from './options.ts';
import { resultText, writeReport } from './report.ts';
import { failures, type Results } from './results.ts';
import { runYardsticks } from './yardsticks.ts';

/** Benchmarks from the command line; README.md lists what there is. Ends with 1 when an answer was wrong or a line is missing. */

async function runPart(part: Part, context: BenchContext, results: Results): Promise<void> {
  // Queries need loaded data, asked for or not.
  if ((part === 'query' || part === 'requests' || part === 'rules') && !existsSync(loadedFolder(context)))
    results.load = await runLoad(context);
  switch (part) {
    case 'data':
      return; // opening the context has made it
    case 'load':
      results.load = await runLoad(context);
      return;
    case 'sink':
      results.sink = await runSink(context);
      return;
    case 'query':
      results.query = await runQueries(context);
      return;
    case 'yardsticks':
      results.yardsticks = runYardsticks(context);
      return;
    case 'requests':
      results.requests = await runRequests(context);
      return;
    case 'mixed':
      results.mixed = await runMixed(context);
      return;
    case 'rules':
      results.rules = await runRules(context);
      return;
    case 'tail':
      results.tail = await runTails(context);
      return;
    case 'crash':
      results.crash = await runCrash(context);
      return;
    case 'micro':
      results.micro = runMicro(context);
      return;
    case 'growth':
      results.growth = await runGrowth(context);
      return;
  }
}

async function run(options: Options): Promise<readonly string[]> {
  const context = openContext(options);
  const results: Results = {};
  try {
    for (const part of options.parts) await runPart(part, context, results);
    console.log(resultText(results));
    if (options.writesReport) context.log(`written: ${writeReport(context, results)}`);
    return failures(results);
  } finally {
    context.close();
  }
}

const wrong = await run(parseOptions(process.argv.slice(2)));
for (const text of wrong) console.error(`FAILED: ${text}`);
process.exitCode = wrong.length > 0 ? 1 : 0;

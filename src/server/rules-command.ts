import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseRuleFile } from '../rules/parse/parse-yaml.ts';
import { errorText } from '../rules/parse/rule-error.ts';
import { parseRuleTests, runRuleTests } from './rule-tests.ts';

type Write = (text: string) => void;

const DEFAULT_INTERVAL_MS = 60_000;

/** `halogi rules check FILE...`: every fault is a line. @returns the exit code */
export function checkRules(files: readonly string[], out: Write, err: Write): number {
  let failures = 0;
  for (const file of files) {
    try {
      const groups = parseRuleFile(readFileSync(file, 'utf8'), {
        origin: 'file',
        namespace: basename(file),
        defaultIntervalMs: DEFAULT_INTERVAL_MS,
      });
      const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
      out(`${file}: ${groups.length} groups, ${rules} rules\n`);
    } catch (error) {
      failures++;
      err(`${file}: ${errorText(error)}\n`);
    }
  }
  return failures === 0 ? 0 : 1;
}

/** `halogi rules test FILE...`: runs unit tests of rules on a store of their own. @returns the exit code */
export async function testRules(files: readonly string[], out: Write, err: Write): Promise<number> {
  let failures = 0;
  for (const file of files) {
    try {
      const plan = parseRuleTests(readFileSync(file, 'utf8'));
      const groups = plan.ruleFiles.flatMap((name) =>
        parseRuleFile(readFileSync(resolve(dirname(file), name), 'utf8'), {
          origin: 'file',
          namespace: basename(name),
          defaultIntervalMs: plan.intervalMs,
        }),
      );
      const faults = await runRuleTests(plan, groups);
      for (const fault of faults) err(`${file}: ${fault}\n`);
      failures += faults.length;
      if (faults.length === 0) out(`${file}: ${plan.tests.length} tests passed\n`);
    } catch (error) {
      failures++;
      err(`${file}: ${errorText(error)}\n`);
    }
  }
  return failures === 0 ? 0 : 1;
}

import type { GoValue } from '../../../base/go/value.ts';
import type { TemplateFunction } from './functions/call-types.ts';
import { MAX_OUTPUT_CHARS, type State } from './functions/runtime.ts';
import { CALL_WORK, workSince } from './functions/template-work.ts';
import type { CommandNode, Operand } from './syntax/node.ts';

/** A compiled operand or pipeline. */
export type Evaluate = (state: State) => GoValue;

/** Texts so long are read slowly enough by some functions that their time counts. */
const LONG_CHARS = 4096;

/** Runs a function on arguments; its error gets the place and `error calling`. */
export function invoke(
  state: State,
  name: string,
  whole: CommandNode | Operand,
  args: readonly GoValue[],
  run: () => GoValue,
): GoValue {
  let chars = 0;
  for (const arg of args) if (typeof arg === 'string') chars += arg.length;
  state.spend(CALL_WORK + chars);
  const startMs = chars > LONG_CHARS ? performance.now() : 0;
  let result: GoValue;
  try {
    result = run();
  } catch (error) {
    // A stack overflow is ours, everything else is what the function says.
    if (error instanceof RangeError && /call stack/.test(error.message)) throw error;
    state.node = whole;
    // Also of what has failed: the next row may fail like this one.
    if (startMs > 0) state.work += workSince(startMs);
    return state.fail(`error calling ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof result === 'string' && result.length > MAX_OUTPUT_CHARS) {
    state.node = whole;
    return state.fail(`error calling ${name}: text longer than ${MAX_OUTPUT_CHARS} characters`);
  }
  if (typeof result === 'string') state.spend(result.length);
  if (startMs > 0) state.spend(workSince(startMs));
  return result;
}

/** Go's complaint about the number of arguments, if there is one. */
export function countProblem(
  fn: Pick<TemplateFunction, 'params' | 'variadic'>,
  name: string,
  given: number,
  hasFinal: boolean,
): string | undefined {
  const total = given + (hasFinal ? 1 : 0);
  const wanted = fn.params.length;
  if (fn.variadic !== undefined) {
    return total < wanted ? `wrong number of args for ${name}: want at least ${wanted} got ${given}` : undefined;
  }
  return total === wanted ? undefined : `wrong number of args for ${name}: want ${wanted} got ${total}`;
}

import { goQuote } from '../../../../grammar/literals.ts';
import { goText } from '../../../base/go/format-value.ts';
import { GoInt, type GoValue, isJsonObject, isList, isRecord, sortedKeys } from '../../../base/go/value.ts';
import { compilePipe } from './compile-pipe.ts';
import { isTrue, mapEntries } from './functions/call-types.ts';
import type { State } from './functions/runtime.ts';
import type { Evaluate } from './invoke.ts';
import type { BranchNode, Statement, TemplateNode } from './syntax/node.ts';
import type { ParsedTemplate } from './syntax/parser.ts';

/** What a statement tells the loop around it. */
type Flow = 'next' | 'break' | 'continue';
type Run = (state: State) => Flow;

/**
 * Turns a parsed template into closures, once for many rows.
 *
 * @returns runs the template on a started state; the text is in `state.out`
 */
export function compileBodies(parsed: ParsedTemplate): (state: State) => void {
  const bodies = new Map<string, Run>();
  for (const [name, list] of parsed.bodies) bodies.set(name, compileList(list, bodies));
  const main = bodies.get(parsed.name) as Run;
  return (state) => {
    main(state);
  };
}

function compileList(list: readonly Statement[], bodies: ReadonlyMap<string, Run>): Run {
  const steps = list.map((node) => compileStatement(node, bodies));
  return (state) => {
    for (const step of steps) {
      const flow = step(state);
      if (flow !== 'next') return flow;
    }
    return 'next';
  };
}

function compileStatement(node: Statement, bodies: ReadonlyMap<string, Run>): Run {
  switch (node.kind) {
    case 'text': {
      const { text } = node;
      return (state) => {
        state.write(text);
        return 'next';
      };
    }
    case 'action': {
      const pipe = compilePipe(node.pipe);
      if (node.pipe.variables.length > 0) {
        return (state) => {
          pipe(state);
          return 'next';
        };
      }
      return (state) => {
        const value = pipe(state);
        state.write(typeof value === 'string' ? value : value === undefined ? '<no value>' : goText(value));
        return 'next';
      };
    }
    case 'break':
    case 'continue': {
      const flow = node.kind;
      return () => flow;
    }
    case 'template':
      return compileTemplateCall(node, bodies);
    case 'range':
      return compileRange(node, bodies);
    default:
      return compileBranch(node, bodies);
  }
}

function compileBranch(node: BranchNode, bodies: ReadonlyMap<string, Run>): Run {
  const pipe = compilePipe(node.pipe);
  const list = compileList(node.list, bodies);
  const elseList = node.elseList === undefined ? undefined : compileList(node.elseList, bodies);
  const isWith = node.kind === 'with';
  return (state) => {
    const scope = state.scope;
    const value = pipe(state);
    let flow: Flow = 'next';
    if (isTrue(value)) flow = isWith ? withDot(state, value, false, list) : list(state);
    else if (elseList !== undefined) flow = elseList(state);
    state.popTo(scope);
    return flow;
  };
}

function withDot(state: State, dot: GoValue, boxed: boolean, run: Run): Flow {
  const outer = state.dot;
  const outerBoxed = state.dotBoxed;
  state.dot = dot;
  state.dotBoxed = boxed;
  const flow = run(state);
  state.dot = outer;
  state.dotBoxed = outerBoxed;
  return flow;
}

function compileTemplateCall(node: TemplateNode, bodies: ReadonlyMap<string, Run>): Run {
  const pipe: Evaluate | undefined = node.pipe === undefined ? undefined : compilePipe(node.pipe);
  return (state) => {
    state.node = node;
    const body = bodies.get(node.name);
    if (body === undefined) return state.fail(`template ${goQuote(node.name)} not defined`);
    const dot = pipe?.(state);
    state.call(node.name, dot, () => {
      body(state);
    });
    return 'next';
  };
}

function compileRange(node: BranchNode, bodies: ReadonlyMap<string, Run>): Run {
  const { variables, isAssign } = node.pipe;
  // The variables take the elements, not the list.
  const pipe = compilePipe({ ...node.pipe, variables: [] });
  const list = compileList(node.list, bodies);
  const elseList = node.elseList === undefined ? undefined : compileList(node.elseList, bodies);
  const [first, second] = variables;

  const setVariables = (state: State, index: GoValue, element: GoValue, boxed: boolean): void => {
    const set = (name: string, value: GoValue, isBoxed: boolean): void =>
      isAssign ? state.assign(name, value, isBoxed) : state.declare(name, value, isBoxed);
    if (first === undefined) return;
    if (second === undefined) set(first, element, boxed);
    else {
      set(first, index, false);
      set(second, element, boxed);
    }
  };

  return (state) => {
    const outer = state.scope;
    const value = pipe(state);
    let turns = 0;
    for (const [index, element, boxed] of elements(state, value, variables.length)) {
      turns++;
      state.step();
      const inner = state.scope;
      setVariables(state, index, element, boxed);
      const flow = withDot(state, element, boxed, list);
      state.popTo(inner);
      if (flow === 'break') break;
    }
    const flow = turns === 0 && elseList !== undefined ? elseList(state) : 'next';
    state.popTo(outer);
    return flow;
  };
}

/** Index or key, element, and whether the element sits in an interface. */
function* elements(
  state: State,
  value: GoValue,
  variableCount: number,
): Generator<readonly [GoValue, GoValue, boolean]> {
  if (value === undefined || value === null) return;
  if (isList(value)) {
    for (const [index, element] of value.entries()) yield [new GoInt(BigInt(index)), element, true];
  } else if (isRecord(value) || isJsonObject(value)) {
    const map = mapEntries(value);
    for (const key of sortedKeys(map)) yield [key, map[key], !isRecord(value)];
  } else if (value instanceof GoInt) {
    if (variableCount > 1) state.fail(`can't use ${goText(value)} to iterate over more than one variable`);
    for (let i = 0n; i < value.value; i++) yield [undefined, new GoInt(i, value.type), false];
  } else state.fail(`range can't iterate over ${goText(value)}`);
}

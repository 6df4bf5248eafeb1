import { GoInt, type GoValue, goTypeName, isJsonObject, isRecord, isTime } from '../../../base/go/value.ts';
import { checkType, type ParamType, type TemplateMethod } from './functions/call-types.ts';
import type { State } from './functions/runtime.ts';
import { findMethod } from './functions/value-methods.ts';
import { countProblem, type Evaluate, invoke } from './invoke.ts';
import { type ChainNode, type FieldNode, nodeText, type Operand, type VariableNode } from './syntax/node.ts';

type Command = (state: State, final: GoValue) => GoValue;
type CompileArg = (node: Operand, type: ParamType) => Evaluate;

/** Arguments that follow a field: only methods take any. */
interface Given {
  readonly node: FieldNode | VariableNode | ChainNode;
  readonly args: readonly Operand[];
  readonly hasFinal: boolean;
  readonly compileArg: CompileArg;
}

/** `.a.b`, `$x.a` or `(...).a`, perhaps with arguments of a method at the end. */
export function compileChain(
  node: FieldNode | VariableNode | ChainNode,
  args: readonly Operand[],
  hasFinal: boolean,
  compileArg: CompileArg,
): Command {
  const given: Given = { node, args, hasFinal, compileArg };
  if (node.kind === 'field') {
    const [only] = node.names;
    if (node.names.length === 1 && only !== undefined && args.length === 0 && !hasFinal)
      return singleField(node, only, given);
    return (state, final) => {
      state.node = node;
      return walk(state, state.dot, state.dotBoxed, node.names, given, final);
    };
  }
  if (node.kind === 'variable') {
    const [name = '$', ...names] = node.names;
    return (state, final) => {
      state.node = node;
      const variable = state.variable(name);
      if (names.length > 0) return walk(state, variable.value, variable.boxed, names, given, final);
      if (args.length > 0 || hasFinal) state.fail(`can't give argument to non-function ${nodeText(node)}`);
      return variable.value;
    };
  }
  if (node.node.kind === 'nil') {
    return (state) => {
      state.node = node;
      return state.fail(`indirection through explicit nil in ${nodeText(node)}`);
    };
  }
  // Without a type nothing is checked, and no value stays no value.
  const receiver = compileArg(node.node, 'reflect');
  return (state, final) => {
    state.node = node;
    const value = receiver(state);
    return walk(state, value, false, node.names, given, final);
  };
}

/** The commonest case of all: `.name` on the labels of the row. */
function singleField(node: FieldNode, name: string, given: Given): Command {
  return (state) => {
    state.node = node;
    if (state.dot === state.labels) return state.context.get(name) ?? '';
    return field(state, state.dot, state.dotBoxed, name, given, undefined, true);
  };
}

function walk(
  state: State,
  start: GoValue,
  startBoxed: boolean,
  names: readonly string[],
  given: Given,
  final: GoValue,
): GoValue {
  let value = start;
  let boxed = startBoxed;
  for (const [index, name] of names.entries()) {
    const next = field(state, value, boxed, name, given, final, index === names.length - 1);
    boxed = isJsonObject(value);
    value = next;
  }
  return value;
}

function field(
  state: State,
  receiver: GoValue,
  boxed: boolean,
  name: string,
  given: Given,
  final: GoValue,
  isLast: boolean,
): GoValue {
  if (receiver === undefined) return undefined;
  if (receiver === null) return state.fail(`nil pointer evaluating interface {}.${name}`);
  const method = isTime(receiver) || receiver instanceof GoInt ? findMethod(receiver, name) : undefined;
  if (method !== undefined) return callMethod(state, receiver, name, method, given, final, isLast);
  if (isRecord(receiver) || isJsonObject(receiver)) {
    if (isLast && (given.args.length > 0 || given.hasFinal)) state.fail(`${name} is not a method but has arguments`);
    if (isRecord(receiver)) return receiver.get(name) ?? '';
    return Object.hasOwn(receiver, name) ? (receiver[name] as GoValue) : null;
  }
  return state.fail(`can't evaluate field ${name} in type ${boxed ? 'interface {}' : goTypeName(receiver)}`);
}

function callMethod(
  state: State,
  receiver: GoValue,
  name: string,
  method: TemplateMethod,
  given: Given,
  final: GoValue,
  isLast: boolean,
): GoValue {
  const args = isLast ? given.args : [];
  const hasFinal = isLast && given.hasFinal;
  const problem = countProblem(method, name, args.length, hasFinal);
  if (problem !== undefined) state.fail(problem);
  if (method.results !== undefined)
    state.fail(`can't call method/function ${JSON.stringify(name)} with ${method.results} results`);
  const values = args.map((arg, index) => given.compileArg(arg, method.params[index] ?? 'any')(state));
  if (hasFinal) values.push(checkType(state, final, method.params[args.length] ?? 'any'));
  return invoke(state, name, given.node, values, () => method.call(receiver, values));
}

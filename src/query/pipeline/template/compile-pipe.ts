import { GoInt, type GoValue } from '../../../base/go/value.ts';
import { compileChain } from './compile-field.ts';
import { checkType, isTrue, type ParamType } from './functions/call-types.ts';
import { findFunction } from './functions/functions.ts';
import type { State } from './functions/runtime.ts';
import { countProblem, type Evaluate, invoke } from './invoke.ts';
import { type CommandNode, type NumberNode, nodeText, type Operand, type PipeNode } from './syntax/node.ts';

/** A command; `final` is what the pipe hands over, and is looked at only if the command was compiled to take it. */
type Command = (state: State, final: GoValue) => GoValue;

/** A pipeline: runs its commands from left to right and sets its variables. */
export function compilePipe(pipe: PipeNode): Evaluate {
  const commands = pipe.commands.map((command, index) => compileCommand(command, index > 0));
  const { variables, isAssign } = pipe;
  const only = commands.length === 1 && variables.length === 0 ? commands[0] : undefined;
  if (only !== undefined) return (state) => unbox(only(state, undefined));
  return (state) => {
    let value: GoValue;
    for (const command of commands) value = unbox(command(state, value));
    for (const name of variables) {
      if (isAssign) state.assign(name, value);
      else state.declare(name, value);
    }
    return value;
  };
}

/** An interface that holds nil becomes no value once it has been a result. */
function unbox(value: GoValue): GoValue {
  return value === null ? undefined : value;
}

function compileCommand(command: CommandNode, hasFinal: boolean): Command {
  const first = command.args[0] as Operand;
  switch (first.kind) {
    case 'identifier':
      return compileCall(first.name, first, command, command.args.slice(1), hasFinal);
    case 'field':
    case 'variable':
    case 'chain':
      return compileChain(first, command.args.slice(1), hasFinal, compileArg);
    case 'pipe': {
      const pipe = compilePipe(first);
      return notAFunction(command, hasFinal) ?? pipe;
    }
    case 'nil':
      return (state) => {
        state.node = first;
        return state.fail('nil is not a command');
      };
    default:
      return notAFunction(command, hasFinal) ?? compileArg(first, 'any');
  }
}

/** The command that fails because something that is no function got arguments. */
function notAFunction(command: CommandNode, hasFinal: boolean): Command | undefined {
  if (command.args.length === 1 && !hasFinal) return undefined;
  const first = command.args[0] as Operand;
  return (state) => {
    state.node = first;
    return state.fail(`can't give argument to non-function ${nodeText(first)}`);
  };
}

/** A call of a function by name. Errors about the arguments point at the name, errors of the function at the whole command. */
function compileCall(
  name: string,
  nameNode: Operand,
  whole: CommandNode | Operand,
  args: readonly Operand[],
  hasFinal: boolean,
): Command {
  const fn = findFunction(name);
  if (fn === undefined) return (state) => state.fail(`${JSON.stringify(name)} is not a defined function`);
  const problem = countProblem(fn, name, args.length, hasFinal);
  if (problem !== undefined) {
    return (state) => {
      state.node = nameNode;
      return state.fail(problem);
    };
  }
  const typeAt = (index: number): ParamType => fn.params[index] ?? fn.variadic ?? 'any';
  const inputs = args.map((arg, index) => compileArg(arg, typeAt(index)));
  const finalType = typeAt(args.length);
  if (name === 'and' || name === 'or') return compileShortCircuit(nameNode, inputs, name === 'or', hasFinal);
  return (state, final) => {
    state.node = nameNode;
    const values: GoValue[] = [];
    for (const input of inputs) values.push(input(state));
    if (hasFinal) values.push(checkType(state, final, finalType));
    if (name === 'call') values.unshift(args[0] === undefined ? String(values[0]) : nodeText(args[0]));
    return invoke(state, name, whole, values, () => fn.call(values, state));
  };
}

function compileShortCircuit(
  nameNode: Operand,
  inputs: readonly Evaluate[],
  stopAt: boolean,
  hasFinal: boolean,
): Command {
  return (state, final) => {
    state.node = nameNode;
    let value: GoValue;
    for (const input of inputs) {
      value = input(state);
      if (isTrue(value) === stopAt) return value;
    }
    return hasFinal ? final : value;
  };
}

/** An argument of a call, checked against the parameter's type. Constants take the type that is asked for. */
function compileArg(node: Operand, type: ParamType): Evaluate {
  switch (node.kind) {
    case 'dot':
      return (state) => {
        state.node = node;
        return checkType(state, state.dot, type);
      };
    case 'nil':
      return (state) => {
        state.node = node;
        return type === 'any' || type === 'reflect'
          ? checkType(state, undefined, type)
          : state.fail(`cannot assign nil to ${type}`);
      };
    case 'field':
    case 'variable':
    case 'chain':
      return typed(node, compileChain(node, [], false, compileArg), type);
    case 'pipe':
      return typed(node, compilePipe(node), type);
    case 'identifier':
      return typed(node, compileCall(node.name, node, node, [], false), type);
    default:
      return compileConstant(node, type);
  }
}

function typed(node: Operand, evaluate: Command, type: ParamType): Evaluate {
  return (state) => {
    state.node = node;
    return checkType(state, evaluate(state, undefined), type);
  };
}

type ConstantNode = Extract<Operand, { readonly kind: 'bool' | 'number' | 'string' }>;

function compileConstant(node: ConstantNode, type: ParamType): Evaluate {
  const value = constantValue(node, type);
  const expected = EXPECTED_NAMES.get(type);
  return (state) => {
    state.node = node;
    if (value !== undefined) return value;
    if (expected !== undefined) return state.fail(`expected ${expected}; found ${nodeText(node)}`);
    if (type === 'time.Time') return state.fail(`can't handle ${nodeText(node)} for arg of type time.Time`);
    return state.fail(`${nodeText(node)} overflows int`);
  };
}

const EXPECTED_NAMES: ReadonlyMap<ParamType, string> = new Map([
  ['string', 'string'],
  ['bool', 'bool'],
  ['int', 'integer'],
  ['int64', 'integer'],
  ['time.Duration', 'integer'],
  ['float64', 'float'],
]);

function constantValue(node: ConstantNode, type: ParamType): GoValue {
  const isFree = type === 'any' || type === 'reflect';
  if (node.kind !== 'number')
    return isFree || type === (node.kind === 'bool' ? 'bool' : 'string') ? node.value : undefined;
  if (isFree) return idealValue(node);
  if (type === 'float64') return node.float;
  const isInt = type === 'int' || type === 'int64' || type === 'time.Duration';
  return isInt && node.int !== undefined ? new GoInt(node.int, type) : undefined;
}

function idealValue(node: NumberNode): GoValue {
  if (node.ideal === 'float') return node.float;
  return node.ideal === 'int' && node.int !== undefined ? new GoInt(node.int) : undefined;
}

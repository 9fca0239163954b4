/** A minimal reader of the ONNX wire format, written apart from the writer so that each checks the other. */
export interface ReadOperator {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ReadValue {
  readonly name: string;
  readonly elemType: number;
  readonly dims: readonly (number | string)[];
}

export interface ReadModel {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly operators: readonly ReadOperator[];
  readonly initializers: readonly string[];
  readonly inputs: readonly ReadValue[];
  readonly outputs: readonly ReadValue[];
}

type Field = readonly [id: number, value: number | Uint8Array];

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) yield [tag >>> 3, varint()];
    else if (wire === 5) {
      at += 4;
    } else if (wire === 2) {
      const length = varint();
      yield [tag >>> 3, bytes.subarray(at, at + length)];
      at += length;
    } else throw new Error(`unexpected wire type ${wire}`);
  }
}

const bytesIn = (bytes: Uint8Array, id: number): Uint8Array[] =>
  [...fieldsOf(bytes)]
    .filter(([field]) => field === id)
    .map(([, value]) => (value instanceof Uint8Array ? value : new Uint8Array()));
const numberIn = (bytes: Uint8Array, id: number): number =>
  Number([...fieldsOf(bytes)].find(([field]) => field === id)?.[1] ?? 0);
const text = (bytes: Uint8Array | undefined): string =>
  Buffer.from(bytes ?? new Uint8Array()).toString('utf8');

function valueOf(bytes: Uint8Array): ReadValue {
  const tensor = bytesIn(bytesIn(bytes, 2)[0], 1)[0];
  const dims = bytesIn(bytesIn(tensor, 2)[0] ?? new Uint8Array(), 1).map((dim) => {
    const parameter = bytesIn(dim, 2)[0];
    return parameter ? text(parameter) : numberIn(dim, 1);
  });
  return { name: text(bytesIn(bytes, 1)[0]), elemType: numberIn(tensor, 1), dims };
}

export function readModel(file: Uint8Array): ReadModel {
  const graph = bytesIn(file, 7)[0];
  return {
    irVersion: numberIn(file, 1),
    opsets: Object.fromEntries(bytesIn(file, 8).map((set) => [text(bytesIn(set, 1)[0]), numberIn(set, 2)])),
    operators: bytesIn(graph, 1).map((operator) => ({
      opType: text(bytesIn(operator, 4)[0]),
      domain: text(bytesIn(operator, 7)[0]),
      inputs: bytesIn(operator, 1).map(text),
      outputs: bytesIn(operator, 2).map(text),
    })),
    initializers: bytesIn(graph, 5).map((tensor) => text(bytesIn(tensor, 8)[0])),
    inputs: bytesIn(graph, 11).map(valueOf),
    outputs: bytesIn(graph, 12).map(valueOf),
  };
}

/** How often each operator occurs. */
export function operatorCounts(file: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of readModel(file).operators) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

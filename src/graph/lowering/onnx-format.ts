import protobuf from 'protobufjs/light.js';

/** The part of onnx.proto (IR version 10) that our models use; field numbers are those of the ONNX specification. */
const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSet', id: 8 },
      },
    },
    OperatorSet: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'Operator', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'Tensor', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfo', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfo', id: 12 },
      },
    },
    Operator: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'Attribute', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    Attribute: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    Tensor: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfo: { fields: { name: { type: 'string', id: 1 }, type: { type: 'Type', id: 2 } } },
    Type: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    TensorType: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShape', id: 2 } } },
    TensorShape: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
  },
});

const modelType = root.lookupType('Model');

export interface OnnxOperator {
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly Readonly<Record<string, unknown>>[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly elemType: number;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxOperator[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValue[];
  readonly output: readonly OnnxValue[];
}

/** Opset of the standard domain: 20 has native Gelu; every operator that we emit is in it. */
export const opsetVersion = 20;

/** A file that any ONNX Runtime from 1.17 on loads. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const value = (info: OnnxValue): object => ({
    name: info.name,
    type: {
      tensorType: {
        elemType: info.elemType,
        shape: {
          dim: info.shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
        },
      },
    },
  });
  const model = {
    irVersion: 9,
    producerName: 'automodel',
    graph: { ...graph, input: graph.input.map(value), output: graph.output.map(value) },
    opsetImport: [
      { domain: '', version: opsetVersion },
      { domain: 'com.microsoft', version: 1 },
    ],
  };
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** Reads a file that `encodeModel` wrote. */
export function decodeModel(bytes: Uint8Array): OnnxGraph {
  interface Decoded {
    readonly name: string;
    readonly node: readonly OnnxOperator[];
    readonly initializer: readonly OnnxTensor[];
    readonly input: readonly DecodedValue[];
    readonly output: readonly DecodedValue[];
  }
  interface DecodedValue {
    readonly name: string;
    readonly type: {
      readonly tensorType: {
        readonly elemType: number;
        readonly shape: {
          readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[];
        };
      };
    };
  }
  const { graph } = modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true }) as {
    readonly graph: Decoded;
  };
  const value = ({ name, type: { tensorType } }: DecodedValue): OnnxValue => ({
    name,
    elemType: tensorType.elemType,
    shape: tensorType.shape.dim.map(({ dimValue, dimParam }) => dimParam ?? dimValue ?? 0),
  });
  return {
    ...graph,
    node: graph.node.map((operator) => ({ ...operator, domain: operator.domain ?? '' })),
    input: graph.input.map(value),
    output: graph.output.map(value),
  };
}

import { registerOps } from '../registry.js';
import { binaryOps } from './binary.js';
import { indexingOps } from './indexing.js';
import { layerNormOps } from './layer-norm.js';
import { leafOps } from './leaves.js';
import { matmulOps } from './matmul.js';
import { reduceOps } from './reduce.js';
import { shapeOps } from './shape.js';
import { softmaxCrossEntropyOps } from './softmax-cross-entropy.js';
import { unaryOps } from './unary.js';

for (const family of [
  leafOps,
  unaryOps,
  binaryOps,
  reduceOps,
  layerNormOps,
  matmulOps,
  shapeOps,
  indexingOps,
  softmaxCrossEntropyOps,
])
  registerOps(family);

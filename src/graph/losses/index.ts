export { binaryCrossEntropy, meanSquaredError, weightedSum, type WeightedLoss } from './pointwise.js';
export {
  bayesianPersonalisedRanking,
  sampledSoftmax,
  softmaxCrossEntropy,
  type SampledSoftmaxInputs,
} from './ranking.js';

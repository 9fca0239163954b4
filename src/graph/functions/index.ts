export * from './control.js';
export * from './elementwise.js';
export * from './indexing.js';
export * from './matmul.js';
export * from './normalisation.js';
export * from './reduce.js';
export * from './shape.js';

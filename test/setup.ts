import fc from 'fast-check';

// Property tests draw the same examples on every machine and in every run, so that CI tells of the change and not of luck.
// To look further: AUTOMODEL_TEST_SEED=<n> npm test.
const seed = Number(process.env['AUTOMODEL_TEST_SEED'] ?? 20261122);
fc.configureGlobal({ seed });

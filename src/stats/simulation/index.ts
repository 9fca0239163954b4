/** The gate tried on simulated runs in which the truth is known. */
export {
  gatePolicies,
  mergeTallies,
  negativeControls,
  type GatePolicy,
  type GateTally,
  type NegativeControl,
} from './gate-tally.js';
export { gateWorlds, type GateWorld } from './gate-world.js';
export { simulateGate, type SimulatedRace, type SimulationPlan } from './simulate-gate.js';

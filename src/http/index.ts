/**
 * http: the HTTP face of a served pipeline, and the client that stands for one. Routes check, call the service and print; who may ask,
 * how much and how fast is decided here, what is answered is not.
 */
export { HttpRecommender } from './client/http-recommender.js';
export type { ConnectionOptions } from './client/json-connections.js';
export { startServer } from './start-server.js';

/**
 * http: the HTTP face of a served pipeline. Routes check, call the service and print; who may ask, how much and how fast is decided
 * here, what is answered is not.
 */
export { startServer } from './start-server.js';

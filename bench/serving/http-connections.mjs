// A small HTTP/1.1 client for the load generator: connections are kept, as many as there are requests under way, and a
// request costs one write. It shares the machine with what it measures, so it does no more than that.
import { connect } from 'node:net';

/** @typedef {{ status: number, headers: string, body: string }} Answer */

export class HttpConnections {
  #free = [];
  #open = new Set();

  constructor(url, headers = {}) {
    const { hostname, port, host } = new URL(url);
    this.hostname = hostname.replace(/^\[|\]$/g, '');
    this.port = Number(port);
    this.head = Object.entries({ host, ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  get open() {
    return this.#open.size;
  }

  /** Text of a request, made once and sent often. */
  request(method, path, body) {
    const content = body === undefined ? '' : JSON.stringify(body);
    const about =
      body === undefined
        ? ''
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(content)}\r\n`;
    return `${method} ${path} HTTP/1.1\r\n${this.head}${about}\r\n${content}`;
  }

  /** Sends a request and calls back once: with (undefined, answer), or with an error. */
  send(text, done) {
    const connection = this.#free.pop() ?? this.#connect();
    connection.done = done;
    connection.socket.write(text);
  }

  /** The same as a promise. @returns {Promise<Answer>} */
  ask(method, path, body) {
    return new Promise((resolve, reject) => {
      this.send(this.request(method, path, body), (error, answer) =>
        error === undefined ? resolve(answer) : reject(error),
      );
    });
  }

  close() {
    for (const { socket } of this.#open) socket.destroy();
  }

  #connect() {
    const socket = connect({ host: this.hostname, port: this.port, noDelay: true });
    const connection = { socket, received: '', done: undefined };
    this.#open.add(connection);
    socket.setEncoding('latin1');
    socket.on('data', (part) => {
      connection.received += part;
      this.#read(connection);
    });
    socket.on('error', (error) => this.#end(connection, error));
    socket.on('close', () => this.#end(connection, new Error('the server closed the connection')));
    return connection;
  }

  #read(connection) {
    const { received } = connection;
    const end = received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const headers = received.slice(0, end).toLowerCase();
    const length = Number(/\r\ncontent-length: *(\d+)/.exec(headers)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) {
      this.#end(connection, new Error('an answer without a length'));
      return;
    }
    if (received.length < end + 4 + length) return;
    const body = received.slice(end + 4, end + 4 + length);
    connection.received = received.slice(end + 4 + length);
    const { done } = connection;
    connection.done = undefined;
    if (/\r\nconnection: *close/.test(headers)) this.#end(connection);
    else this.#free.push(connection);
    done?.(undefined, { status: Number(headers.slice(9, 12)), headers, body });
  }

  #end(connection, error) {
    if (!this.#open.delete(connection)) return;
    const at = this.#free.indexOf(connection);
    if (at !== -1) this.#free.splice(at, 1);
    connection.socket.destroy();
    connection.done?.(error);
  }
}

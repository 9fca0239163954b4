import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Closes connections beyond a number at once, in all and of one address: each takes memory before it asks anything. */
export function limitConnections(server: Server, most: number, mostOfAddress: number): void {
  server.maxConnections = most;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const others = open.get(address) ?? 0;
    if (others >= mostOfAddress) {
      socket.destroy();
      return;
    }
    open.set(address, others + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

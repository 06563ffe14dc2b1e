// A minimal uWebSockets.js server, for comparison: no tokens, limits or history.
const uWS = require('@trufflesuite/uws-js-unofficial');

const TIMESTAMP = '2024-01-15T10:30:00.000Z';
const app = uWS.App();

app.ws('/ws', {
  compression: 0,
  maxPayloadLength: 4096,
  idleTimeout: 120,
  message: (socket, data) => {
    const { type, payload } = JSON.parse(Buffer.from(data).toString());
    if (type === 'subscribe') {
      socket.subscribe(payload.channel);
      socket.send(JSON.stringify({ type: 'subscribed', payload, timestamp: TIMESTAMP }));
    } else {
      socket.send(JSON.stringify({ type: 'pong', timestamp: TIMESTAMP }));
    }
  },
});

app.post('/api/publish', (response) => {
  let body = '';
  response.onAborted(() => {});
  response.onData((chunk, isLast) => {
    body += Buffer.from(chunk).toString();
    if (!isLast) return;
    const publications = [].concat(JSON.parse(body));
    let reached = 0;
    for (const { channel, type, payload } of publications) {
      reached += app.numSubscribers(channel);
      app.publish(channel, JSON.stringify({ type, payload, timestamp: TIMESTAMP }));
    }
    response
      .writeHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ accepted: publications.length, reached }));
  });
});

app.listen('127.0.0.1', 0, (listener) => {
  console.log(`uws: listening on http://127.0.0.1:${uWS.us_socket_local_port(listener)}`);
});

// A peer that speaks the protocol with the reference MessagePack implementation instead of ours.
//   node peer.mjs MODULE codec          reads hex messages (one per line), prints each decoded and encoded again
//   node peer.mjs MODULE ask SOCKET HEX sends one message, prints each reply as JSON until a final one
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [module, mode, socketPath, requestHex] = process.argv.slice(2);
const { encode, decode } = await import(pathToFileURL(join(module, "dist.esm", "index.mjs")).href);
const options = { useBigInt64: true };
const json = (value) => JSON.stringify(value, (_, v) =>
  typeof v === "bigint" ? Number(v)
    : v instanceof Uint8Array ? { bin: Buffer.from(v).toString("hex") }
    // A Buffer has turned itself into this before we are asked.
    : v?.type === "Buffer" ? { bin: Buffer.from(v.data).toString("hex") } : v);

if (mode === "codec") {
  for await (const line of createInterface({ input: process.stdin })) {
    const value = decode(Buffer.from(line, "hex"), options);
    console.log(`${json(value)}\t${Buffer.from(encode(value, options)).toString("hex")}`);
  }
} else {
  const WAITING = 67;
  const socket = createConnection(socketPath);
  // The reference encodes what we send, too: our own bytes go in only as a value.
  const message = encode(decode(Buffer.from(requestHex, "hex"), options), options);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(message.length);
  socket.write(Buffer.concat([header, message]));
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
      const length = received.readUInt32BE(0);
      const reply = decode(received.subarray(4, 4 + length), options);
      received = received.subarray(4 + length);
      console.log(json(reply));
      if (Number(reply[1]) !== WAITING) socket.end();
    }
  });
  socket.on("close", () => process.exit(0));
}

// Opens and makes sealed entries as docs/shared-cache.md describes them, with node's own cryptography: a second implementation, from the page alone.
// node peer.mjs DIRECTORY-OF-@msgpack/msgpack open|seal < request.json > answer.json
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { decode, encode } = createRequire(import.meta.url)(process.argv[2]);
const request = JSON.parse(fs.readFileSync(0, 'utf8'));
const label = Buffer.from('helmcached shared entry 1');
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest();
const same = (what, a, b) => { if (!Buffer.from(a).equals(Buffer.from(b))) throw new Error(`${what}: ${Buffer.from(a).toString('hex')}, expected ${Buffer.from(b).toString('hex')}`); };

const team = request.team && Buffer.from(request.team.replace(/-----[^-]+-----|\s/g, ''), 'base64');
const derive = purpose => team ? Buffer.from(crypto.hkdfSync('sha256', team, Buffer.alloc(0), purpose, 32)) : Buffer.alloc(0);
const name = crypto.createHmac('sha256', derive('helmcached shared names 1')).update(Buffer.from(request.key, 'hex')).digest();
const payloads = derive('helmcached shared payloads 1');

function open(object, line) {
  const info = Buffer.from(line.replace(/^hc1:/, ''), 'base64');
  const signature = object.subarray(-64), signed = object.subarray(0, -64);
  same('magic and format', object.subarray(0, 5), Buffer.concat([Buffer.from('hmcs'), Buffer.from([1])]));
  same('name', object.subarray(6, 38), name);
  same('signer', object.subarray(38, 54), sha256(info).subarray(0, 16));
  const key = { key: crypto.createPublicKey({ key: info, format: 'der', type: 'spki' }), dsaEncoding: 'ieee-p1363' };
  if (!crypto.verify('sha256', Buffer.concat([label, signed]), key, signature)) throw new Error('bad signature');
  let body = object.subarray(62, -64);
  if (object[5] === 1) {
    const cipher = crypto.createDecipheriv('aes-256-gcm', payloads, body.subarray(0, 12));
    cipher.setAAD(object.subarray(0, 62));
    cipher.setAuthTag(body.subarray(-16));
    body = Buffer.concat([cipher.update(body.subarray(12, -16)), cipher.final()]);
  }
  const [microseconds, helm, exit, secret, length, digest, codec, stored, stderr] = decode(body);
  const stdout = codec === 1 ? zlib.brotliDecompressSync(stored) : Buffer.from(stored);
  same('digest', digest, sha256(stdout));
  if (stdout.length !== length) throw new Error('length');
  return {
    name: name.toString('hex'), signer: sha256(info).subarray(0, 16).toString('hex'), created: Number(object.readBigInt64BE(54)), encrypted: object[5] === 1,
    microseconds, helm: Buffer.from(helm).toString('hex'), exit, secret, stdout: stdout.toString(), stderr: Buffer.from(stderr).toString(),
  };
}

function seal({ output, signing, created, microseconds, helm, secret }) {
  const key = crypto.createPrivateKey(signing);
  const info = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
  const stdout = Buffer.from(output);
  const body = Buffer.from(encode([microseconds, Buffer.from(helm, 'hex'), 0, secret, stdout.length, sha256(stdout), 1, zlib.brotliCompressSync(stdout), Buffer.alloc(0)]));
  const time = Buffer.alloc(8);
  time.writeBigInt64BE(BigInt(created));
  const head = Buffer.concat([Buffer.from('hmcs'), Buffer.from([1, team ? 1 : 0]), name, sha256(info).subarray(0, 16), time]);
  let room = body;
  if (team) {
    const nonce = crypto.randomBytes(12), cipher = crypto.createCipheriv('aes-256-gcm', payloads, nonce);
    cipher.setAAD(head);
    room = Buffer.concat([nonce, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  }
  const signed = Buffer.concat([head, room]);
  return { object: Buffer.concat([signed, crypto.sign('sha256', Buffer.concat([label, signed]), { key, dsaEncoding: 'ieee-p1363' })]).toString('base64') };
}

console.log(JSON.stringify(process.argv[3] === 'open' ? open(Buffer.from(request.object, 'base64'), request.trust) : seal(request)));

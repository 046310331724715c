(() => {
  "use strict";
  const form = document.querySelector("form[data-bits]"), bits = Number(form.dataset.bits);
  const said = document.getElementById("state"), K = [], H = [];
  const part = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (H.length < 8) H.push(part(Math.sqrt(n)));
    K.push(part(Math.cbrt(n)));
  }
  const turn = (x, n) => (x >>> n) | (x << (32 - n)), W = new Int32Array(64);
  const bytes = new Uint8Array(192), words = new DataView(bytes.buffer);
  const firstWord = (text) => {
    const blocks = (text.length + 72) >> 6, length = blocks << 6;
    bytes.fill(0, 0, length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    bytes[text.length] = 128;
    words.setUint32(length - 4, text.length << 3);
    let state = H.slice();
    for (let block = 0; block < length; block += 64) {
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        if (i < 16) W[i] = words.getInt32(block + 4 * i);
        else {
          const x = W[i - 15], y = W[i - 2];
          W[i] = (W[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + W[i - 7] +
            (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
        }
        const t = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
        const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
      }
      state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) | 0);
    }
    return state[0];
  };
  let nonce = 0, waiting = false;
  const work = () => {
    for (const end = nonce + 2000; nonce < end; nonce++) {
      if (firstWord(form.stamp.value + ":" + nonce) >>> (32 - bits) === 0) {
        form.nonce.value = String(nonce);
        if (waiting) form.submit();
        return;
      }
    }
    setTimeout(work);
  };
  form.addEventListener("submit", (event) => {
    if (waiting) event.preventDefault();
    else if (!form.nonce.value) {
      event.preventDefault();
      waiting = true;
      said.textContent = "One moment, please …";
    }
  });
  work();
})();

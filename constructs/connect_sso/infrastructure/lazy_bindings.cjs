// Loaded by Node before jsii's kernel: see bindings.py, which names what may be left out.
"use strict";

// cdktf's own dependencies use calls that current Node deprecates; its users can do nothing about it.
process.noDeprecation = true;

const fs = require("fs");
const Module = require("module");
const path = require("path");
const threads = require("worker_threads");

const leftOut = new Set((process.env.CONNECT_SSO_PLAIN_BINDINGS || "").split(","));
const resolve = Module._resolveFilename;

// A prebuilt provider's lib/index.js requires all of its 1,500 modules at once; beside it lies lib/lazy-index.js with the
// same exports as getters. A package without a lazy index is left as it is.
const EAGER_INDEX = /[\\/]@cdktf[\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;

// 12 %: jsii's runtime is a Node that starts a second one, hands it every message on descriptor 3, and hands back what that one
// answers and prints. Here the first one is the second one: messages come in on stdin, answers go out on stdout, and what
// is printed goes to stderr, in the form that jsii's Python reads there.
const RUNTIME = /[\\/]bin[\\/]jsii-runtime\.js$/;
const LINKS = "--preserve-symlinks"; // what the go-between starts it with; jsii's package cache depends on it

Module._resolveFilename = function (request, parent, isMain, ...rest) {
  const file = resolve.call(this, request, parent, isMain, ...rest);
  if (isMain && RUNTIME.test(file)) {
    return leftOut.has("one-node") ? file : withoutGoBetween(file);
  }
  if (!EAGER_INDEX.test(file) || leftOut.has("node")) {
    return file;
  }
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};

function withoutGoBetween(runtime) {
  const program = path.join(path.dirname(runtime), "..", "lib", "program.js");
  const known =
    process.platform !== "win32" &&
    (process.env.NODE_OPTIONS || "").includes(LINKS) &&
    fs.existsSync(program) &&
    fs.readFileSync(program, "utf8").includes("readFD:3,writeFD:3");
  if (!known) {
    return runtime;
  }
  process.execArgv.push(LINKS);
  const { openSync, readSync, writeSync } = fs;
  while (openSync(require("os").devNull, "r") < 3); // so that 3 is no file that somebody opens later
  fs.readSync = (descriptor, ...rest) => readSync(descriptor === 3 ? 0 : descriptor, ...rest);
  fs.writeSync = (descriptor, ...rest) => writeSync(descriptor === 3 ? 1 : descriptor, ...rest);
  for (const stream of ["stdout", "stderr"]) {
    process[stream].write = (text) => {
      writeSync(2, JSON.stringify({ [stream]: Buffer.from(text).toString("base64") }) + "\n");
      return true;
    };
  }
  return program;
}

const load = Module._load;

Module._load = function (request, ...rest) {
  // 5 %: cdktf needs it for zipped assets alone: require it when it is called.
  if (request === "archiver" && !leftOut.has("archiver")) {
    return (...options) => load.call(this, request, ...rest)(...options);
  }
  // 6 %: cdktf notes where in Node each token was made. That is always inside jsii, which helps nobody.
  if (request.endsWith("/stack-trace") && !leftOut.has("stack-traces")) {
    return { ...load.call(this, request, ...rest), captureStackTrace: () => [] };
  }
  return load.call(this, request, ...rest);
};

// jsii writes an index of each large package into its cache once, in a thread of its own, without which every synthesis
// parses 131 MB. A synthesis is over before that thread is, and jsii's Python gives Node five seconds to end: too few on a
// slow or busy machine. So the thread is waited for where it is started, while Python waits for an answer anyway.
const INDEXING = /runtime-index-worker\.js$/;
const AT_MOST = 180_000; // milliseconds; then jsii goes on without an index, as it would have

threads.Worker = class extends threads.Worker {
  constructor(script, options) {
    if (!INDEXING.test(script)) {
      super(script, options);
      return;
    }
    const done = new Int32Array(new SharedArrayBuffer(4));
    const inside = `
      const { workerData } = require("worker_threads");
      process.once("exit", () => { Atomics.store(workerData.done, 0, 1); Atomics.notify(workerData.done, 0); });
      require(${JSON.stringify(script)});`;
    super(inside, { ...options, eval: true, workerData: { ...options.workerData, done } });
    Atomics.wait(done, 0, 0, AT_MOST);
  }
};
